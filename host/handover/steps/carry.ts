import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../../engine/engine";
import { checkInterrupt, type Watch } from "../../engine/containers/ready";
import { messageOf, type OperatorError } from "../../../util/operatorError";
import type { Carriage, CarriageWatch } from "../../files/carriage";
import type { Stuck } from "../../files/carry";
import { brokenBy, carryProblem, onlyOutOfCalls, stopping, stuckLines, unsaidProblem } from "../../files/words";
import { countText, type FileCount } from "../../install/filesEntry";
import type { HandoverStep, Run } from "./step";

/** Carries files to where the new release looks for them, while the old one serves. */
export class CarryStep implements HandoverStep {
  readonly id = "carry";

  constructor(readonly carriage: Carriage) {}

  describe(): string {
    return `carry the files to ${this.carriage.order.to.place.title}; ${this.carriage.order.from.place.title} keeps its own`;
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    await run.progress.step("carry the files", () => this.carryWhole(run, watch), this.id);
  }

  private async carryWhole(run: Run, watch: Watch): Promise<void> {
    // Before the first byte: a disk that is full would stop the database that serves.
    if (this.carriage.order.checkRoom !== undefined) await this.checkRoom(run, watch);
    await carry(this.carriage, run, watch, true);
  }

  /** Where no more calls are allowed, what has been compared is carried before the run ends: else none would ever be. */
  private async checkRoom(run: Run, watch: Watch): Promise<void> {
    const { carriage } = this;
    const { bytes } = await carriage.count(watchOf(run, watch));
    const broken = brokenBy(carriage.tally.stuck);
    if (!onlyOutOfCalls(broken)) throw problemOf(carriage, broken, run.order.stack);
    await carriage.order.checkRoom?.(bytes);
  }
}

/** Seconds requests that reached the old api before the flip may go on before the files are looked at once more. */
const drainSeconds = 3;

/** Carries what came since, and what jobs wait for, before a new worker takes them. */
export class CarryRestStep implements HandoverStep {
  readonly id = "carry-rest";
  // Begun with the flip: from then on there may be something to take back.
  readonly concurrentWith = "flip";

  constructor(readonly carriage: Carriage) {}

  describe(): string {
    return "carry the files that came since";
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    await Promise.all([run.flipping, run.stopping]);
    await run.progress.step("carry the last files", () => this.carry(run, watch), this.id);
  }

  private async carry(run: Run, watch: Watch): Promise<void> {
    const { flip, progress } = run;
    if (flip !== undefined) return this.carryAll(run, watch, within(drainSeconds, flip.drained));
    // What serves is repaired, whether or not the place it was switched from still answers.
    await this.carryAll(run, watch).catch((error: unknown) => {
      checkInterrupt(watch.signal);
      progress.note(`up goes on without them: ${messageOf(error).split("\n")[0]}`);
    });
  }

  private async carryAll(run: Run, watch: Watch, drained?: Promise<unknown>): Promise<void> {
    // Most of it while the last requests of the old api end, and then what they brought. What is named from then
    // on came through the new api, to the new place.
    await carry(this.carriage, run, watch, false);
    if (drained !== undefined) {
      await drained;
      await carry(this.carriage, run, watch, false);
    }
    const deleted = await this.carriage.takeBackDeleted(watchOf(run, watch));
    if (deleted.length > 0) run.progress.note(`${deleted.length} deleted meanwhile; their copies are removed`);
  }

  /** What came to the new place since the flip goes back, before the old worker looks for it. */
  undo(run: Run, engine: Engine): Promise<void> {
    return bringBack(this.carriage, run, engine);
  }
}

async function bringBack(carriage: Carriage, { progress }: Run, engine: Engine): Promise<void> {
  const back = carriage.back(engine);
  try {
    await back.carry({ signal: new AbortController().signal, progress: () => undefined }, true);
  } finally {
    await back.close(engine);
  }
  for (const line of stuckLines(back.tally.stuck)) progress.note(line);
}

/** Seconds between two looks at what has come late: a job whose file was missing is tried again after 30. */
const lateInterval = 3;

/**
 * Carries what was uploaded to the old place by those who began before the flip, from the new worker's start until the
 * release has been watched and the last connection to the old one has ended. A job that found nothing is tried again by
 * Scani. Nothing is taken back for it: the new release is whole.
 */
export class CarryLateStep implements HandoverStep {
  readonly id = "carry-late";
  readonly concurrentWith = "start-worker";

  constructor(readonly carriage: Carriage) {}

  describe(): string {
    return "carry the files of uploads that began before the flip";
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    await run.progress.step("carry late files", () => this.watch(run, watch), this.id);
  }

