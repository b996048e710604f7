import { constants } from "node:os";
import type { Report } from "../progress/progress";

/** Signals that end a command: Ctrl-C, a kill, and the end of its terminal, as when an ssh connection breaks. */
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type EndingSignal = (typeof endingSignals)[number];

/**
 * Milliseconds within which signals count as one: npm passes Ctrl-C on to a process that already had it from the
 * terminal, and a shell does so with a hangup.
 */
const sameMoment = 500;

/**
 * Listens for the signals that would end this process; the third ends it. Output that nobody reads any more, as after
 * `| head` or a Ctrl-C that ended `| tee`, counts as a hangup unless a signal came before: every further line fails as
 * well and must not count again.
 * @param hear called with the first two, and with how many there have been
 * @returns a function that stops listening
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
 * Turns signals into an orderly end: the first aborts the returned signal, upon which running work cleans up and ends;
 * the second is answered with a report, and the third ends the process at once.
 * @param report called at the second
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
 * Keeps this process running to its end, with its clean-up, after its output is no longer read: otherwise the first
 * line that fails would end it. One call per process is enough.
 */
export function outliveReaders(): void {
  for (const stream of outputs()) if (!stream.listeners("error").includes(forgive)) stream.on("error", forgive);
}

function outputs(): readonly NodeJS.WriteStream[] {
  return [process.stdout, process.stderr];
}
