import { constants } from "node:os";
import type { Report } from "../progress/progress";

/** Signals that end a command: Ctrl-C, a kill, and the end of its terminal, as where an ssh breaks. */
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type EndingSignal = (typeof endingSignals)[number];

/**
 * Milliseconds in which signals count as one: npm passes Ctrl-C on to a process that has heard it from the terminal, and
 * a shell a hangup.
 */
const sameMoment = 500;

/**
 * Hears the signals that would end this process, until it is told not to. The third ends it.
 * @param hear told of the others, with how many there have been
 * @returns gives the signals back to Node
 */
export function onEndingSignal(hear: (name: EndingSignal, count: number) => void): () => void {
  let [count, last] = [0, -Infinity];
  const listeners = endingSignals.map((name) => {
    const listener = (): void => {
      if (name === "SIGHUP") outliveTerminal();
      const now = performance.now();
      if (now - last < sameMoment) return;
      last = now;
      count += 1;
      if (count > 2) process.exit(128 + constants.signals[name]);
      hear(name, count);
    };
    process.on(name, listener);
    return () => process.removeListener(name, listener);
  });
  return () => listeners.forEach((remove) => remove());
}

/**
 * Turns signals into an orderly end: aborted at the first, upon which whoever works cleans up and ends. The second says
 * so, and the third ends the process at once.
 * @param report told at the second
 */
export function interruption(report: Report): AbortSignal {
  const controller = new AbortController();
  onEndingSignal((_name, count) => {
    if (count === 1) controller.abort();
    else report("Still cleaning up what was begun. A third Ctrl-C ends this at once and leaves it behind.");
  });
  return controller.signal;
}

/** What is printed to a terminal that is gone fails, and must not end the process before it has cleaned up. */
function outliveTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeListener("error", ignore);
    stream.on("error", ignore);
  }
}

function ignore(): void {
  // Nobody reads any more.
}
