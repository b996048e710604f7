import type { Engine } from "../engine/engine";
import { untilReady } from "../engine/containers/ready";
import { hold, usualLimits, type Held } from "../gateway/hold";
import { containerName } from "../install/names/containerName";
import { isLost, type Facts } from "../install/facts";
import { label } from "../install/names/labels";
import { readFacts } from "../install/readFacts";
import type { HoldInputs } from "../install/resources";
import { forgetStopped, noteStopped } from "../install/stoppedWorkers";
import { stopWorker } from "../scani/worker";
import { dockerRestart } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import type { Progress } from "../../util/progress/progress";
import { readEndFacts } from "./endFacts";
import { planHold, type BasePresence, type HoldPlan } from "./plan";
import { planEnd } from "./planEnd";

/** Reads the facts of an install, and base's containers and networks in it. */
export async function readInstall(engine: Engine, install: string): Promise<{ facts: Facts; base: BasePresence }> {
  const labels = [`${label.install}=${install}`];
  const [facts, containers, networks] = await Promise.all([
    readFacts(engine, { name: install, gateway: containerName(install, "gateway") }),
    engine.containers({ labels, all: true }),
    engine.networks(labels),
  ]);
  return { facts, base: { containers, networks } };
}

/** Seconds a running gateway may take to answer: a new one does not answer at once. */
const answerSeconds = 30;

/**
 * Plans what has to wait for the change, from the facts; undefined where nothing has.
 * @param signal aborted when the operator interrupts
 * @throws OperatorError where a gateway runs and does not answer, so that it could hold no requests, and at an
 * interrupt
 */
export async function readHoldPlan(
  engine: Engine,
  wanted: HoldInputs,
  signal: AbortSignal,
): Promise<HoldPlan | undefined> {
  const read = async (): Promise<{ facts: Facts; plan?: HoldPlan }> => {
    const { facts, base } = await readInstall(engine, wanted.install);
    return { facts, plan: planHold(facts, base, wanted) };
  };
  const { facts, plan } = await read();
  if (plan === undefined || plan.routes.length === 0 || facts.gateway.silent === undefined) return plan;
  const { name } = facts.gateway;
  await untilReady(
    engine,
    { id: name, name, title: "gateway" },
    { timeoutSeconds: answerSeconds, signal, waiting: () => undefined },
  );
  const now = await read();
  const { silent } = now.facts.gateway;
  if (now.plan === undefined || now.plan.routes.length === 0 || silent === undefined) return now.plan;
  throw new OperatorError({
    what: `Requests cannot be held while base is changed: ${silent}. Nothing has been replaced.`,
    type: dockerRestart(name),
  });
}

/**
 * Prepares for the change: workers stop gently, requests wait, and releases leave networks that are about to be created
 * again. Requests wait until they are released, this process ends or the limit is over, whichever comes first.
 * @returns undefined where no requests have to wait
 */
export async function beginHold(
  engine: Engine,
  install: string,
  { services, moved, routes, workers }: HoldPlan,
  progress: Progress,
): Promise<Held | undefined> {
  // Workers stop before requests are held, since a worker may drain for half a minute.
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
    if (routes.length > 0)
      held = await progress.step(
        `hold requests at the gateway while ${replaced.join(", ")} ${replaced.length === 1 ? "is" : "are"} replaced, for ${usualLimits.hold} s at most`,
        () => hold(engine, gateway, routes),
      );
    if (moved.length > 0) await leaveNetworks(engine, install, moved);
    return held;
  } catch (error) {
    // Nothing has been replaced yet, so the preparations are undone.
    for (const step of planEnd(await readEndFacts(engine, install)))
      if (step.id === "join") await step.perform({ engine });
    await held?.release();
    await Promise.all(workers.map(({ id }) => engine.start(id)));
    await forgetStopped(engine, gateway);
    throw error;
  }
}

/**
 * Removes those of these containers that are dead or being removed. They serve nobody, and their removal may fail or
 * take long: so it comes before anything waits for the change.
 */
export async function removeLost(engine: Engine, containers: readonly string[]): Promise<void> {
  for (const container of containers) {
    const there = await engine.inspect(container);
    if (there !== undefined && isLost(there)) await engine.remove(container, { volumes: false });
  }
}

/** Stops containers gently and removes them, so that others can have their names; their volumes stay. */
export async function removeContainers(engine: Engine, containers: readonly string[]): Promise<void> {
  for (const container of containers) {
    await engine.stop(container);
    await engine.remove(container, { force: false, volumes: false });
  }
}

/**
 * Takes releases off networks: Docker removes none that is in use, and a stopped container could not start without it.
 */
async function leaveNetworks(engine: Engine, install: string, networks: readonly string[]): Promise<void> {
  const releases = await engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true });
  // Docker takes a lost container off no network, and removes a network it is on all the same.
  for (const { id, networks: on } of releases.filter((one) => !isLost(one)))
    for (const network of networks.filter((name) => name in on)) await engine.disconnectNetwork(network, id);
}
