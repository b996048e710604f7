import { setTimeout as pause } from "node:timers/promises";
import { details, type ContainerDetails, type Engine } from "./engine";
import { reasonIn } from "./healthAnswer";
import { HostFailure } from "../../util/failure";

/** Milliseconds between two looks at something that is not ready yet. */
const lookAgain = 250;

/** Looks after which a wait asks what time it is. */
const looksBetweenTimes = 4;

/** Lines of a failed container's log that are shown. */
const shownLines = 20;

/** A container that is watched: what the engine calls it, and what the operator does. */
export interface Watched {
  readonly id: string;
  readonly name: string;
  readonly title: string;
}

/** How somebody waits. */
export interface Watch {
  readonly timeoutSeconds: number;
  /** Aborted when the operator interrupts. */
  readonly signal: AbortSignal;
  /** Told what it waits for, at every look. */
  waiting(title: string, reason: string): void;
}

/** @throws HostFailure when the operator has interrupted */
export function checkInterrupt(signal: AbortSignal): void {
  if (signal.aborted) throw new HostFailure("Interrupted");
}

/**
 * Repeats a command inside a container until it exits 0 or the time is over, and prints what it said each time it did
 * not. One exec for the whole wait, and as few processes as can be: an exec for each look takes a tenth of a second of
 * the engine's own work, and whatever is started takes from a machine whose services are booting.
 */
const untilScript = [
  "set -f",
  "end=$(($(date +%s) + $1)); shift; looks=0",
  'until said=$("$@" 2>&1); do',
  "  echo $said",
  `  looks=$((looks + 1)); [ $((looks % ${looksBetweenTimes})) != 0 ] || [ $(date +%s) -lt $end ] || exit 1`,
  `  sleep ${lookAgain / 1000}`,
  "done",
].join("\n");

/**
 * Waits until a container's own health command exits 0. Runs it itself: Docker's schedule is made for steady state, and
 * would add its whole interval to every start.
 * @throws HostFailure with the end of its log when it stops, or is not ready in time
 */
export async function untilReady(engine: Engine, target: Watched, watch: Watch): Promise<void> {
  const deadline = Date.now() + watch.timeoutSeconds * 1000;
  let reason = "its first answer";
  const said = (line: string): void => {
    reason = reasonIn(line) || reason;
    watch.waiting(target.title, reason);
  };
  for (;;) {
    checkInterrupt(watch.signal);
    const { running, exitCode, restarts, healthCheck } = await details(engine, target.id);
    if (!running || restarts > 0) {
      throw await failed(
        engine,
        target,
        restarts > 0 ? `crashed and was restarted ${restarts}×` : `stopped with exit code ${exitCode}`,
      );
    }
    const left = Math.max(Math.ceil((deadline - Date.now()) / 1000), 0);
    const waited = engine.exec(
      target.id,
      ["sh", "-c", untilScript, "until", String(left), ...healthCommand(healthCheck)],
      said,
    );
    const answer = await unlessInterrupted(
      waited.catch((error: Error) => ({ exitCode: -1, output: error.message })),
      watch.signal,
    );
    if (answer.exitCode === 0) return;
    if (answer.exitCode === -1) said(answer.output);
    if (Date.now() > deadline)
      throw await failed(engine, target, `was not ready within ${watch.timeoutSeconds} s: ${reason}`);
    // The exec ended early, as it does when its container stops: look again at what became of it.
    await pause(lookAgain);
  }
}

/** @throws HostFailure as soon as the operator interrupts, or at once where that has been */
export async function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(new HostFailure("Interrupted"));
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  return Promise.race([work, interrupted]).finally(() => signal.removeEventListener("abort", stop));
}

/** A failure that carries the last lines the container logged. */
export async function failed(engine: Engine, target: Watched, what: string): Promise<HostFailure> {
  const tail = await engine.lastLines(target.id, shownLines).catch(() => []);
  return new HostFailure(`${target.title} ${what} (container ${target.name})`, tail);
}

/** The words of a container's own health check. */
export function healthCommand(check: ContainerDetails["healthCheck"]): string[] {
  const [kind, ...words] = check;
  if (kind === "CMD-SHELL") return ["sh", "-c", words[0] ?? "true"];
  if (kind === "CMD") return words;
  throw new Error("a container was waited for that declares no health check");
}
