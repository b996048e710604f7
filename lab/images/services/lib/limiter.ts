import type { IncomingMessage } from "node:http";
import type { RedisCounters } from "./redis";

/**
 * Limits the requests of an address in a fixed window of time. They are counted in Redis, so that both releases of a
 * switch count together, or in this process if Redis does not answer, as in the real api.
 */
export class Limiter {
  private own = { window: 0, counts: new Map<string, number>() };

  constructor(
    private readonly counters: RedisCounters,
    private readonly name: string,
    private readonly max: number,
    private readonly windowSeconds: number,
  ) {}

  /** Counts one request. @returns seconds until the next window if it exceeds the limit, else undefined */
  async take(req: IncomingMessage): Promise<number | undefined> {
    const now = Math.floor(Date.now() / 1000);
    const window = Math.floor(now / this.windowSeconds) * this.windowSeconds;
    const address = addressOf(req);
    const count = await this.counters
      .add(`${this.name}:${address}:${window}`, this.windowSeconds)
      .catch(() => this.countHere(address, window));
    return count <= this.max ? undefined : Math.max(1, window + this.windowSeconds - now);
  }

  private countHere(address: string, window: number): number {
    if (this.own.window !== window) this.own = { window, counts: new Map() };
    const count = (this.own.counts.get(address) ?? 0) + 1;
    this.own.counts.set(address, count);
    return count;
  }
}

/**
 * Returns the address a request counts for, as a proxy in front reports it; of `x-forwarded-for` the last entry, which
 * the nearest proxy wrote.
 */
function addressOf(req: IncomingMessage): string {
  const header = (name: string): string => String(req.headers[name] ?? "");
  const forwarded = header("x-forwarded-for")
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean)
    .at(-1);
  return (
    header("cf-connecting-ip") ||
    header("fly-client-ip") ||
    header("x-real-ip") ||
    forwarded ||
    [header("user-agent") || "ua", header("origin") || "origin", req.method].join("|")
  );
}
