import type { Totals } from "./tally";

/** Results of a load. Times are epoch milliseconds, durations milliseconds. */
export interface LoadReport extends Omit<Totals, "completedAt" | "latencyMs"> {
  /** Requests sent, each of which has ended: `sent - failed` had a whole response of an expected status. */
  sent: number;
  failed: number;
  /** The first 1,000 failures. */
  failures: Totals["failures"];
  /**
   * Longest time without a successful response completing, counted from the first request to the end of the last one.
   * A gap that begins only after the load was stopped does not count.
   */
  longestGapMs: number;
  /** Longest time a successful request took, 0 without any. */
  longestMs: number;
  /** Time the first request was sent. */
  startedAt: number;
  /** Time the last request had ended: after a stop, requests in flight are awaited. */
  endedAt: number;
  /** Marks by name, as set through the handle. */
  marks: Record<string, number>;
  /**
   * Returns the 99th percentile (nearest rank) of the latency of successful requests completed from `fromMs` until
   * before `toMs`; NaN without any.
   */
  p99(fromMs: number, toMs: number): number;
}

/** Makes the report from the worker thread's counts. */
export function toReport(totals: Totals, marks: Record<string, number>): LoadReport {
  const { completedAt, latencyMs, ...counted } = totals;
  return {
    ...counted,
    longestMs: latencyMs.reduce((longest, one) => Math.max(longest, one), 0),
    marks,
    p99(fromMs, toMs) {
      const sorted = latencyMs.filter((_, i) => completedAt[i] >= fromMs && completedAt[i] < toMs).sort();
      return sorted.length === 0 ? NaN : sorted[Math.ceil(sorted.length * 0.99) - 1];
    },
  };
}
