// Members of autocannon's Client that lab/load uses; @types/autocannon describes only the program around it.
declare module "autocannon/lib/httpClient" {
  import type { EventEmitter } from "node:events";
  import type { Socket } from "node:net";

  interface ClientOptions {
    /** Sent as the Host header. */
    host: string;
    hostname: string;
    port: number;
    /** Seconds from sending a request until it is given up. */
    timeout: number;
  }

  interface ClientRequest {
    method: string;
    path: string;
    body?: string;
    headers?: Record<string, string>;
  }

  /** Events: `headers` (head), `response` (status, bytes, durationMs), `connError` (error), `timeout`. */
  class Client extends EventEmitter {
    constructor(options: ClientOptions);
    readonly conn: Socket | undefined;
    readonly destroyed: boolean;
    /** http-parser-js; returns an Error, which Client ignores, when the bytes are not HTTP. */
    readonly parser: { execute(chunk: Buffer): number | Error };
    setRequests(requests: ClientRequest[]): void;
    destroy(): void;
    /** Private in autocannon: opens a socket; called again whenever autocannon wants to reconnect. */
    _connect(): void;
    /** Private in autocannon: writes the next request; called after each connect and each response. */
    _doRequest(): void;
  }

  export = Client;
}
