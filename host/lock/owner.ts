import { hostname, userInfo } from "node:os";

/** Who works on an install. */
export interface Owner {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** What it does, as a noun: `up of tier2`. */
  readonly work: string;
  /** ISO 8601. */
  readonly since: string;
  /** Address of the Pulumi engine it works under: what the processes of one run have in common. */
  readonly engine?: string;
}

/** This process as an owner. */
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

/** Reads an owner from its JSON; undefined for anything else. Pure. */
export function parseOwner(text: string): Owner | undefined {
  try {
    const { user, host, pid, work, since, engine } = JSON.parse(text) as Owner;
    const sound = [user, host, work, since].every((value) => typeof value === "string") && Number.isInteger(pid);
    return sound ? { user, host, pid, work, since, engine } : undefined;
  } catch {
    return undefined;
  }
}

/** Why somebody is kept out: `work`, `preview`, or `leftover` where a killed run is still taking its work back. */
export type Refused = "work" | "preview" | "leftover";

/**
 * What the one who came second reads: who is at work, since when, and what to do. Pure.
 * @param owner undefined when it has not said who it is
 * @param here this host's name; @param now in milliseconds
 */
export function refusal(owner: Owner | undefined, refused: Refused, here: string, now: number): string {
  const who =
    owner === undefined
      ? "somebody who has not said who it is"
      : `${owner.work}, by ${owner.user}@${owner.host} (process ${owner.pid}), since ${owner.since}${age(owner.since, now)}`;
  const first = {
    work: `This install is being worked on: ${who}. Nothing has been touched.`,
    preview: `This install is being worked on: ${who}. What a preview says now is not what up would do then.`,
    leftover: `A killed run is still taking its work back: ${who}. Nothing has been touched.`,
  }[refused];
  const end =
    owner === undefined ? "end it" : `end it with kill ${owner.pid}${owner.host === here ? "" : ` on ${owner.host}`}`;
  return `${first}\n  Wait until it is over and type this again. If it hangs, ${end}: nothing has to be unlocked after that.`;
}

function age(since: string, now: number): string {
  const seconds = Math.round((now - Date.parse(since)) / 1000);
  // Clocks of two hosts differ; a time to come says nothing.
  if (!(seconds >= 0)) return "";
  return seconds < 120 ? ` (${seconds} s ago)` : ` (${Math.round(seconds / 60)} min ago)`;
}

/** Somebody else works on the install. Its message is for the operator as it is. */
export class LockTaken extends Error {
  constructor(
    readonly owner: Owner | undefined,
    refused: Refused = "work",
  ) {
    super(refusal(owner, refused, hostname(), Date.now()));
    this.name = "LockTaken";
  }
}
