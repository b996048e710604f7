import { setTimeout as pause } from "node:timers/promises";
import type { Watch } from "../../engine/ready";
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
    await run.progress.step("carry the files", () => carry(this.carriage, run, watch), this.id);
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
        const drained = run.flip?.drained.catch(() => undefined);
        await Promise.race([drained, pause(drained === undefined ? 0 : drainSeconds * 1000)]);
        await carry(this.carriage, run, watch);
        const deleted = await this.carriage.takeBackDeleted(watchOf(run, watch));
        if (deleted.length > 0) run.progress.note(`${deleted.length} deleted meanwhile; their copies are removed`);
      },
      this.id,
    );
  }
}

function watchOf({ progress }: Run, { signal }: Watch): CarriageWatch {
  return {
    signal,
    progress: (done, all) => progress.waiting("files", `${done.toLocaleString("en")} of ${all.toLocaleString("en")}`),
  };
}

/** @throws OperatorError where the switch may not go on without a file */
async function carry(carriage: Carriage, run: Run, watch: Watch): Promise<void> {
  const { tally } = carriage;
  const [files, bytes] = [tally.carried.size, tally.bytes];
  await carriage.carry(watchOf(run, watch));
  const stops = stopping(tally.stuck);
  if (stops.length > 0) throw carryProblem(stops, run.order.stack);
  for (const line of stuckLines(tally.stuck)) run.progress.note(line);
  if (tally.carried.size > files)
    run.progress.note(`${countText({ files: tally.carried.size - files, bytes: tally.bytes - bytes })} carried`);
}
