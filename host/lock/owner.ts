import { hostname, userInfo } from "node:os";
import { backupCommand, downCommand, upCommand } from "../../util/commands";
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
  const who = describeOwner(owner, now);
  const what = {
    work: `This install is being worked on: ${who}. Nothing has been touched.`,
    preview: `This install is being worked on: ${who}. What a preview says now is not what up would do afterwards.`,
    leftover: `Changes of a run that has no lock are under way, as a killed one rolls back: ${who}. Nothing has been touched.`,
  }[refused];
  const there = placeOf(owner, here);
  const wait = `Wait until it is over and type this again. If it hangs, ${howToEnd(owner, here)}`;
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

/** Names an owner: its work, who does it, and since when. Pure. @param now in milliseconds */
function describeOwner(owner: Owner | undefined, now: number): string {
  return owner === undefined
    ? "a run whose owner is unknown"
    : `${owner.work}, by ${owner.user}@${owner.host} (process ${owner.pid}), since ${owner.since}${age(owner.since, now)}`;
}

/** Returns where an owner is, to follow a command to type: empty for this host. */
function placeOf(owner: Owner | undefined, here: string): string {
  return owner === undefined || owner.host === here ? "" : ` on ${owner.host}`;
}

function howToEnd(owner: Owner | undefined, here: string): string {
  return owner === undefined ? "end it" : `end it with kill ${owner.pid}${placeOf(owner, here)}`;
}

/** Work on an install, as its locks and the presence file of its commands tell. */
export type Work =
  /** `owner` is undefined when its description cannot be read. `gone` is true where its process is known to be. */
  | { readonly is: "at work"; readonly owner?: Owner; readonly gone?: true }
  /** A command that was killed, whose provider is still at work. */
  | { readonly is: "rolling back"; readonly owner?: Owner }
  /** A command that was killed and has left its presence file. */
  | { readonly is: "killed"; readonly owner: Owner }
  | { readonly is: "unknown"; readonly why: string };

/**
 * Describes work on an install for who looks at it: which, by whom, since when, and what to type.
 * @param here this host's name
 * @param now in milliseconds
 */
export function workProblem(work: Work, here: string = hostname(), now: number = Date.now()): Problem {
  if (work.is === "unknown") return { what: `Whether a command is at work cannot be told: ${work.why}` };
  const { owner } = work;
  const who = describeOwner(owner, now);
  const type = owner && sameCommand(owner.work);
  const again = `${type === undefined ? "Type the same again: it" : "The same command"} goes on from what is true${type === undefined ? "." : ":"}`;
  switch (work.is) {
    case "rolling back":
      return {
        what: `A command that was killed is still rolling back: ${who}.`,
        why: "The next command waits for it.",
      };
    case "killed":
      return { what: `Killed before it was done: ${who}.`, why: again, type };
    case "at work":
      return work.gone === true
        ? {
            what: `Its process is gone, and its lock is not free yet: ${who}.`,
            why: `The lock frees itself within ${leaseSeconds / 60} minutes. ${again}`,
            type,
          }
        : {
            what: `At work now: ${who}. What is said here changes meanwhile.`,
            why: `If it hangs, ${howToEnd(owner, here)}: nothing has to be unlocked after that.`,
          };
  }
}

/** Returns the command that does the same work again; undefined where it took words that are not known here. */
function sameCommand(work: string): string | undefined {
  const [, verb, stack] = /^(up|down) of (\S+)$/.exec(work) ?? [];
  if (stack !== undefined) return verb === "up" ? upCommand(stack) : downCommand(stack);
  return work === "backup" ? backupCommand() : undefined;
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
