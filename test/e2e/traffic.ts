import { setTimeout as pause } from "node:timers/promises";
import { clientHeader, clients } from "../../lab/clients";
import { startLoad, type LoadHandle } from "../../lab/load";
import type { Scene } from "./scene";

/** Requests a second at which the product promises to lose none. */
export const promisedRate = 100;

/**
 * Default requests a second of a test. Noticing a fault takes fewer than the promise, and every fresh connection costs
 * the engine more than its request: whenever a container ends, it goes through all connections the kernel remembers,
 * two minutes of them.
 */
const usualRate = process.env.SCANI_TEST_THOROUGH === undefined ? 25 : promisedRate;

/** Starts load through the gateway: kept and fresh connections, GET and POST. */
export function underLoad(scene: Scene, seconds = 240, rate = usualRate): Promise<LoadHandle> {
  const json = { "content-type": "application/json" };
  return startLoad({
    url: scene.place.url,
    rate,
    seconds,
    requests: Array.from({ length: clients }, (_unused, client) => [
      { method: "GET" as const, path: "/api/whoami", headers: clientHeader(client) },
      {
        method: "POST" as const,
        path: "/api/rows",
        body: JSON.stringify({ text: "written under load" }),
        headers: { ...json, ...clientHeader(client) },
      },
      { method: "GET" as const, path: "/healthz" },
      {
        method: "POST" as const,
        path: "/api/echo",
        body: JSON.stringify({ echo: true }),
        headers: { ...json, ...clientHeader(client) },
      },
    ]).flat(),
  });
}

/**
 * Waits until a condition is true. @returns milliseconds it took. Rejects when it took longer, even if the last check
 * succeeded.
 */
export async function until(wanted: () => Promise<boolean>, withinMs: number): Promise<number> {
  const began = Date.now();
  for (;;) {
    const so = await wanted().catch(() => false);
    const tookMs = Date.now() - began;
    if (tookMs > withinMs) throw new Error(`not so within ${withinMs} ms${so ? `, but after ${tookMs}` : ""}`);
    if (so) return tookMs;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Repeated work. */
export interface Repeated {
  /** Ends the work. @returns how often it was done. Rejects with the error that ended it earlier. */
  stop(): Promise<number>;
}

/** Repeats work, at most once in each interval, until it is stopped or fails. */
export function repeatedly(everyMs: number, work: (round: number) => Promise<void>): Repeated {
  const stopping = new AbortController();
  let round = 0;
  const done = (async () => {
    for (; !stopping.signal.aborted; round += 1) {
      const due = Date.now() + everyMs;
      await work(round);
      await pause(Math.max(due - Date.now(), 0), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  done.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await done;
      return round;
    },
  };
}