  private async watch(run: Run, watch: Watch): Promise<void> {
    let said = "";
    const closing = Promise.allSettled([run.flip?.drained, run.worker, run.soak]);
    for (let over = false; !over;) {
      over = await within(lateInterval, closing);
      if (watch.signal.aborted) return;
      const wrong = await carry(this.carriage, run, watch, false).then(() => said, messageOf);
      if (wrong !== said && !watch.signal.aborted) run.progress.note(wrong);
      said = wrong;
    }
  }
}

/** Looks before the flip whether files have come of which the operator has not said that they may be carried. */
export class RefuseFilesStep implements HandoverStep {
  readonly id = "carry";

  constructor(readonly carriage: Carriage) {}

  describe(): string {
    return `look whether files have come for ${this.carriage.order.to.place.title}, since carryFiles is not set`;
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    await run.progress.step(
      "look for files",
      () => refuseUnsaid(this.carriage, run.order.stack, watchOf(run, watch)),
      this.id,
    );
  }

  /** Nobody need be asked about what came to the new place since the flip: it goes back to the operator's own. */
  async undo(run: Run, engine: Engine): Promise<void> {
    if (run.flipping !== undefined) await bringBack(this.carriage, run, engine);
  }
}

/** Names what has come all the same, once the new release has been watched: it is whole without. */
export class NameLeftStep implements HandoverStep {
  readonly id = "carry-late";

  constructor(readonly carriage: Carriage) {}

  describe(): string {
    return "name the files that came too late to ask about them";
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    await run.progress.step("look for late files", () => this.look(run, watch), this.id);
  }

  private async look(run: Run, watch: Watch): Promise<void> {
    const { title } = this.carriage.order.from.place;
    try {
      const { files } = await this.carriage.count(watchOf(run, watch));
      run.left = { files, at: title };
    } catch (error) {
      checkInterrupt(watch.signal);
      run.progress.note(`whether files have been left at ${title} cannot be told: ${messageOf(error)}`);
    }
  }
}

/**
 * Counts what is to be carried.
 * @throws OperatorError where a store does not work or has no room for it, so that a switch would stop
 */
export async function countOrRefuse(carriage: Carriage, stack: string, watch: CarriageWatch): Promise<FileCount> {
  const count = await carriage.count(watch);
  const broken = brokenBy(carriage.tally.stuck);
  if (broken.length > 0) throw problemOf(carriage, broken, stack);
  await carriage.order.checkRoom?.(count.bytes);
  return count;
}

function problemOf({ tally }: Carriage, stuck: readonly Stuck[], stack: string): OperatorError {
  return carryProblem(stuck, tally.there.size + tally.carried.size, stack);
}

/** @throws OperatorError where there are files, and the operator has not said what is to become of them */
export async function refuseUnsaid(carriage: Carriage, stack: string, watch: CarriageWatch): Promise<void> {
  const count = await carriage.count(watch);
  const broken = brokenBy(carriage.tally.stuck);
  if (!onlyOutOfCalls(broken) || (broken.length > 0 && count.files === 0)) throw problemOf(carriage, broken, stack);
  if (count.files > 0) throw unsaidProblem(count, broken.length > 0, carriage.order.to.place.title, stack);
}

/** Waits until something is over, or for some seconds. @returns whether it is over, however it ended */
async function within(seconds: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const limit = pause(seconds * 1000, false, { signal: over.signal }).catch(() => true);
  const ended = work.then(
    () => true,
    () => true,
  );
  const first = await Promise.race([ended, limit]);
  over.abort();
  return first;
}

function watchOf({ progress }: Run, { signal }: Watch): CarriageWatch {
  return {
    signal,
    progress: (done, all) => progress.waiting("files", `${done.toLocaleString("en")} of ${all.toLocaleString("en")}`),
  };
}

/** @throws OperatorError where the switch may not go on without a file */
async function carry(carriage: Carriage, run: Run, watch: Watch, chase: boolean): Promise<void> {
  const { tally } = carriage;
  const [files, bytes, known] = [tally.carried.size, tally.bytes, new Set(tally.stuck.map(({ file }) => file.key))];
  await carriage.carry(watchOf(run, watch), chase);
  const stops = stopping(tally.stuck);
  if (stops.length > 0) throw problemOf(carriage, stops, run.order.stack);
  for (const line of stuckLines(tally.stuck.filter(({ file }) => !known.has(file.key)))) run.progress.note(line);
  if (tally.carried.size > files)
    run.progress.note(`${countText({ files: tally.carried.size - files, bytes: tally.bytes - bytes })} carried`);
}
