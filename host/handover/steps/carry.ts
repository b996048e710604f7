import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../../engine/engine";
import type { Watch } from "../../engine/ready";
import { messageOf } from "../../../util/operatorError";
import type { Carriage, CarriageWatch } from "../../files/carriage";
import { carryProblem, stopping, stuckLines } from "../../files/words";
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
    await run.progress.step("carry the files", () => carry(this.carriage, run, watch, true), this.id);
  }
}

/** Seconds requests that reached the old api before the flip may go on before the files are looked at once more. */
const drainSeconds = 3;

/** Carries what came since, and what jobs wait for, before the new worker takes them. */
export class CarryRestStep implements HandoverStep {
  readonly id = "carry-rest";

  constructor(readonly carriage: Carriage) {}

  describe(): string {
    return "carry the files that came since";
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    await run.progress.step(
      "carry the last files",
      async () => {
        const drained = run.flip === undefined ? undefined : within(drainSeconds, run.flip.drained);
        // Most of it while the last requests of the old api end, and then what they brought. What is named from then
        // on came through the new api, to the new place.
        await carry(this.carriage, run, watch, false);
        await drained;
        if (drained !== undefined) await carry(this.carriage, run, watch, false);
        const deleted = await this.carriage.takeBackDeleted(watchOf(run, watch));
        if (deleted.length > 0) run.progress.note(`${deleted.length} deleted meanwhile; their copies are removed`);
      },
      this.id,
    );
  }

  /** What came to the new place since the flip goes back, before the old worker looks for it. */
  async undo({ progress }: Run, engine: Engine): Promise<void> {
    const back = this.carriage.back(engine);
    try {
      await back.carry({ signal: new AbortController().signal, progress: () => undefined }, true);
    } finally {
      await back.close(engine);
    }
    for (const line of stuckLines(back.tally.stuck)) progress.note(line);
  }
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
  if (stops.length > 0) throw carryProblem(stops, run.order.stack);
  for (const line of stuckLines(tally.stuck.filter(({ file }) => !known.has(file.key)))) run.progress.note(line);
  if (tally.carried.size > files)
    run.progress.note(`${countText({ files: tally.carried.size - files, bytes: tally.bytes - bytes })} carried`);
}
