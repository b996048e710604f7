import { Connection } from "./connection";
import type { CheckedOptions, LoadRequest } from "./options";
import { type ConnectionKind, Tally, type Totals } from "./tally";

/** Number of kept connections: as many as a browser or a small proxy holds, yet each used at least once a second. */
const KEPT_CONNECTIONS = 10;
/**
 * Milliseconds behind schedule (as on a suspended machine) beyond which requests are skipped instead of sent all at
 * once.
 */
const CATCH_UP_MS = 1000;

/** A load under way. */
export interface Generator {
  /** Sends no more requests; those in flight go on. */
  stop(): void;
  /** Resolves when the last request has ended. */
  totals: Promise<Totals>;
}

/**
 * Sends requests at even intervals, on kept and fresh connections by turns. A request that waits or fails delays no
 * other, so at most rate × timeout are in flight.
 * @param onReady called once, when both kinds of connection have had a response of any status
 */
export function generate(options: CheckedOptions, onReady: () => void): Generator {
  const { rate, requests, seconds, target, timeoutMs } = options;
  const interval = 1000 / rate;
  const began = performance.now();
  // Use a monotonic clock, so that a clock set back during the run makes no gap, anchored once to the time of other
  // logs.
  const epoch = Date.now() - began;
  const now = (): number => epoch + performance.now();
  const startedAt = now();
  const tally = new Tally(startedAt);
  const pool = new Pool(Math.min(KEPT_CONNECTIONS, Math.floor(rate / 2)), () => new Connection(target, timeoutMs));
  const waitingFor = new Set<ConnectionKind>(["keep-alive", "fresh"]);
  let nextAt = startedAt;
  let issued = 0;
  let inFlight = 0;
  let lagMs = 0;
  let running = true;
  let timer: NodeJS.Timeout | undefined;
  let finish: (totals: Totals) => void;
  const totals = new Promise<Totals>((resolve) => (finish = resolve));

  async function issue(): Promise<void> {
    const kind = issued % 2 === 0 ? "keep-alive" : "fresh";
    const request = numbered(requests[Math.floor(issued / 2) % requests.length], issued);
    issued++;
    inFlight++;
    const connection = kind === "fresh" ? new Connection(target, timeoutMs) : pool.take();
    const outcome = await connection.send(request);
    tally.record(kind, request, outcome, now());
    if (kind === "fresh") connection.destroy();
    else pool.giveBack(connection);
    if ("status" in outcome && waitingFor.delete(kind) && waitingFor.size === 0) onReady();
    inFlight--;
    endIfIdle();
  }

  function endIfIdle(): void {
    if (running || inFlight > 0) return;
    pool.close();
    finish(tally.totals(now(), lagMs));
  }

  function stop(): void {
    if (!running) return;
    running = false;
    clearTimeout(timer);
    tally.stopped(now());
    endIfIdle();
  }

  function tick(): void {
    const late = now() - nextAt;
    lagMs = Math.max(lagMs, late);
    if (late > CATCH_UP_MS) nextAt = now();
    const until = Math.min(now(), startedAt + seconds * 1000);
    for (; nextAt <= until; nextAt += interval) void issue();
    if (nextAt >= startedAt + seconds * 1000) return stop();
    timer = setTimeout(tick, nextAt - now());
  }

  tick();
  return { stop, totals };
}

/** Puts the request's number into its body. */
function numbered(request: LoadRequest, number: number): LoadRequest {
  return request.body?.includes("{{n}}")
    ? { ...request, body: request.body.replaceAll("{{n}}", String(number)) }
    : request;
}

/**
 * Kept connections, used in turn so that none lies idle; while all are busy more are opened, and closed after one use.
 */
class Pool {
  private idle: Connection[] = [];
  private busy = 0;

  constructor(
    private readonly size: number,
    private readonly open: () => Connection,
  ) {}

  take(): Connection {
    this.idle = this.idle.filter((connection) => connection.ready);
    const full = this.idle.length + this.busy >= this.size;
    this.busy++;
    return (full ? this.idle.shift() : undefined) ?? this.open();
  }

  giveBack(connection: Connection): void {
    this.busy--;
    if (connection.ready && this.idle.length + this.busy < this.size) this.idle.push(connection);
    else connection.destroy();
  }

  close(): void {
    for (const connection of this.idle) connection.destroy();
  }
}
