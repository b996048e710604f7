import { checkLockHeld, type Watch } from "../../engine/containers/ready";
import type { ReleaseContainer } from "../../install/facts";
import { messageOf } from "../../../util/operatorError";
import { checkServes } from "../checkServes";
import { stopUnrouted } from "../stopUnrouted";
import { names, stopping, type Description, type HandoverStep, type Run } from "./step";

/** Stops containers that no longer serve, gently, once the new release is known to serve. The containers stay. */
export class RetireStep implements HandoverStep {
  readonly id = "retire";

  constructor(readonly containers: readonly ReleaseContainer[]) {}

  describe({ wanted }: Description): string {
    return stopping(this.containers, wanted);
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    const { engine, order, flip, progress } = run;
    if (flip !== undefined)
      await progress.step(
        "drain",
        () => flip.drained.catch((error: unknown) => progress.note(messageOf(error))),
        "drain",
      );
    await checkServes(engine, order, watch);
    // The new release is complete: trouble with the old one is no reason to go back to it.
    run.retiring = true;
    // A run that has begun since the lock was lost may be switching back to them.
    checkLockHeld(watch.signal);
    await progress.step(
      `retire ${names(this.containers)}`,
      () => stopUnrouted(engine, order.install, this.containers),
      this.id,
    );
  }
}
