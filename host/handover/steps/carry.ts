import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../../engine/engine";
import { checkInterrupt, type Watch } from "../../engine/containers/ready";
import { messageOf, type OperatorError } from "../../../util/operatorError";
import type { Carriage, CarriageWatch, LoadCount, Stage } from "../../files/carriage";
import type { Stuck } from "../../files/carry";
import {
  brokenBy,
  carryProblem,
  deletedLines,
  onlyOutOfCalls,
  stopping,
  stuckLines,
  unsaidProblem,
} from "../../files/words";
import { countText } from "../../install/filesEntry";
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
    // Checked before the first byte, since a full disk would stop the database that serves.
    if (this.carriage.order.checkRoom !== undefined) await this.checkRoom(run, watch);
    await carry(this.carriage, run, watch, "bulk");
  }

  /**
   * Checks that the files have room. Where no more calls are allowed, the files compared so far are carried before the
   * run ends, since otherwise none would ever be.
   */
  private async checkRoom(run: Run, watch: Watch): Promise<void> {
    const { carriage } = this;
    const { bytes } = await carriage.count(watchOf(run, watch));
    const broken = brokenBy(carriage.tally.stuck);
    if (!onlyOutOfCalls(broken)) throw problemOf(carriage, broken, run.order.stack);
    await carriage.order.checkRoom?.(bytes);
  }
}

/** Seconds that requests may take which reached an api before the routes left it, before files are checked once more. */
const drainSeconds = 3;

/** Carries files that came since the bulk, and files that jobs wait for, before a new worker takes those jobs. */
export class CarryRestStep implements HandoverStep {
  readonly id = "carry-rest";
  // Begins with the flip, since from then on there may be something to take back.
  readonly concurrentWith = "flip";

  constructor(readonly carriage: Carriage) {}

  describe(): string {
    return "carry the files that came since";
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    await run.flipping;
    await run.progress.step("carry the last files", () => this.carry(run, watch), this.id);
  }

  private async carry(run: Run, watch: Watch): Promise<void> {
    const { flip, progress, stopping } = run;
    if (flip !== undefined)
      return this.carryAll(run, watch, Promise.all([stopping, within(drainSeconds, flip.drained)]));
    await stopping;
    // A repair goes on whether or not the place it was switched from still answers.
    await this.carryAll(run, watch).catch((error: unknown) => {
      checkInterrupt(watch.signal);
      progress.note(`up goes on without them: ${messageOf(error).split("\n")[0]}`);
    });
  }

  /** @param ended resolves once the old release adds no more files; without it none come any more */
  private async carryAll(run: Run, watch: Watch, ended?: Promise<unknown>): Promise<void> {
    await carryUntil(() => carry(this.carriage, run, watch, "rest"), ended);
  }

  /** Carries files that came to the new place since the flip back, before the old worker looks for them. */
  undo(run: Run, engine: Engine): Promise<void> {
    return bringBack(this.carriage, run, engine);
  }
}

/**
 * Carries files before a worker looks for them: most while the release that served until now ends, then those this
 * brought. Any file named after that came through the api that serves, to its own place.
 * @param pass carries what is named by then
 * @param ended resolves once that release adds no more files; without it none come any more
 */
async function carryUntil(pass: () => Promise<void>, ended?: Promise<unknown>): Promise<void> {
  ended?.catch(() => undefined);
  await pass();
  if (ended === undefined) return;
  await ended;
  await pass();
}

/** Seconds for carrying files back: no worker runs until then. */
const backSeconds = 60;

/**
 * Carries files back that came to the new place, and notes those that stay there.
 * @param limit seconds after which it goes on without the others
 */
export async function bringBack(
  carriage: Carriage,
  { progress, drainedBack }: Pick<Run, "progress" | "drainedBack">,
  engine: Engine,
  limit = backSeconds,
): Promise<void> {
  const back = carriage.back(engine);
  const over = new AbortController();
  const watch = { signal: over.signal, progress: () => undefined };
  const work = carryUntil(() => back.carry(watch, "bulk"), drainedBack && within(drainSeconds, drainedBack));
  try {
    if (await within(limit, work)) await work;
    else {
      over.abort();
      // Ends the transfers under way.
      await back.close(engine);
      await within(drainSeconds, work);
      progress.note(`files could not all be carried back in ${limit} s`);
      back.giveUp("there was no time to carry it back");
    }
    await back.finish();
  } finally {
    await back.close(engine);
  }
  for (const line of stuckLines(back.tally.stuck)) progress.note(line);
}

