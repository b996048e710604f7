import type { Engine } from "../engine/engine";
import type { Watch } from "../engine/containers/ready";
import type { Held } from "../gateway/hold";
import { resumeAll } from "../gateway/resume";
import { containerName } from "../install/names/containerName";
import { isUp, type ReleaseContainer, type RoutedContainers } from "../install/facts";
import { readRouted, type Install } from "../install/readFacts";
import { forgetStopped, readStopped, workerToStart } from "../install/stoppedWorkers";
import { inStartOrder, restart } from "../scani/restart";
import { startWorker } from "../scani/worker";
import { concurrently } from "../../util/concurrently";
import type { OperatorError } from "../../util/operatorError";
import type { Progress } from "../../util/progress/progress";
import { joinNetworks } from "./networks";

/**
 * Ends a change of base from whatever is true, also after a run that died half way: releases join networks that were
 * created again and, if they run, look base's services up again; requests are let through, and the worker of what
 * serves starts.
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
  await restartJoined(engine, routed, joined, progress, watch);
  if (held === undefined) await resumeAll(engine, place.gateway);
  else {
    if (held.lost.aborted) progress.note((held.lost.reason as OperatorError).message);
    await progress.step("let the requests through", () => held.release());
  }
  const worker = workerToStart(routed, await readStopped(engine, place.gateway));
  if (worker !== undefined) await progress.step("start the worker", () => startWorker(engine, worker, watch));
  await forgetStopped(engine, place.gateway);
}

/**
 * Restarts those of these containers that run: api and data-provider look base's services up when they start, and keep
 * the addresses. A page's server is restarted after its api, which it looks up once too. Workers are started later.
 */
async function restartJoined(
  engine: Engine,
  routed: RoutedContainers,
  joined: readonly ReleaseContainer[],
  progress: Progress,
  watch: Watch,
): Promise<void> {
  const running = joined.filter((one) => isUp(one) && (one.service === "api" || one.service === "data-provider"));
  if (running.length === 0) return;
  const pages = routed.containers.filter(
    (one) => isUp(one) && one.service === "frontend-app" && running.some(({ release }) => release === one.release),
  );
  for (const group of inStartOrder([...running, ...pages]))
    await progress.step(`restart ${group.map(({ title }) => title).join(", ")}`, () =>
      concurrently(group, watch.signal, (container, signal) => restart(engine, container, { ...watch, signal })),
    );
}
