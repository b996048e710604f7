import type { Engine } from "../engine/engine";
import { userInfo, hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../../util/failure";
import { caFile } from "../install/caCertificate";
import {
  beginBackup,
  createdCandidate,
  withBackup,
  type BesideBackup,
  type Candidate,
  type HandoverBackups,
} from "./backup";
import { HandoverFailed } from "./failed";
import { removeCommand } from "../gateway/deploy";
import { flip, type Flip } from "../gateway/flip";
import { routes, type Route, type Targets } from "../gateway/routes";
import { record, type Entry } from "./journal";
import { serving, servingApi, servingPage, wayBack, type Live, type LiveContainer } from "../install/live";
import { migrate } from "./migrate";
import { pendingIn, readSchema } from "../scani/migrations/pending";
import { plan, stages, switches, type Step } from "./plan";
import { preflight, type PreflightOrder } from "../preflight/preflight";
import { Progress, seconds, type Print } from "../../util/progress/progress";
import { checkInterrupt, untilReady, type Watch } from "../engine/ready";
import { sideBySide } from "./sideBySide";
import { survey } from "../install/survey";
import { verify } from "./verify";
import { soak } from "./soak";
import { startWorker, stopWorker } from "./worker";

/** What a handover is told. Times in seconds. */
export interface Order extends PreflightOrder {
  readonly readyTimeout: number;
  readonly drainTimeout: number;
  /** How long the new release is watched while the old one could still take over. */
  readonly soak: number;
  readonly backups: HandoverBackups;
}

/** Says what the run in progress knows. */
interface Run {
  readonly engine: Engine;
  readonly order: Order;
  readonly before: Live;
  readonly candidate: Candidate;
  readonly progress: Progress;
  readonly watch: Watch;
  /** What takes back the steps done so far, last one first. */
  readonly undo: (() => Promise<void>)[];
  /** Points the gateway back; before all else, since a release that fails may be the one that serves. */
  undoFlip?: () => Promise<void>;
  /** What the candidate was asked while it served is answered. */
  drainedBack?: Promise<void>;
  flip?: Flip;
  /** A backup that is being made beside the other steps. */
  backup?: BesideBackup;
  /** The new worker is on its way up; fulfilled once it listens. */
  worker?: Promise<void>;
}

/**
 * Makes the wanted release serve, from whatever is true now. Up to the retirement of the old release every failure is
 * taken back: the release that served goes on with the same containers.
 * @returns the entry it put on record, or undefined when there was nothing to do
 * @throws HandoverFailed, after the way back; whatever was thrown before the first step
 */
export async function perform(
  engine: Engine,
  order: Order,
  print: Print,
  signal: AbortSignal,
): Promise<Entry | undefined> {
  // Read beside the rest: it is needed first.
  const schema = readSchema(engine, order.install, order.wanted.containers.migrate ?? "");
  const pending = schema.then(pendingIn);
  pending.catch(() => undefined);
  const before = await survey(engine, order.install);
  const candidate = createdCandidate(engine, order.wanted.containers.migrate as string, () => pending);
  const { steps } = await withBackup(engine, order.install, order.backups, plan(before, order.wanted), candidate);
  if (steps.length === 0) return undefined;

  const began = Date.now();
  const progress = new Progress(print);
  const watch: Watch = {
    timeoutSeconds: order.readyTimeout,
    signal,
    waiting: (title, reason) => progress.waiting(title, reason),
  };
  const run: Run = { engine, order, before, candidate, progress, watch, undo: [] };
  const from = serving(before);
  const entry = (outcome: Entry["outcome"], why?: string): Entry => ({
    at: new Date(began).toISOString(),
    by: `${userInfo().username}@${hostname()}`,
    from,
    to: { tier: order.wanted.tier, release: order.wanted.release },
    outcome,
    why,
    totalMs: Date.now() - began,
    flipMs: run.flip?.tookMs,
    timings: run.progress.timings,
  });

  print(
    from === undefined
      ? `Bringing ${order.wanted.tier} up; nothing serves yet`
      : `Handing over from ${from.tier} (${from.release}) to ${order.wanted.tier} (${order.wanted.release})`,
  );
  try {
    if (switches(steps))
      await progress.step("preflight", () =>
        preflight(engine, order, { serving: servingApi(before), servingPage: servingPage(before), schema }, progress),
      );
    for (const stage of stages(steps)) {
      checkInterrupt(signal);
      await sideBySide(stage, signal, (step, interrupted) => carryOut(step, run, { ...watch, signal: interrupted }));
    }
  } catch (error) {
    const back = await takeBack(run);
    await record(engine, order.install.gateway, entry("failed", messageOf(error).split("\n")[0])).catch(
      () => undefined,
    );
    throw new HandoverFailed(error, from, run.flip !== undefined, back);
  }
  const done = entry(run.flip === undefined ? "repaired" : "switched");
  await record(engine, order.install.gateway, done);
  print(
    `${order.wanted.tier} serves; ${seconds(done.totalMs)} in all${done.flipMs === undefined ? "" : `, flip ${seconds(done.flipMs)}`}`,
  );
  return done;
}

function names(containers: readonly LiveContainer[]): string {
  return containers.map(({ service }) => service).join(", ");
}

/** @param watch over the steps of one stage */
async function carryOut(step: Step, run: Run, watch: Watch): Promise<void> {
  const { engine, order, progress, undo } = run;
  switch (step.do) {
    case "backup":
      run.backup = beginBackup(engine, order.install, order.backups, run.candidate, step, progress, run.watch.signal);
      if (!step.beside) return run.backup.done;
      undo.push(run.backup.abandon);
      return;
    case "finish-backup":
      return run.backup?.done;
    case "migrate":
      return progress.step("migrate", async () =>
        migrate(engine, await run.candidate.pending(), step.container, progress),
      );
    case "start":
      undo.push(async () => {
        await run.drainedBack?.catch((error: unknown) => progress.note(messageOf(error)));
        await stopAll(engine, step.containers, run.undoFlip === undefined ? unservedSeconds : undefined);
      });
      return progress.step(`start ${names(step.containers)}`, () => startAll(step.containers, run));
    case "verify":
      return progress.step("verify from inside the api", () => verify(engine, step.container, progress));
    case "flip":
      run.undoFlip = () => flipBack(run);
      return progress.step("flip the gateway", async () => {
        run.flip = await flip(engine, order.install.gateway, targetNames(step.to), order.drainTimeout);
      });
    case "stop-workers":
      undo.push(() => eachOf(step.containers, ({ id }) => engine.start(id)));
      return progress.step("stop the old worker", () =>
        eachOf(step.containers, (worker) => stopWorker(engine, worker, progress)),
      );
    case "start-worker":
      undo.push(() => engine.stop(step.container.id));
      run.worker = progress.step("start the new worker", () => startWorker(engine, step.container, watch));
      return run.worker;
    case "soak":
      return order.soak === 0
        ? undefined
        : progress.step("soak", () => soak(engine, step, order.soak, run.worker ?? Promise.resolve(), watch));
    case "retire":
      // From here on the new release is whole: trouble with the old one is no reason to go back to it.
      undo.length = 0;
      run.undoFlip = undefined;
      if (run.flip !== undefined) await progress.step("drain", () => drainedOrSaid(run.flip as Flip, progress));
      return progress.step(`retire ${names(step.containers)}`, () => stopAll(engine, step.containers));
  }
}

async function eachOf(
  containers: readonly LiveContainer[],
  work: (container: LiveContainer) => Promise<unknown>,
): Promise<void> {
  await Promise.all(containers.map(work));
}

/**
 * How long a candidate that never served gets to stop: it has nothing to finish. nginx misses a SIGTERM that comes in
 * the moment it begins to run, and would be waited for as long as one that drains; whoever comes next waits for that
 * too.
 */
const unservedSeconds = 3;

function stopAll(engine: Engine, containers: readonly LiveContainer[], withinSeconds?: number): Promise<void> {
  return eachOf(containers, ({ id }) => engine.stop(id, withinSeconds));
}

async function startAll(containers: readonly LiveContainer[], { engine, order, watch }: Run): Promise<void> {
  // nginx in frontend-app does not start unless the name `api` resolves, and it does once the api runs.
  const [last, first] = [
    containers.filter(({ service }) => service === "frontend-app"),
    containers.filter(({ service }) => service !== "frontend-app"),
  ];
  const { caCertificate } = order;
  // One volume for api and worker: it is written through the api, which starts first.
  if (caCertificate !== undefined)
    await eachOf(
      first.filter(({ service }) => service === "api"),
      ({ id }) => engine.writeFile(id, caFile, caCertificate),
    );
  await eachOf(first, ({ id }) => engine.start(id));
  await eachOf(last, ({ id }) => engine.start(id));
  await eachOf(containers, (container) => untilReady(engine, container, watch));
}

async function drainedOrSaid(done: Flip, progress: Progress): Promise<void> {
  await done.drained.catch((error: unknown) => progress.note(messageOf(error)));
}

function targetNames(targets: Readonly<Record<Route, LiveContainer>>): Targets {
  return Object.fromEntries(routes.map((route) => [route, targets[route].name]));
}

async function flipBack(run: Run): Promise<void> {
  const { engine, order, before, progress } = run;
  const back = wayBack(before);
  if (back === undefined) progress.note("no release served before, so there is none to go back to");
  else run.drainedBack = (await flip(engine, order.install.gateway, back, order.drainTimeout)).drained;
  for (const route of routes.filter((one) => back?.[one] === undefined))
    await engine.exec(order.install.gateway, removeCommand(route));
}

/** Milliseconds between two tries to point the gateway back. */
const retryInterval = 1_000;

/**
 * Points the gateway back. What kept the new release from serving may keep the old one from it too, as a database that
 * does not answer for a moment does, and pass: so it is tried again for as long as a release may take to be ready.
 * After an interrupt it is tried once.
 * @returns whether the routes are back
 */
async function pointBack(run: Run, undoFlip: () => Promise<void>): Promise<boolean> {
  const { progress, order, watch } = run;
  for (const until = Date.now() + order.readyTimeout * 1000; ; await pause(retryInterval)) {
    const failure = await undoFlip().then(
      () => undefined,
      (error: unknown) => messageOf(error),
    );
    if (failure === undefined) return true;
    if (watch.signal.aborted || Date.now() + retryInterval > until) {
      progress.note(`the gateway could not be pointed back: ${failure}`);
      return false;
    }
    progress.waiting("gateway", `that it takes the old release again, for ${order.readyTimeout} s at most: ${failure}`);
  }
}

/**
 * Undoes what was done, last step first; one that fails is said and does not keep the others from being undone. While
 * the gateway cannot be pointed back nothing is: what it points to would be stopped.
 * @returns whether the routes are as they were
 */
async function takeBack(run: Run): Promise<boolean> {
  const { progress, undo, undoFlip } = run;
  if (undo.length === 0 && undoFlip === undefined) return true;
  return progress.step("take back", async () => {
    if (undoFlip !== undefined && !(await pointBack(run, undoFlip))) return false;
    const attempt = (back: () => Promise<void>) =>
      back().catch((error: unknown) => progress.note(`could not be taken back: ${messageOf(error)}`));
    for (const back of undo.splice(0).reverse()) await attempt(back);
    return true;
  });
}
