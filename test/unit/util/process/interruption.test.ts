import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A process that works until it is ended, and prints what interruption reports. */
class Worker {
  readonly child: ChildProcess;
  private printed = "";
  private readonly wakes = new Set<() => void>();

  constructor() {
    const module = join(__dirname, "..", "..", "..", "..", "util", "process", "interruption.js");
    const script = `const signal = require(${JSON.stringify(module)}).interruption((line) => process.stdout.write(line + "\\n"));
      signal.addEventListener("abort", () => process.stdout.write("interrupted\\n"));
      setInterval(() => {}, 1000);
      process.stdout.write("works\\n");`;
    this.child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    this.child.stdout?.on("data", (piece: Buffer) => {
      this.printed += piece.toString();
      this.wakes.forEach((wake) => wake());
    });
  }

  async prints(text: string): Promise<void> {
    while (!this.printed.includes(text))
      await new Promise<void>((resolve) => {
        this.wakes.add(resolve);
      });
  }

  get lines(): string[] {
    return this.printed.trimEnd().split("\n");
  }
}

/** Waits longer than the time in which signals count as one. */
const later = () => new Promise((resolve) => setTimeout(resolve, 600));
const cleaning = "Still cleaning up what was begun. A third Ctrl-C ends this at once and leaves it behind.";

test.concurrent.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s: the first interrupts, the second says so, the third ends", async (name, code) => {
  const worker = new Worker();
  try {
    await worker.prints("works");
    worker.child.kill(name);
    await worker.prints("interrupted");
    await later();
    worker.child.kill(name);
    await worker.prints("third");
    expect(worker.lines).toEqual(["works", "interrupted", cleaning]);
    await later();
    const exited = once(worker.child, "exit");
    worker.child.kill(name);
    expect(await exited).toEqual([code, null]);
  } finally {
    worker.child.kill("SIGKILL");
  }
});

test.concurrent("a Ctrl-C that npm passes on as well is one", async () => {
  const worker = new Worker();
  try {
    await worker.prints("works");
    worker.child.kill("SIGINT");
    await worker.prints("interrupted");
    worker.child.kill("SIGINT");
    worker.child.kill("SIGINT");
    await later();
    expect([worker.lines, worker.child.exitCode, worker.child.signalCode]).toEqual([
      ["works", "interrupted"],
      null,
      null,
    ]);
  } finally {
    worker.child.kill("SIGKILL");
  }
});

test.concurrent("what is printed to a terminal that is gone does not end the work", async () => {
  const worker = new Worker();
  try {
    await worker.prints("works");
    worker.child.stdout?.destroy();
    worker.child.kill("SIGHUP");
    await later();
    // This signal makes it report that it still cleans up, though nobody reads that.
    worker.child.kill("SIGHUP");
    await later();
    expect([worker.child.exitCode, worker.child.signalCode]).toEqual([null, null]);
  } finally {
    worker.child.kill("SIGKILL");
  }
});
