import type { Run } from "./run";

/** Renders the runs as one line for a program; times to the tenth of a millisecond. Pure. */
export function jsonLine(runs: readonly Run[]): string {
  return JSON.stringify({ runs }, (_key, value: unknown) =>
    typeof value === "number" ? Math.round(value * 10) / 10 : value,
  );
}
