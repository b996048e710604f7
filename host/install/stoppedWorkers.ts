import { posix } from "node:path";
import { statusCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import type { Engine } from "../engine/engine";
import { gatewayStatePath } from "../gateway/state";
import { isOf, isUp, targetOf, workerOf, type ReleaseContainer, type RoutedContainers } from "./facts";
import { label } from "./names/labels";
import { readRouted } from "./readFacts";

/**
 * File in the gateway's volume with the ids of workers that a change of base has stopped and is to start again. A run
 * that fails, is interrupted or dies in between leaves it, so that the next run knows that nobody else stopped them.
 */
export const stoppedWorkersFile = `${gatewayStatePath}/scani-stopped-workers.json`;

/** A worker that a change of base stops. */
export interface StoppedWorker extends ReleaseContainer {
  /** True for one that ran although the api of its release did not. */
  readonly isAlone: boolean;
}

/** A worker on record. */
export type Noted = Pick<StoppedWorker, "id" | "isAlone">;

/** Notes which workers are about to be stopped. */
export function noteStopped(engine: Engine, gateway: string, workers: readonly StoppedWorker[]): Promise<void> {
  const noted = workers.map(({ id, isAlone }): Noted => ({ id, isAlone }));
  return engine.writeFile(gateway, stoppedWorkersFile, JSON.stringify(noted));
}

/** Notes that the workers are started, or nobody's to start any more. */
export function forgetStopped(engine: Engine, gateway: string): Promise<void> {
  return engine.writeFile(gateway, stoppedWorkersFile, "[]");
}

/** Reads which workers a change of base has stopped and nobody has started since; none where that is unreadable. */
export async function readStopped(engine: Engine, gateway: string): Promise<Noted[]> {
  return parse(await engine.readFile(gateway, stoppedWorkersFile)) ?? [];
}

/**
 * Returns the worker that a change of base has to start when it is over: it has stopped, and the api of its release is
 * routed and up, or was down before too. If that api was stopped since, somebody has stopped Scani. A worker that was
 * not noted is started only where no other takes the release's jobs. Pure.
 */
export function workerToStart(routed: RoutedContainers, noted: readonly Noted[]): ReleaseContainer | undefined {
  const api = targetOf(routed, "api");
  const isServing = api !== undefined && isUp(api);
  const ids = noted.filter(({ isAlone }) => isServing || isAlone).map(({ id }) => id);
  // Without a route to an api, take the release of the noted workers.
  const release = api ?? routed.containers.find(({ id }) => ids.includes(id));
  const worker = release && workerOf(release, routed.containers, ids);
  if (worker?.state !== "exited") return undefined;
  if (ids.includes(worker.id)) return worker;
  const isTaken = routed.containers.some((one) => one.service === "worker" && isOf(release, one) && isUp(one));
  return isServing && !isTaken ? worker : undefined;
}

/**
 * Starts what a change of base has stopped and not started again, where it belongs to the release that serves.
 * @returns Docker name of what it started; undefined where there was nothing to start
 * @throws OperatorError, once, where the file is unreadable
 */
export async function startStopped(engine: Engine, gateway: string): Promise<string | undefined> {
  const noted = parse(await engine.readFile(gateway, stoppedWorkersFile));
  if (noted === undefined) {
    await forgetStopped(engine, gateway);
    throw new OperatorError({
      what: `${posix.basename(stoppedWorkersFile)} in the gateway's volume was cut short, so which worker that was is not known.`,
      why: "Whether the worker runs says:",
      type: statusCommand(),
    });
  }
  if (noted.length === 0) return undefined;
  const install = (await engine.inspect(gateway))?.labels[label.install] ?? "";
  const worker = workerToStart(await readRouted(engine, { name: install, gateway }), noted);
  const isNoted = worker !== undefined && noted.some(({ id }) => id === worker.id);
  if (isNoted) await engine.start(worker.id);
  await forgetStopped(engine, gateway);
  return isNoted ? worker.name : undefined;
}

/** Reads the file; undefined where it is cut short. An earlier version of this module wrote ids alone. Pure. */
function parse(contents = "[]"): Noted[] | undefined {
  try {
    const noted: unknown = JSON.parse(contents);
    return Array.isArray(noted) ? noted.flatMap(notedOf) : undefined;
  } catch {
    return undefined;
  }
}

function notedOf(entry: unknown): Noted[] {
  if (typeof entry === "string") return [{ id: entry, isAlone: false }];
  const { id, isAlone } = (entry ?? {}) as Partial<Noted>;
  return typeof id === "string" ? [{ id, isAlone: isAlone === true }] : [];
}
