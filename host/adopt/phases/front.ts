import { isUp, servingOf, type Facts } from "../../install/facts";
import { readFacts } from "../../install/readFacts";
import type { AdoptRun, Phase } from "./phase";

/**
 * A release of the same version beside the project's, which the gateway serves: compose's worker stops gently, so that no
 * job has two, and the release's own starts.
 */
export class FrontPhase implements Phase {
  readonly title = "front";

  describe({ tier, port }: AdoptRun["record"]): string {
    return `bring ${tier} up beside compose's Scani, and serve it on port ${port.then}; the worker changes over`;
  }

  async done({ engine, install, record }: AdoptRun): Promise<boolean> {
    const [facts, theirs] = await Promise.all([readFacts(engine, install), engine.inspect(record.scani.worker ?? "")]);
    return ownServes(facts) && theirs?.state !== "running";
  }

  async perform({ engine, record, stacks, progress }: AdoptRun): Promise<void> {
    const { worker } = record.scani;
    if (worker !== undefined)
      await progress.step(`stop ${worker}`, async () => {
        await engine.setRestartPolicy(worker, "no");
        await engine.stop(worker, workerSeconds);
      });
    await progress.step(`bring ${record.tier} up`, () => stacks.up(record.tier));
  }

  /** Jobs go on being done: by compose's worker, unless the release's own has begun. */
  async undo({ engine, install, record }: AdoptRun): Promise<void> {
    const { worker } = record.scani;
    const facts = await readFacts(engine, install);
    if (worker === undefined || facts.containers.some((one) => one.service === "worker" && isUp(one))) return;
    await engine.setRestartPolicy(worker, record.restartPolicies[worker] ?? "unless-stopped");
    await engine.start(worker);
  }
}

/** Seconds compose's worker gets to drain: it takes up to 25. */
const workerSeconds = 35;

/** True when a release of the install serves, with its worker. Pure. */
export function ownServes(facts: Facts): boolean {
  const serving = servingOf(facts);
  return (
    serving.is === "serving" &&
    facts.containers.some(
      ({ service, release, state }) =>
        service === "worker" && release === serving.release.release && state === "running",
    )
  );
}
