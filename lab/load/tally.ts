import type { Outcome } from "./connection";
import type { LoadRequest } from "./options";

/** A connection used again and again, or one opened for a single request. */
export type ConnectionKind = "keep-alive" | "fresh";

/** One request that failed. */
export interface LoadFailure {
  /** Time it failed, epoch milliseconds. */
  atMs: number;
  method: "GET" | "POST";
  path: string;
  connection: ConnectionKind;
  /** Reason, as `status 502`, `ECONNREFUSED before a response`, `connection closed in the middle of the response`. */
  why: string;
}

/** Requests sent, and how many of those failed. */
export interface Count {
  sent: number;
  failed: number;
}

/** Counts of a load, as plain data. Times are epoch milliseconds. */
export interface Totals extends Count {
  failures: LoadFailure[];
  byKind: Record<ConnectionKind, Record<"GET" | "POST", Count>>;
  longestGapMs: number;
  startedAt: number;
  endedAt: number;
  /** Furthest the load itself was behind its schedule; this machine may have caused a shorter gap or latency. */
  lagMs: number;
  /** Times each successful response completed, ascending, and how long each had taken. */
  completedAt: Float64Array;
  latencyMs: Float64Array;
}

const KEPT_FAILURES = 1_000;

/** Counts requests as they end. A request is counted once, when it ends; so none may be in flight at `totals`. */
export class Tally {
  private readonly failures: LoadFailure[] = [];
  private readonly completedAt: number[] = [];
  private readonly latencyMs: number[] = [];
  private readonly byKind: Totals["byKind"] = {
    "keep-alive": { GET: { sent: 0, failed: 0 }, POST: { sent: 0, failed: 0 } },
    fresh: { GET: { sent: 0, failed: 0 }, POST: { sent: 0, failed: 0 } },
  };
  private longestGapMs = 0;
  private lastSuccess: number;
  private stoppedAt = Infinity;

  /** @param startedAt epoch milliseconds at which the first request was sent */
  constructor(private readonly startedAt: number) {
    this.lastSuccess = startedAt;
  }

  /** Counts a request that ended `at` epoch milliseconds. */
  record(connection: ConnectionKind, request: LoadRequest, outcome: Outcome, at: number): void {
    const { method, path } = request;
    const count = this.byKind[connection][method];
    count.sent++;
    const why = whyFailed(request, outcome);
    if (why === undefined && "status" in outcome) {
      this.closeGap(at);
      this.completedAt.push(at);
      this.latencyMs.push(outcome.latencyMs);
    } else {
      count.failed++;
      if (this.failures.length < KEPT_FAILURES)
        this.failures.push({ atMs: at, method, path, connection, why: why ?? "" });
    }
  }

  /** Records that no request was sent after this time: a gap that begins later says nothing about the server. */
  stopped(at: number): void {
    this.stoppedAt = Math.min(this.stoppedAt, at);
  }

  /** Returns the counts, once the last request in flight has ended, at `endedAt`. */
  totals(endedAt: number, lagMs: number): Totals {
    this.closeGap(endedAt);
    const counts = Object.values(this.byKind).flatMap((kind) => Object.values(kind));
    return {
      sent: counts.reduce((sum, count) => sum + count.sent, 0),
      failed: counts.reduce((sum, count) => sum + count.failed, 0),
      failures: this.failures,
      byKind: this.byKind,
      longestGapMs: this.longestGapMs,
      startedAt: this.startedAt,
      endedAt,
      lagMs,
      completedAt: Float64Array.from(this.completedAt),
      latencyMs: Float64Array.from(this.latencyMs),
    };
  }

  private closeGap(at: number): void {
    if (this.lastSuccess < this.stoppedAt) this.longestGapMs = Math.max(this.longestGapMs, at - this.lastSuccess);
    this.lastSuccess = at;
  }
}

function whyFailed(request: LoadRequest, outcome: Outcome): string | undefined {
  if ("fault" in outcome) return outcome.fault;
  const { status } = outcome;
  const expected = request.expectStatus?.includes(status) ?? (status >= 200 && status <= 299);
  return expected ? undefined : `status ${status}`;
}
