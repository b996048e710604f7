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
 * Hears the signals that would end this process, until it is told not to. The third ends it. Where nobody reads any more
 * what this process prints, as after `| head` or a Ctrl-C that ended `| tee`, that is a hangup, unless a signal came
 * before: every further line fails as well, and asks for nothing new.
 * @param hear told of the others, with how many there have been
 * @returns gives the signals back to Node
 */
export function onEndingSignal(hear: (name: EndingSignal, count: number) => void): () => void {
  let [count, last] = [0, -Infinity];
  const heard = (name: EndingSignal): void => {
    const now = performance.now();
    if (now - last < sameMoment) return;
    last = now;
    count += 1;
    if (count > 2) process.exit(128 + constants.signals[name]);
    hear(name, count);
  };
  const unread = (): void => {
    if (count === 0) heard("SIGHUP");
  };
  for (const name of endingSignals) process.on(name, heard);
  for (const stream of outputs()) stream.on("error", unread);
  return () => {
    for (const name of endingSignals) process.removeListener(name, heard);
    for (const stream of outputs()) stream.removeListener("error", unread);
  };
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

const forgive = (): void => undefined;

/**
 * Lets this process go on to its end, and clean up, where nobody reads any more what it prints. Without it the first line
 * that fails ends the process on the spot. Once is enough for a process.
 */
export function outliveReaders(): void {
  for (const stream of outputs()) if (!stream.listeners("error").includes(forgive)) stream.on("error", forgive);
}

function outputs(): readonly NodeJS.WriteStream[] {
  return [process.stdout, process.stderr];
}
