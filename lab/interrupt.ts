import { setTimeout as delay } from "node:timers/promises";

/** Rejects everything that is being waited for at an interrupt. */
export class Interrupted extends Error {
  constructor() {
    super("Interrupted");
    this.name = "Interrupted";
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Turns a signal into an orderly end: whoever works under it stops waiting, and cleans up. */
export class Interrupt {
  private readonly controller = new AbortController();
  private readonly open = new Set<Promise<unknown>>();
  private readonly onSignal = (): void => {
    // Who asks twice does not want to wait for what is left behind.
    if (this.signal.aborted) process.exit(1);
    this.controller.abort(new Interrupted());
  };

  constructor() {
    // Stays after the first signal: a library the Automation API uses ends the process when it is the only listener.
    for (const name of signals) process.on(name, this.onSignal);
  }

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

  /** Gives the signals back to Node. */
  release(): void {
    for (const name of signals) process.removeListener(name, this.onSignal);
  }
}
