import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** Answers one request; `n` counts from 1. */
export type Answer = (request: IncomingMessage, response: ServerResponse, n: number) => void;

/** A real server on 127.0.0.1 that counts its requests. */
export class CountingServer {
  seen = 0;
  byMethod = { GET: 0, POST: 0 };
  /** Complete POST bodies. */
  bodies: string[] = [];
  /** Epoch milliseconds at which requests arrived. */
  arrivals: number[] = [];
  /** Epoch milliseconds at which 2xx responses were passed to the system. */
  succeeded: number[] = [];
  /** Number of requests on each connection. */
  perSocket = new Map<Socket, number>();
  port = 0;
  answer: Answer;
  private server: Server | undefined;

  constructor(answer: Answer = ok) {
    this.answer = answer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens, on the same port as before if there was one. */
  async listen(): Promise<this> {
    this.server = createServer((request, response) => {
      const n = ++this.seen;
      this.arrivals.push(Date.now());
      this.byMethod[request.method as "GET" | "POST"]++;
      this.perSocket.set(request.socket, (this.perSocket.get(request.socket) ?? 0) + 1);
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => body && this.bodies.push(body));
      response.on("finish", () => response.statusCode < 300 && this.succeeded.push(Date.now()));
      this.answer(request, response, n);
    });
    this.server.on("connection", (socket) => this.perSocket.set(socket, 0));
    await new Promise<void>((resolve) => this.server?.listen(this.port, "127.0.0.1", resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Returns the longest time between two successes, in milliseconds, as the server measured it. */
  longestGap(): number {
    return Math.max(...this.succeeded.slice(1).map((at, i) => at - this.succeeded[i]));
  }

  /** Stops listening and cuts every connection; the port refuses from now on. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve));
    this.server?.closeAllConnections();
    await closed;
  }
}

/** Answers 200 with a short body. */
export const ok: Answer = (_request, response) => void response.end('{"ok":true}');

/** A GET and a POST. */
export const GET_AND_POST = [
  { method: "GET" as const, path: "/readyz?x=1" },
  { method: "POST" as const, path: "/jobs", body: '{"a":1}', headers: { "content-type": "application/json" } },
];

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
