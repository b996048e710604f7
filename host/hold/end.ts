import type { Engine } from "../engine/engine";
import type { Watch } from "../engine/containers/ready";
import type { Held } from "../gateway/hold";
import { resumeAll } from "../gateway/resume";
import { containerName } from "../install/names/containerName";
import { isOf, isUp, targetOf, type ReleaseContainer, type RoutedContainers } from "../install/facts";
import { readRouted, type Install } from "../install/readFacts";
import { forgetStopped, readStopped, workerToStart } from "../install/stoppedWorkers";
import { inStartOrder, restart } from "../scani/restart";
import { startWorker } from "../scani/worker";
import { concurrently } from "../../util/concurrently";
import type { OperatorError } from "../../util/operatorError";
import type { Progress } from "../../util/progress/progress";
import { joinNetworks, startedBeforeNetworks } from "./networks";

/**
 * Ends a change of base from whatever is true, also after a run that died half way: releases join networks that were
 * created again and, if they run, look base's services up again, also where that run had joined them already; requests
 * are let through, and the worker of what serves starts.
 * @param held undefined where this process holds no requests
 */
export async function endHold(
  engine: Engine,
  install: string,
  held: Held | undefined,
  progress: Progress,
  watch: Watch,
): Promise<void> {
  const place: Install = { name: install, gateway: containerName(install, "gateway") };
  const routed = await readRouted(engine, place);
  const joined = await joinNetworks(engine, install, routed.containers);
  await restartOutdated(engine, install, routed, joined, progress, watch);
  if (held === undefined) await resumeAll(engine, place.gateway);
  else {
    if (held.lost.aborted) progress.note((held.lost.reason as OperatorError).message);
    await progress.step("let the requests through", () => held.release());
  }
  await startWorkers(engine, place, progress, watch);
}

/** Starts the worker of what serves, and names those that were stopped for the change and stay so. */
async function startWorkers(engine: Engine, place: Install, progress: Progress, watch: Watch): Promise<void> {
  // The gateway writes its routes while requests are held and let through: only now are they sure to be read whole.
  const [routed, noted] = await Promise.all([readRouted(engine, place), readStopped(engine, place.gateway)]);
  const worker = workerToStart(routed, noted);
  if (worker !== undefined) await progress.step("start the worker", () => startWorker(engine, worker, watch));
  const resting = routed.containers.filter(
    (one) => one.state === "exited" && one.id !== worker?.id && noted.some(({ id }) => id === one.id),
  );
  const api = targetOf(routed, "api");
  for (const one of resting)
    progress.note(
      `${one.title} was stopped for the change and stays stopped: ${api !== undefined && isOf(one, api) ? `${api.title} is ${api.state}` : "no requests lead to its release"}.`,
    );
  await forgetStopped(engine, place.gateway);
}

/**
 * Restarts running containers that keep addresses of before: api and data-provider look base's services up when they
 * start, and a page's server its api. Workers do so too, and are started later.
 * @param joined containers that have just joined a network again
 */
async function restartOutdated(
  engine: Engine,
  install: string,
  { containers }: RoutedContainers,
  joined: readonly ReleaseContainer[],
  progress: Progress,
  watch: Watch,
): Promise<void> {
  const isPage = ({ service }: ReleaseContainer): boolean => service === "frontend-app";
  const running = containers.filter(
    (one) => isUp(one) && (isPage(one) || one.service === "api" || one.service === "data-provider"),
  );
  // A run that died may have joined some already, so that only their start still shows what they have looked up.
  const outdated = [
    ...joined.filter((one) => !isPage(one)),
    ...(await startedBeforeNetworks(engine, install, running)),
  ];
  const restarting = running.filter(
    (one) =>
      outdated.includes(one) ||
      (isPage(one) && running.some((other) => outdated.includes(other) && other.service === "api" && isOf(one, other))),
  );
  for (const group of inStartOrder(restarting))
    await progress.step(`restart ${group.map(({ title }) => title).join(", ")}`, () =>
      concurrently(group, watch.signal, (container, signal) => restart(engine, container, { ...watch, signal })),
    );
}
