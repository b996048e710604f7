import { isConflict, isNotFound, type Engine } from "../engine/engine";
import { resumeAll } from "../gateway/resume";
import { setTimeout as pause } from "node:timers/promises";
import { Deadline } from "../../util/deadline";
import type { Report } from "../../util/progress/progress";
import { messageOf, OperatorError } from "../../util/operatorError";
import { startStopped } from "../install/stoppedWorkers";
import { leaseSeconds, LockTaken, sameRun, thisProcess, type Owner, type Refused, type Work } from "./owner";
import { lookCommand, parseAnswer, takeCommand, type Answer, type LockName } from "./script";

/** A lock that is held until it is released or this process ends or is suspended. It does not keep the process alive. */
export interface Held {
  release(): Promise<void>;
  /**
   * Aborted, with the error to show, when the lock is lost without a release: the gateway or engine was restarted, or the
   * connection broke.
   */
  readonly lost: AbortSignal;
}

/** Milliseconds between two signs of life sent to a held lock: several may get lost on their way. */
const wordInterval = (leaseSeconds * 1000) / 6;

/** Milliseconds a killed run's provider may take to roll back; a worker alone may drain for half a minute. */
const timeout = 60_000;

/** Milliseconds between two checks of a lock that is about to be released. */
const pollInterval = 200;

/** Stand-in for a lock where no gateway can keep one: Pulumi's own lock of the stack has to do. */
export const nothingToLock: Held = { release: async () => undefined, lost: new AbortController().signal };

/**
 * Takes the install's run lock for this process. It is freed by the release or by the process's end, however it ends.
 * Waits for a killed run that is still rolling back, and lets requests through that a dead run has left waiting.
 * @param gateway Docker name of the install's gateway, which keeps the lock
 * @throws LockTaken at once when another run has it
 */
export async function takeRunLock(engine: Engine, gateway: string, owner: Owner, report: Report): Promise<Held> {
  const taken = await take(engine, gateway, "run", owner);
  if (taken === undefined) return nothingToLock;
  if (taken === "unsupported") {
    report(
      `The gateway's image has no flock (util-linux), so nothing keeps two runs apart: make sure that ${owner.work} is the only one.`,
    );
    return nothingToLock;
  }
  try {
    if (taken.other !== "free") await untilApplyLockFree(engine, gateway, "leftover", report);
    const { routes, restarted } = await resumeAll(engine, gateway);
    if (routes.length > 0)
      report(
        `Requests of ${routes.join(", ")} were held or refused at the gateway, by a run that died or by hand: let through${restarted ? ", by a restart of the gateway" : ""}.`,
      );
    if (restarted) {
      // The gateway's restart has freed the lock.
      await taken.held.release();
      return await takeRunLock(engine, gateway, owner, report);
    }
  } catch (error) {
    await taken.held.release();
    throw error;
  }
  return taken.held;
}

/** Starts again what a change of base has stopped and left stopped, then releases the run lock. */
export async function releaseRunLock(engine: Engine, gateway: string, held: Held, report: Report): Promise<void> {
  try {
    const started = await startStopped(engine, gateway);
    if (started !== undefined) report(`${started}, which a change of base had stopped, is started again.`);
  } catch (error) {
    report(`What a change of base has stopped could not be started: ${messageOf(error)}`);
  } finally {
    await held.release();
  }
}

/**
 * Refuses while another run works on the install, without taking a lock.
 * @throws LockTaken
 */
export async function checkLock(engine: Engine, gateway: string, report: Report): Promise<void> {
  const answer = await look(engine, gateway, "run");
  if (answer?.is === "taken") throw new LockTaken(answer.by, "preview");
  if (answer?.is === "free") await untilApplyLockFree(engine, gateway, "preview", report);
}

/** Reads who holds an install's locks, without taking one; undefined where nobody does or no gateway runs. */
export async function readLocks(engine: Engine, gateway: string): Promise<Work | undefined> {
  const run = await look(engine, gateway, "run");
  if (run?.is === "taken") return { is: "at work", owner: run.by };
  const apply = run?.is === "free" ? await look(engine, gateway, "apply") : undefined;
  return apply?.is === "taken" ? { is: "rolling back", owner: apply.by } : undefined;
}

/**
 * Takes the apply lock for a provider whose run has the run lock.
 * @throws LockTaken when another run has either
 */
export async function takeApplyLock(engine: Engine, gateway: string, owner: Owner): Promise<Held> {
  const taken = await take(engine, gateway, "apply", owner);
  if (taken === undefined || taken === "unsupported") return nothingToLock;
  const { held, other } = taken;
  // If a gateway that was restarted or replaced lost the run lock, no other run has taken it since.
  if (other === "free" || isOwn(other, owner)) return held;
  await held.release();
  throw new LockTaken(other);
}

