import { setTimeout as delay } from "node:timers/promises";
import { onEndingSignal } from "../util/process/interruption";

/** Error with which everything that is awaited rejects at an interrupt. */
export class Interrupted extends Error {
  constructor() {
    super("Interrupted");
    this.name = "Interrupted";
  }
}

/** Turns a signal into an orderly end: work guarded by it stops waiting, and can clean up. */
export class Interrupt {
  private readonly controller = new AbortController();
  private readonly open = new Set<Promise<unknown>>();
  /** Gives the signals back to Node. Not earlier: a library the Automation API uses would end the process. */
  readonly release = onEndingSignal((_name, count) => {
    // A second signal means: do not wait for the clean-up.
    if (count > 1) process.exit(1);
    this.controller.abort(new Interrupted());
  });

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Waits for work that cannot be cancelled, though not beyond an interrupt. @throws Interrupted */
  async guard<T>(work: Promise<T>): Promise<T> {
    const tracked = work.catch(() => undefined).finally(() => this.open.delete(tracked));
    this.open.add(tracked);
    let giveUp = (): void => undefined;
    const interrupted = new Promise<never>((_, reject) => {
      giveUp = () => reject(this.signal.reason as Error);
      this.signal.addEventListener("abort", giveUp, { once: true });
    });
    try {
      this.signal.throwIfAborted();
      return await Promise.race([work, interrupted]);
    } finally {
      this.signal.removeEventListener("abort", giveUp);
    }
  }

  /** Waits for some milliseconds. @throws Interrupted */
  async pause(ms: number): Promise<void> {
    if (ms > 0) await this.guard(delay(ms, undefined, { signal: this.signal }));
  }

  /** Resolves when no guarded work is under way any more: until then it may still create things to remove. */
  async idle(): Promise<void> {
    await Promise.all(this.open);
  }
}
