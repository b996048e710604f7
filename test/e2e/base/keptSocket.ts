import { WebSocket } from "ws";
import type { Scene } from "../scene";

/** A websocket as the page keeps one: reopened as soon as it is cut. */
export class KeptSocket {
  /** Number of times it was opened, and of attempts that were refused. */
  opened = 0;
  refused = 0;
  /** Milliseconds the longest attempt to open it took. */
  longestMs = 0;
  private socket: WebSocket | undefined;
  private closed = false;

  constructor(
    private readonly scene: Scene,
    private readonly cookie: string,
  ) {
    this.open();
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.closed = true;
    this.socket?.close();
  }

  private open(): void {
    const began = Date.now();
    let open = false;
    const socket = new WebSocket(`${this.scene.place.url.replace("http", "ws")}/api/`, {
      headers: { cookie: this.cookie },
    });
    this.socket = socket;
    socket.once("open", () => {
      open = true;
      this.opened += 1;
      this.longestMs = Math.max(this.longestMs, Date.now() - began);
    });
    // `close` follows.
    socket.once("error", () => undefined);
    socket.once("close", () => {
      if (!open) this.refused += 1;
      if (!this.closed) setTimeout(() => this.open(), 100);
    });
  }
}
