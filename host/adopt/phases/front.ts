import { isUp, servingOf, workerOf, type Facts, type ReleaseName } from "../../install/facts";
import { readFacts } from "../../install/readFacts";
import type { Connection } from "../../install/resources";
import { connectAll, isConnected } from "../../install/network/connections";
import { takesPort } from "../record";
import { takeFiles } from "./files";
import { routedTier, startAgain, stopForGood, workerSeconds, type AdoptRun, type Phase } from "./phase";

/**
 * Phase that brings up a release of the same version next to the project's, which the gateway serves: compose's worker
 * stops gently, so that no job has two, and the release's own starts.
 */
export class FrontPhase implements Phase {
  readonly title = "front";

  describe(record: AdoptRun["record"]): string {
    const port = takesPort(record) ? "" : `, and serve it on port ${record.port.then}`;
    return `bring ${record.tier} up beside compose's Scani${port}; the worker changes over`;
  }

  async done({ engine, install, record }: AdoptRun): Promise<boolean> {
    const [theirs, postgres] = await Promise.all([
      engine.inspect(record.scani.worker ?? ""),
      engine.inspect(record.postgres?.container ?? ""),
    ]);
    if (theirs?.running === true) return false;
    // Its data is being or has been moved: the release need not answer before the next phases are done.
    if (record.takenOver === true || (postgres !== undefined && postgres.state !== "running")) return true;
    const facts = await readFacts(engine, install);
    return (
      (ownServes(facts) || waitsForPort(facts)) &&
      (await Promise.all(connectionsOf(install.gateway, record).map((one) => isConnected(engine, one)))).every(Boolean)
    );
  }

  async perform(run: AdoptRun): Promise<void> {
    const { engine, install, record, stacks, progress } = run;
    const { worker } = record.scani;
    if (worker !== undefined)
      await progress.step(`stop ${worker}`, async () => {
        await stopForGood(engine, worker, workerSeconds);
      });
    // Queued jobs may name files uploaded since the last copy.
    await takeFiles(run, "copy the newest files");
    const tier = await routedTier(run);
    await progress.step(`bring ${tier} up`, () => stacks.up(tier));
    const { frontNetworks = [], frontNames = [] } = record;
    if (frontNetworks.length === 0) return;
    // Only once the release serves: proxies that ask for the name find both from now on, and never none.
    await stacks.set("base", { frontNetworks: frontNetworks.join(","), frontNames: frontNames.join(",") });
    await progress.step(`answer to the page's names on ${frontNetworks.join(", ")}`, () =>
      connectAll(engine, connectionsOf(install.gateway, record)),
    );
  }

  /** Starts compose's worker again, unless the release's own already runs, so that jobs are still processed. */
  async undo(run: AdoptRun): Promise<void> {
    const { worker } = run.record.scani;
    const facts = await readFacts(run.engine, run.install);
    if (worker === undefined || facts.containers.some((one) => one.service === "worker" && isUp(one))) return;
    await startAgain(run, worker);
  }
}

/** Returns where the gateway answers to the page's names. Pure. */
function connectionsOf(gateway: string, { frontNetworks = [], frontNames = [] }: AdoptRun["record"]): Connection[] {
  return frontNetworks.map((network) => ({ container: gateway, network, names: frontNames }));
}

/** True when a release of the install serves, with its worker. Pure. */
export function ownServes(facts: Facts): boolean {
  const serving = servingOf(facts);
  return serving.is === "serving" && worksIn(facts, serving.release);
}

/** True when a release is routed and works, and its gateway has a port that it has not been started on yet. Pure. */
function waitsForPort(facts: Facts): boolean {
  const serving = servingOf(facts);
  if (serving.is !== "gateway down" || facts.gateway.state !== "created") return false;
  return serving.release !== undefined && worksIn(facts, serving.release);
}

/** True when the worker of a release runs. Pure. */
function worksIn({ containers }: Facts, release: ReleaseName): boolean {
  return workerOf(release, containers)?.state === "running";
}
