import type { Engine } from "../engine/engine";
import { gatewayStatePath } from "../gateway/state";
import { isOf, isUp, targetOf, workerOf, type ReleaseContainer, type RoutedContainers } from "./facts";
import { label } from "./names/labels";
import { readRouted } from "./readFacts";

/**
 * File in the gateway's volume with the ids of workers that a change of base has stopped and is to start again. A run
 * that fails, is interrupted or dies in between leaves it, and whoever comes after knows by it that nobody else stopped
 * them.
 */
export const stoppedWorkersFile = `${gatewayStatePath}/scani-stopped-workers.json`;

/** Notes which workers are about to be stopped. */
export function noteStopped(engine: Engine, gateway: string, workers: readonly ReleaseContainer[]): Promise<void> {
  return engine.writeFile(gateway, stoppedWorkersFile, JSON.stringify(workers.map(({ id }) => id)));
}

/** Notes that they are started, or nobody's to start any more. */
export function forgetStopped(engine: Engine, gateway: string): Promise<void> {
  return engine.writeFile(gateway, stoppedWorkersFile, "[]");
}

/** Ids of workers that a change of base has stopped and that nobody has started since. */
export async function readStopped(engine: Engine, gateway: string): Promise<string[]> {
  return parse((await engine.readFile(gateway, stoppedWorkersFile)) ?? "");
}

/**
 * The worker that a change of base has to start when it is over: it has stopped, and the api of its release is routed and
 * up. Where that api does not run either, somebody has stopped Scani. One that nobody has noted is started only where no
 * other takes the release's jobs. Pure.
 * @param noted ids of workers that a change of base has stopped
 */
export function workerToStart(routed: RoutedContainers, noted: readonly string[]): ReleaseContainer | undefined {
  const api = targetOf(routed, "api");
  if (api === undefined || !isUp(api)) return undefined;
  const worker = workerOf(api, routed.containers, noted);
  if (worker?.state !== "exited") return undefined;
  const isTaken = routed.containers.some((one) => one.service === "worker" && isOf(api, one) && isUp(one));
  return noted.includes(worker.id) || !isTaken ? worker : undefined;
}

/**
 * Starts what a change of base has stopped and not started again, where it belongs to the release that serves.
 * @returns Docker name of what it started; undefined where there was nothing to start
 */
export async function startStopped(engine: Engine, gateway: string): Promise<string | undefined> {
  const noted = await readStopped(engine, gateway);
  if (noted.length === 0) return undefined;
  const install = (await engine.inspect(gateway))?.labels[label.install] ?? "";
  const worker = workerToStart(await readRouted(engine, { name: install, gateway }), noted);
  const isNoted = worker !== undefined && noted.includes(worker.id);
  if (isNoted) await engine.start(worker.id);
  await forgetStopped(engine, gateway);
  return isNoted ? worker.name : undefined;
}

/** Reads the file; one that was cut short names nobody. */
function parse(contents: string): string[] {
  try {
    const ids: unknown = JSON.parse(contents);
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return [];
  }
}
