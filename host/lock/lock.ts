import { isConflict, isNotFound, type Engine } from "../engine/engine";
import { setTimeout as pause } from "node:timers/promises";
import { LockTaken, sameRun, thisProcess, type Owner, type Refused } from "./owner";
import { lookCommand, parseAnswer, takeCommand, type Answer, type LockName } from "./script";

/** A lock that is held until it is released or this process ends. It keeps no process alive. */
export interface Held {
  release(): Promise<void>;
  /** Aborted when the lock is gone without a release: the gateway or the engine was restarted. */
  readonly lost: AbortSignal;
}

/** Told what the operator should know; nothing is said where all is as usual. */
export type Say = (line: string) => void;

/** Milliseconds a killed run's provider is given to take its work back; a worker alone may drain for half a minute. */
const patience = 60_000;

/** Milliseconds between two looks at a lock somebody is about to let go. */
const lookAgain = 200;

/** Where there is no gateway that runs, nothing can be handed over; Pulumi's own lock of the stack is enough. */
const nothingToLock: Held = { release: async () => undefined, lost: new AbortController().signal };

/**
 * Takes the install's lock for this process. It is freed by the release, or by the process's end, however it ends. A
 * killed run that is still taking its work back is waited for.
 * @param gateway Docker name of the install's gateway, which keeps the lock
 * @throws LockTaken at once when somebody else has it
 */
export async function takeLock(engine: Engine, gateway: string, owner: Owner, say: Say): Promise<Held> {
  const taken = await take(engine, gateway, "entrance", owner);
  if (taken === undefined) return nothingToLock;
  if (taken === "unsupported") {
    say(
      `The gateway's image has no flock (util-linux), so nothing keeps two runs apart: make sure that ${owner.work} is the only one.`,
    );
    return nothingToLock;
  }
  try {
    if (taken.other !== "free") await untilWorkshopFree(engine, gateway, "leftover", say);
  } catch (error) {
    await taken.held.release();
    throw error;
  }
  return taken.held;
}

/**
 * Refuses when somebody else works on the install; takes nothing.
 * @throws LockTaken
 */
export async function checkLock(engine: Engine, gateway: string, say: Say): Promise<void> {
  const entrance = await look(engine, gateway, "entrance");
  if (entrance?.is === "taken") throw new LockTaken(entrance.by, "preview");
  if (entrance?.is === "free") await untilWorkshopFree(engine, gateway, "preview", say);
}

/**
 * Takes the workshop for a provider whose run has the entrance.
 * @throws LockTaken when another run has either
 */
export async function takeWorkshop(engine: Engine, gateway: string, owner: Owner): Promise<Held> {
  const taken = await take(engine, gateway, "workshop", owner);
  if (taken === undefined || taken === "unsupported") return nothingToLock;
  const { held, other } = taken;
  // Free when the run lost it, with a gateway that was restarted or made anew: nobody else has come in since.
  if (other === "free" || (other !== undefined && sameRun(other, owner))) return held;
  await held.release();
  throw new LockTaken(other);
}

/**
 * Does some work while it holds the install's lock.
 * @param what the work as a noun, such as `restore`
 * @param work given a signal that is aborted if the lock is lost on the way
 * @throws LockTaken before the work is begun
 */
export async function withLock<T>(
  engine: Engine,
  gateway: string,
  what: string,
  say: Say,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const held = await takeLock(engine, gateway, thisProcess(what), say);
  try {
    return await work(held.lost);
  } finally {
    await held.release();
  }
}

/** Takes one lock. Undefined where no gateway runs. @throws LockTaken */
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
  void conversation.ended.then(() => {
    if (!released) lost.abort();
  });
  const release = (): Promise<void> => {
    released = true;
    return conversation.end();
  };
  return { held: { release, lost: lost.signal }, other: answer.other };
}

/** Looks at one lock. Undefined where no gateway runs. */
async function look(engine: Engine, gateway: string, lock: LockName): Promise<Answer | undefined> {
  try {
    const { output } = await engine.exec(gateway, lookCommand(lock));
    return understood(output, gateway);
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return undefined;
    throw error;
  }
}

async function untilWorkshopFree(engine: Engine, gateway: string, refused: Refused, say: Say): Promise<void> {
  const deadline = Date.now() + patience;
  for (let told = false; ; told = true) {
    const workshop = await look(engine, gateway, "workshop");
    if (workshop?.is !== "taken") return;
    if (Date.now() > deadline) throw new LockTaken(workshop.by, refused);
    if (!told) say(`A run that was ended is still taking its work back (process ${workshop.by?.pid}): waiting for it.`);
    await pause(lookAgain);
  }
}

function understood(line: string, gateway: string): Answer {
  const answer = parseAnswer(line);
  if (answer === undefined)
    throw new Error(`The install's lock in ${gateway} can be neither taken nor looked at: ${line}`);
  return answer;
}
