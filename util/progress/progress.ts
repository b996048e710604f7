/** Milliseconds each step took, by its id. */
export type Timings = Record<string, number>;

/** Reports a line to the operator. */
export type Report = (line: string) => void;

/** Reports on standard error, apart from a command's own output, which may be meant for another program. */
export const reportToStderr: Report = (line) => {
  process.stderr.write(`${line}\n`);
};

/** Shows each step as it begins and ends, and what it waits for in between. */
export class Progress {
  readonly timings: Timings = {};
  private readonly reasons = new Map<string, string>();

  constructor(
    private readonly report: Report,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Runs one step under a title and reports how long it took, or that it failed.
   * @param id key of its time in `timings`
   */
  async step<T>(title: string, work: () => Promise<T>, id: string = title): Promise<T> {
    const began = this.now();
    this.report(`▸ ${title}`);
    const ended = (mark: "✓" | "✗"): void => {
      const tookMs = Math.round(this.now() - began);
      this.timings[id] = (this.timings[id] ?? 0) + tookMs;
      this.report(`${mark} ${title} (${seconds(tookMs)})`);
    };
    try {
      const result = await work();
      ended("✓");
      return result;
    } catch (error) {
      ended("✗");
      throw error;
    }
  }

  /** Reports a fact on a line of its own. */
  note(line: string): void {
    this.report(`  ${line}`);
  }

  /** Reports what a step waits for, by subject; again only when the reason changes. */
  waiting(subject: string, reason: string): void {
    if (this.reasons.get(subject) === reason) return;
    this.reasons.set(subject, reason);
    this.report(`  … ${subject}: ${reason}`);
  }
}

/** Renders a duration as `0.14 s`, `2.9 s` or `31 s`, with as many digits as mean something. */
export function seconds(milliseconds: number): string {
  const value = milliseconds / 1000;
  return `${value < 1 ? value.toFixed(2) : value < 10 ? value.toFixed(1) : value.toFixed(0)} s`;
}