/** Seconds between two checks for late files: a job whose file was missing is tried again after 30. */
const lateInterval = 3;

/**
 * Carries files uploaded to the old place by requests that began before the flip, from the new worker's start until the
 * soak is over and the last connection to the old release has ended. Scani retries a job that did not find its file. A
 * failure undoes nothing, since the new release is complete.
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
      const wrong = await carry(this.carriage, run, watch, "late").then(() => said, messageOf);
      if (wrong !== said && !watch.signal.aborted) run.progress.note(wrong);
      said = wrong;
    }
  }
}

/** Checks before the flip that no files have come which the operator has not allowed to be carried. */
export class RefuseFilesStep implements HandoverStep {
  readonly id = "carry";
  // The old worker looks for files once it starts again.
  readonly undoneBefore = "stop-workers";

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

  /** Carries files back that came to the new place since the flip; the operator's own place needs no permission. */
  async undo(run: Run, engine: Engine): Promise<void> {
    if (run.flipping !== undefined) await bringBack(this.carriage, run, engine);
  }
}

/** Names files that came too late to ask about, once the soak is over; the new release is complete without them. */
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
      const { files, jobs } = await this.carriage.count(watchOf(run, watch));
      run.left = { files, jobs, at: title };
    } catch (error) {
      checkInterrupt(watch.signal);
      run.progress.note(`whether files have been left at ${title} cannot be told: ${messageOf(error)}`);
    }
  }
}

/**
 * Counts files to carry.
 * @throws OperatorError where a store does not work or has no room for them, so that a switch would stop
 */
export async function countOrRefuse(carriage: Carriage, stack: string, watch: CarriageWatch): Promise<LoadCount> {
  const count = await carriage.count(watch);
  const broken = brokenBy(carriage.tally.stuck);
  if (broken.length > 0) throw problemOf(carriage, broken, stack);
  await carriage.order.checkRoom?.(count.bytes);
  return count;
}

function problemOf({ tally }: Carriage, stuck: readonly Stuck[], stack: string): OperatorError {
  return carryProblem(stuck, tally.there.size + tally.carried.size, stack);
}

/**
 * Refuses files to carry. @throws OperatorError where there are any, and the operator has not said what is to become of
 * them
 */
export async function refuseUnsaid(carriage: Carriage, stack: string, watch: CarriageWatch): Promise<void> {
  const count = await carriage.count(watch);
  const broken = brokenBy(carriage.tally.stuck);
  if (!onlyOutOfCalls(broken) || (broken.length > 0 && count.files === 0)) throw problemOf(carriage, broken, stack);
  if (count.files > 0) throw unsaidProblem(count, broken.length > 0, carriage.order.to.place.title, stack);
}

/** Waits until work has ended, or for some seconds. @returns true if it has ended, whether or not it failed */
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

/**
 * Carries files, and notes those newly stuck or removed. @throws OperatorError where the switch may not go on without a
 * file
 */
async function carry(carriage: Carriage, run: Run, watch: Watch, stage: Stage): Promise<void> {
  const { tally } = carriage;
  const { title } = carriage.order.to.place;
  const [files, bytes, removed] = [tally.carried.size, tally.bytes, tally.removed.size];
  const known = new Set([...tally.stuck.map(({ file }) => file.key), ...tally.unremoved.keys()]);
  await carriage.carry(watchOf(run, watch), stage);
  const unremoved = new Map([...tally.unremoved].filter(([key]) => !known.has(key)));
  for (const line of deletedLines(tally.removed.size - removed, unremoved, title)) run.progress.note(line);
  const stops = stopping(tally.stuck);
  if (stops.length > 0) throw problemOf(carriage, stops, run.order.stack);
  for (const line of stuckLines(tally.stuck.filter(({ file }) => !known.has(file.key)))) run.progress.note(line);
  if (tally.carried.size > files)
    run.progress.note(`${countText({ files: tally.carried.size - files, bytes: tally.bytes - bytes })} carried`);
}
