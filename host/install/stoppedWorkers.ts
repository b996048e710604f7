import type { Engine } from "../engine/engine";
import { gatewayStatePath } from "../gateway/state";
import { isUp, targetOf, type ReleaseContainer, type RoutedContainers } from "./facts";
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

/**
 * True for a worker that a change of base has to start when it is over: it has stopped, and the api of its release is
 * routed and up. Where that api does not run either, somebody has stopped Scani. Pure.
 */
export function isToStart(worker: Pick<ReleaseContainer, "state" | "release">, routed: RoutedContainers): boolean {
  const api = targetOf(routed, "api");
  return worker.state === "exited" && api !== undefined && isUp(api) && api.release === worker.release;
}

/**
 * Starts what a change of base has stopped and not started again, where it belongs to the release that serves.
 * @returns Docker names of what it started
 */
export async function startStopped(engine: Engine, gateway: string): Promise<string[]> {
  const ids = parse((await engine.readFile(gateway, stoppedWorkersFile)) ?? "");
  if (ids.length === 0) return [];
  const started: string[] = [];
  for (const id of ids) {
    const worker = await engine.inspect(id);
    if (worker === undefined) continue;
    const routed = await readRouted(engine, { name: worker.labels[label.install] ?? "", gateway });
    if (!isToStart({ state: worker.state, release: worker.labels[label.release] ?? "" }, routed)) continue;
    await engine.start(id);
    started.push(worker.name);
  }
  await forgetStopped(engine, gateway);
  return started;
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
