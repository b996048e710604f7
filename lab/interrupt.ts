import { setTimeout as delay } from "node:timers/promises";
import { onEndingSignal } from "../util/process/interruption";

/** Rejects everything that is being waited for at an interrupt. */
export class Interrupted extends Error {
  constructor() {
    super("Interrupted");
    this.name = "Interrupted";
  }
}

/** Turns a signal into an orderly end: whoever works under it stops waiting, and cleans up. */
export class Interrupt {
  private readonly controller = new AbortController();
  private readonly open = new Set<Promise<unknown>>();
  /** Gives the signals back to Node. Not before: a library the Automation API uses would end the process. */
  readonly release = onEndingSignal((_name, count) => {
    // Who asks twice does not want to wait for what is left behind.
    if (count > 1) process.exit(1);
    this.controller.abort(new Interrupted());
  });

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Waits for work that cannot be called off, though not beyond an interrupt. @throws Interrupted */
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

  /** A length of time that is itself measured. @throws Interrupted */
  async pause(ms: number): Promise<void> {
    if (ms > 0) await this.guard(delay(ms, undefined, { signal: this.signal }));
  }

  /** Resolves when no guarded work is under way any more: only then does nothing make new things to remove. */
  async idle(): Promise<void> {
    await Promise.all(this.open);
  }
}
