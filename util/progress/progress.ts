/** How long a step took, by its name, in milliseconds. */
export type Timings = Record<string, number>;

/** Where progress lines go. */
export type Print = (line: string) => void;

/** Shows each step as it begins and ends, and what it waits for in between. */
export class Progress {
  readonly timings: Timings = {};
  private readonly reasons = new Map<string, string>();

  constructor(
    private readonly print: Print,
    private readonly now: () => number = Date.now,
  ) {}

  /** Runs one step under a name and prints how long it took, or that it failed. */
  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = this.now();
    this.print(`▸ ${name}`);
    try {
      const result = await work();
      this.record(name, began);
      this.print(`✓ ${name} (${seconds(this.now() - began)})`);
      return result;
    } catch (error) {
      this.record(name, began);
      this.print(`✗ ${name} (${seconds(this.now() - began)})`);
      throw error;
    }
  }

  /** A fact worth a line of its own. */
  note(line: string): void {
    this.print(`  ${line}`);
  }

  /** What a step waits for, by whom it waits for; said again only when the reason changes. */
  waiting(subject: string, reason: string): void {
    if (this.reasons.get(subject) === reason) return;
    this.reasons.set(subject, reason);
    this.print(`  … ${subject}: ${reason}`);
  }

  private record(name: string, began: number): void {
    this.timings[name] = (this.timings[name] ?? 0) + this.now() - began;
  }
}

/** `0.14 s`, `2.9 s`, `31 s`: as many digits as mean something. */
export function seconds(milliseconds: number): string {
  const value = milliseconds / 1000;
  return `${value < 1 ? value.toFixed(2) : value < 10 ? value.toFixed(1) : value.toFixed(0)} s`;
}
