import { hostname, userInfo } from "node:os";
import { OperatorError, type Problem } from "../../util/operatorError";

/**
 * Seconds after which a lock is free whose owner has sent no sign of life. Longer than an owner takes to learn that its
 * own connection is broken (`ServerAliveInterval`), so that it stops before another begins.
 */
export const leaseSeconds = 120;

/** Process that works on an install, and may hold a lock. */
export interface Owner {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** Its work as a noun: `up of tier2`. */
  readonly work: string;
  /** ISO 8601. */
  readonly since: string;
  /** Address of its Pulumi engine, which all processes of one run share. */
  readonly engine?: string;
}

/** Describes this process as an owner. */
export function thisProcess(work: string, engine?: string): Owner {
  return {
    user: userInfo().username,
    host: hostname(),
    pid: process.pid,
    work,
    since: new Date().toISOString(),
    engine,
  };
}

/** True when both are processes of one run: a program and the provider its engine started. Pure. */
export function sameRun(one: Owner, other: Owner): boolean {
  return one.engine !== undefined && one.engine === other.engine && one.host === other.host;
}

/** Parses an owner's JSON; undefined for anything else. Pure. */
export function parseOwner(text: string): Owner | undefined {
  try {
    const { user, host, pid, work, since, engine } = JSON.parse(text) as Owner;
    const valid = [user, host, work, since].every((value) => typeof value === "string") && Number.isInteger(pid);
    return valid ? { user, host, pid, work, since, engine } : undefined;
  } catch {
    return undefined;
  }
}

/** Request that a lock refused: `work`, a `preview`, or work while a killed run is still rolling back (`leftover`). */
export type Refused = "work" | "preview" | "leftover";

/**
 * Returns the problem of a taken lock: who has it, since when, and what to do. Pure.
 * @param owner undefined when its description cannot be read
 * @param here this host's name
 * @param now in milliseconds
 * @param clear command that clears a lock which outlives its process; without one it frees itself
 */
export function refusal(
  owner: Owner | undefined,
  refused: Refused,
  here: string,
  now: number,
  clear?: string,
): Problem {
  const who =
    owner === undefined
      ? "a run whose owner is unknown"
      : `${owner.work}, by ${owner.user}@${owner.host} (process ${owner.pid}), since ${owner.since}${age(owner.since, now)}`;
  const what = {
    work: `This install is being worked on: ${who}. Nothing has been touched.`,
    preview: `This install is being worked on: ${who}. What a preview says now is not what up would do afterwards.`,
    leftover: `Changes of a run that has no lock are under way, as a killed one rolls back: ${who}. Nothing has been touched.`,
  }[refused];
  const there = owner === undefined || owner.host === here ? "" : ` on ${owner.host}`;
  const end = owner === undefined ? "end it" : `end it with kill ${owner.pid}${there}`;
  const wait = `Wait until it is over and type this again. If it hangs, ${end}`;
  if (clear !== undefined)
    return {
      what,
      why: `${wait}. Whether it still runs cannot be told from here, and its lock outlives it: only once it is gone, type what follows, and this again.`,
      type: clear,
    };
  if (there === "") return { what, why: `${wait}: nothing has to be unlocked after that.` };
  const lease = `Where ${owner?.host} or its connection is gone, the lock frees itself within ${leaseSeconds / 60} minutes.`;
  return { what, why: `${wait}: nothing has to be unlocked after that. ${lease}` };
}

function age(since: string, now: number): string {
  const seconds = Math.round((now - Date.parse(since)) / 1000);
  // Clocks of two hosts differ: an age below zero means nothing.
  if (!(seconds >= 0)) return "";
  return seconds < 120 ? ` (${seconds} s ago)` : ` (${Math.round(seconds / 60)} min ago)`;
}

/** Error for an install that another run works on. */
export class LockTaken extends OperatorError {
  /** @param clear command that clears a lock which outlives its process */
  constructor(
    readonly owner: Owner | undefined,
    refused: Refused = "work",
    clear?: string,
  ) {
    super(refusal(owner, refused, hostname(), Date.now(), clear));
    this.name = "LockTaken";
  }
}
