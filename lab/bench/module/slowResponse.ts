import type Docker from "dockerode";
import type { ImageKind } from "../../setup/realImages";
import type { SlowResponse } from "../report/run";
import { holdLock, untilSomebodyWaits } from "./tableLock";

/** A response of about twenty seconds. Times are epoch milliseconds. */
export interface Held {
  /** Time at which the serving api certainly had the request. */
  readonly begunAt: number;
  readonly endedAt: number;
  readonly whole: boolean;
}

/** Seconds the response takes: below the 30 after which Scani's database connection gives up a query. */
const length = 20;

/**
 * Classifies what a flip did to a response, which proves something only if it was under way before and after the flip
 * began. Pure.
 */
export function judgeHeld({ begunAt, endedAt, whole }: Held, flipAt: number | undefined): SlowResponse {
  if (flipAt === undefined || begunAt >= flipAt || endedAt <= flipAt) return "missed";
  return whole ? "whole" : "cut";
}

/** Asks the serving api for a slow response. Rejects only when the request could not be started. */
export function askSlowly(kind: ImageKind, url: string, docker: Docker, postgres: string): Promise<Held> {
  return kind === "real" ? askBehindLock(url, docker.getContainer(postgres)) : askStandIn(url);
}

/** Asks the stand-in, which sends a line each second, and `done` at the end. */
async function askStandIn(url: string): Promise<Held> {
  const response = await fetch(`${url}/api/slow?ms=${length * 1000}&chunks=${length}`);
  const begunAt = Date.now();
  const body = await response.text().catch(() => "");
  return { begunAt, endedAt: Date.now(), whole: response.ok && body.endsWith("done\n") };
}

/** Makes the real api wait for a table that is locked here, since it has no slow call that works without signing in. */
async function askBehindLock(url: string, postgres: Docker.Container): Promise<Held> {
  const lock = await holdLock(postgres, "institution_types", length);
  const answer = fetch(`${url}/api/trpc/institutionTypes.getAll`)
    .then(
      async (response) =>
        response.ok && Array.isArray(((await response.json()) as { result?: { data?: unknown } }).result?.data),
    )
    .catch(() => false)
    .then((whole) => ({ whole, endedAt: Date.now() }));
  await untilSomebodyWaits(postgres, "institution_types");
  const begunAt = Date.now();
  const ended = await answer;
  await lock.released;
  return { begunAt, ...ended };
}
