import type { Engine } from "../engine/engine";
import { hold, usualLimits, type Held } from "../gateway/hold";
import { containerName } from "../install/containerName";
import type { Facts } from "../install/facts";
import { label } from "../install/labels";
import { readFacts, releaseContainers } from "../install/readFacts";
import type { HoldInputs } from "../install/resources";
import { forgetStopped, noteStopped } from "../install/stoppedWorkers";
import { stopWorker } from "../scani/worker";
import type { Progress } from "../../util/progress/progress";
import { joinNetworks } from "./networks";
import { planHold, type BasePresence, type HoldPlan } from "./plan";

/** Reads what is true of an install and of base in it. */
export async function readInstall(engine: Engine, install: string): Promise<{ facts: Facts; base: BasePresence }> {
  const labels = [`${label.install}=${install}`];
  const [facts, containers, networks] = await Promise.all([
    readFacts(engine, { name: install, gateway: containerName(install, "gateway") }),
    engine.containers({ labels, all: true }),
    engine.networks(labels),
  ]);
  return { facts, base: { containers, networks } };
}

/** Decides, from what is true, what has to wait for the change; undefined where nothing has. */
export async function readHoldPlan(engine: Engine, wanted: HoldInputs): Promise<HoldPlan | undefined> {
  const { facts, base } = await readInstall(engine, wanted.install);
  return planHold(facts, base, wanted);
}

/**
 * Makes room for the change: workers stop gently, requests wait, and releases leave networks that are about to be made
 * anew. The requests wait until they are released, this process ends or the limit is over, whichever comes first.
 */
export async function beginHold(
  engine: Engine,
  install: string,
  { services, moved, routes, workers }: HoldPlan,
  progress: Progress,
): Promise<Held> {
  // Before the requests wait: a worker may drain for half a minute.
  const gateway = containerName(install, "gateway");
  if (workers.length > 0) {
    await noteStopped(engine, gateway, workers);
    await progress.step("stop the worker", () =>
      Promise.all(workers.map((worker) => stopWorker(engine, worker, progress))),
    );
  }
  const replaced = [...services, ...moved];
  let held: Held | undefined;
  try {
    held = await progress.step(
      `hold requests at the gateway while ${replaced.join(", ")} ${replaced.length === 1 ? "is" : "are"} replaced, for ${usualLimits.hold} s at most`,
      () => hold(engine, gateway, routes),
    );
    if (moved.length > 0) await leaveNetworks(engine, install, moved);
    return held;
  } catch (error) {
    // Nothing has been replaced yet: all goes on as before.
    await joinNetworks(engine, install, await releaseContainers(engine, install));
    await held?.release();
    await Promise.all(workers.map(({ id }) => engine.start(id)));
    await forgetStopped(engine, gateway);
    throw error;
  }
}

/** A network cannot be removed while a container of a release is on it, and one that is stopped could not start again. */
async function leaveNetworks(engine: Engine, install: string, networks: readonly string[]): Promise<void> {
  const releases = await engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true });
  for (const { id } of releases) {
    const on = (await engine.inspect(id))?.networks ?? [];
    for (const network of networks.filter((name) => on.includes(name))) await engine.disconnectNetwork(network, id);
  }
}
