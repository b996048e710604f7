import Client from "autocannon/lib/httpClient";
import type { LoadRequest, Target } from "./options";

/** End of one request: a whole response of some status, or none and the reason. */
export type Outcome = { status: number; latencyMs: number } | { fault: string };

interface Head {
  shouldKeepAlive: boolean;
}

/**
 * One connection of autocannon's HTTP client that sends on request only, and never connects twice.
 *
 * autocannon's own run cannot be used, because it miscounts exactly the failures we measure. Measured on 8.0.0 with a
 * server that counts: with `reconnectRate: 1` no response is ever counted; a connection closed without a response, or
 * in the middle of one, is no error (and the next response is read as the rest of the cut one, so counted 2xx); a
 * refused port is tried 3,000 times a second at `overallRate: 50`; `sent` is 245 where the server saw 200, and what is
 * in flight at the end is cut off; and a rate is one burst each second, so that an outage shorter than a second may go
 * unseen. All of this lies in the loop that decides when to send and when to reconnect, so the two overrides below
 * replace that loop; building requests, sockets, parsing, timing and timeouts stay autocannon's.
 */
export class Connection extends Client {
  private settle: ((outcome: Outcome) => void) | undefined;
  private fault: string | undefined;
  private headSeen = false;
  private reusable = true;

  /** @param timeoutMs milliseconds from sending a request until it counts as failed */
  constructor(target: Target, timeoutMs: number) {
    super({ ...target, timeout: timeoutMs / 1000 });
    this.on("headers", (head: Head) => {
      this.headSeen = true;
      this.reusable = head.shouldKeepAlive;
    });
    this.on("response", (status: number, _bytes: number, latencyMs: number) => this.finish({ status, latencyMs }));
    this.on("connError", (error: NodeJS.ErrnoException) => {
      this.fault = error.code ?? error.message;
    });
    this.on("timeout", () => {
      this.fault = `no whole response in ${timeoutMs} ms`;
    });
    this.guardParser();
  }

  /** True when another request may be sent: idle, still open, and the server did not announce that it closes. */
  get ready(): boolean {
    return !this.destroyed && this.reusable && this.settle === undefined;
  }

  /**
   * Sends one request; the connection must be `ready`. Never rejects. Latency counts from here, so on a new connection
   * it includes connecting. After a fault the connection is closed for good.
   */
  send(request: LoadRequest): Promise<Outcome> {
    return new Promise((resolve) => {
      this.settle = resolve;
      this.headSeen = false;
      this.setRequests([{ ...request }]);
      super._doRequest();
    });
  }

  /** Does nothing, since only `send` sends. */
  override _doRequest(): void {}

  /** Opens the socket at the first call; autocannon calls again when the connection ended, broke or timed out. */
  override _connect(): void {
    if (this.conn === undefined) return super._connect();
    // Wait a tick, because autocannon reconnects before it reports a timeout.
    process.nextTick(() => this.lose(this.fault ?? "connection closed"));
  }

  private lose(reason: string): void {
    this.destroy();
    this.finish({ fault: `${reason} ${this.headSeen ? "in the middle of the response" : "before a response"}` });
  }

  private finish(outcome: Outcome): void {
    const settle = this.settle;
    this.settle = undefined;
    settle?.(outcome);
  }

  /**
   * Closes the connection on unrequested bytes, which would crash Client, and on bytes that are not HTTP, which would
   * look like a server that stalls.
   */
  private guardParser(): void {
    const execute = this.parser.execute.bind(this.parser);
    this.parser.execute = (chunk) => {
      if (this.settle === undefined) {
        this.destroy();
        return chunk.length;
      }
      let result: number | Error;
      try {
        result = execute(chunk);
      } catch (error) {
        result = error as Error;
      }
      if (result instanceof Error) this.lose("bytes that are not HTTP");
      return result;
    };
  }
}