/**
 * Takes the apply lock again for a run that has lost it, as soon as the gateway runs again: while its work rolls back
 * no other run may begin. If another run has the run lock by then, the lock returned is lost already, so that nothing
 * new begins.
 * @throws LockTaken when another run was faster
 * @throws OperatorError when the gateway does not come back in time
 */
export async function retakeApplyLock(engine: Engine, gateway: string, owner: Owner): Promise<Held> {
  for (const deadline = new Deadline(timeout); !deadline.isOver; await pause(pollInterval)) {
    // While the engine itself restarts, every call fails.
    const taken = await take(engine, gateway, "apply", owner).catch((error: unknown) => {
      if (error instanceof LockTaken) throw error;
      return undefined;
    });
    if (taken === "unsupported") return nothingToLock;
    if (taken === undefined) continue;
    const { held, other } = taken;
    if (other === "free" || isOwn(other, owner)) return held;
    return { ...held, lost: AbortSignal.abort(new LockTaken(other)) };
  }
  throw lockLost(gateway, owner);
}

/** True where a lock's owner is this run, in any of its processes. */
function isOwn(other: Owner | undefined, owner: Owner): boolean {
  return other !== undefined && sameRun(other, owner);
}

/**
 * Does some work while it holds the install's run lock.
 * @param what the work as a noun, such as `restore`
 * @param work receives a signal that is aborted when the lock is lost or the operator interrupts
 * @param interrupt aborted when the operator interrupts
 * @throws LockTaken before the work begins
 */
export async function withLock<T>(
  engine: Engine,
  gateway: string,
  what: string,
  report: Report,
  work: (signal: AbortSignal) => Promise<T>,
  interrupt?: AbortSignal,
): Promise<T> {
  const held = await takeRunLock(engine, gateway, thisProcess(what), report);
  try {
    return await work(interrupt === undefined ? held.lost : AbortSignal.any([interrupt, held.lost]));
  } finally {
    await releaseRunLock(engine, gateway, held, report);
  }
}

/** Takes one lock; returns undefined where no gateway runs. @throws LockTaken */
async function take(
  engine: Engine,
  gateway: string,
  lock: LockName,
  owner: Owner,
): Promise<{ held: Held; other: Owner | undefined | "free" } | "unsupported" | undefined> {
  const conversation = await engine.hold(gateway, takeCommand(lock, owner));
  if (conversation === undefined) return undefined;
  const answer = understood(conversation.line, gateway);
  if (answer.is === "unsupported") return "unsupported";
  if (answer.is !== "held") throw new LockTaken(answer.is === "taken" ? answer.by : undefined);
  const lost = new AbortController();
  let released = false;
  const words = setInterval(() => conversation.write("."), wordInterval).unref();
  void conversation.ended.then(() => {
    clearInterval(words);
    if (!released) lost.abort(lockLost(gateway, owner));
  });
  const release = (): Promise<void> => {
    released = true;
    return conversation.end();
  };
  return { held: { release, lost: lost.signal }, other: answer.other };
}

/** Returns the error of work that lost its lock. */
function lockLost(gateway: string, { work }: Owner): OperatorError {
  return new OperatorError({
    what: `The ${work} lost its lock: ${gateway} or the Docker engine was restarted, or the connection to it broke.`,
    why: "It has stopped, because another run could have begun since. Check that none is at work, and type the same again.",
  });
}

/** Reads the state of one lock without taking it; undefined where no gateway runs. */
async function look(engine: Engine, gateway: string, lock: LockName): Promise<Answer | undefined> {
  try {
    const { output } = await engine.exec(gateway, lookCommand(lock));
    return understood(output, gateway);
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return undefined;
    throw error;
  }
}

async function untilApplyLockFree(engine: Engine, gateway: string, refused: Refused, report: Report): Promise<void> {
  const deadline = new Deadline(timeout);
  for (let reported = false; ; reported = true) {
    const answer = await look(engine, gateway, "apply");
    if (answer?.is !== "taken") return;
    if (deadline.isOver) throw new LockTaken(answer.by, refused);
    if (!reported)
      report(
        `Changes of a run that has no lock are under way (process ${answer.by?.pid}), as a killed one rolls back: waiting for it.`,
      );
    await pause(pollInterval);
  }
}

function understood(line: string, gateway: string): Answer {
  const answer = parseAnswer(line);
  if (answer === undefined)
    throw new OperatorError({ what: `The install's lock in ${gateway} can be neither taken nor read: ${line}` });
  return answer;
}
