import type { Entry } from "../../../host/install/journal";

/**
 * Returns when the gateway began to flip, in epoch milliseconds: after every step before it. Undefined without a flip.
 * Pure.
 */
export function flipBegan({ at, timings }: Pick<Entry, "at" | "timings">): number | undefined {
  const steps = Object.entries(timings);
  const flip = steps.findIndex(([name]) => name === "flip");
  return flip < 0 ? undefined : steps.slice(0, flip).reduce((sum, [, ms]) => sum + ms, Date.parse(at));
}
