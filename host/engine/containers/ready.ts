import { setTimeout as pause } from "node:timers/promises";
import { details, type ContainerDetails, type Engine } from "../engine";
import { reasonIn } from "./healthAnswer";
import { Deadline } from "../../../util/deadline";
import { OperatorError } from "../../../util/operatorError";

/** Milliseconds between two checks of something that is not ready yet. */
const pollInterval = 250;

/** Checks between two comparisons of the time in the script. */
const checksPerTime = 4;

/** Lines of a failed container's log that are shown. */
const logTailLines = 20;

/** A container that is watched: its id and name on the engine, and its title for the operator. */
export interface Watched {
  readonly id: string;
  readonly name: string;
  readonly title: string;
}

/** Failure of a container that runs and did not get ready in time. */
export class NotReady extends OperatorError {}

/** Settings of a wait. */
export interface Watch {
  readonly timeoutSeconds: number;
  /** Aborted when the operator interrupts. */
  readonly signal: AbortSignal;
  /** Reports what is waited for, at every check. */
  waiting(title: string, reason: string): void;
}

/** Returns the error of work that an aborted signal stopped: the signal's own reason, where it was given one. */
export function interruption(signal: AbortSignal): OperatorError {
  return signal.reason instanceof OperatorError ? signal.reason : new OperatorError({ what: "Interrupted" });
}

/** True when the operator has interrupted, and not when the work was stopped for a reason of its own. */
export function isInterrupted(signal: AbortSignal): boolean {
  return signal.aborted && !(signal.reason instanceof OperatorError);
}

/** Passes on the reason for which the work was stopped, such as a lost lock. @throws OperatorError that reason */
export function checkLockHeld(signal: AbortSignal): void {
  if (signal.reason instanceof OperatorError) throw signal.reason;
}

/** @throws OperatorError when the signal is aborted */
export function checkInterrupt(signal: AbortSignal): void {
  if (signal.aborted) throw interruption(signal);
}

/**
 * Script that repeats a command inside a container until it exits 0 or the time is over, and prints its output each
 * time it fails. One exec serves the whole wait, with as few processes as possible: an exec for each check costs the
 * engine a tenth of a second, and every process slows down a machine whose services are booting.
 */
const untilScript = [
  "set -f",
  // Use the uptime: the clock may be set meanwhile.
  "now() { read -r up rest < /proc/uptime; now=${up%.*}; }",
  "now; end=$((now + $1)); shift; checks=0",
  'until output=$("$@" 2>&1); do',
  "  echo $output",
  `  checks=$((checks + 1)); [ $((checks % ${checksPerTime})) != 0 ] || { now; [ $now -lt $end ]; } || exit 1`,
  `  sleep ${pollInterval / 1000}`,
  "done",
].join("\n");

/**
 * Waits until a container's own health command exits 0. Runs the command itself: Docker's schedule is made for steady
 * state, and would add its whole interval to every start. Crashes before the wait do not count: a container that Docker
 * restarts, or once restarted, is judged by what it does from now on.
 * @throws NotReady when it runs and is not ready in time
 * @throws OperatorError when it stops or crashes. Both with the end of its log
 */
export async function untilReady(engine: Engine, target: Watched, watch: Watch): Promise<void> {
  const deadline = new Deadline(watch.timeoutSeconds * 1000);
  let reason = "no answer yet";
  let restartsBefore: number | undefined;
  const onOutput = (line: string): void => {
    reason = reasonIn(line) || reason;
    watch.waiting(target.title, reason);
  };
  for (;;) {
    checkInterrupt(watch.signal);
    const { running, exitCode, restarts, healthCheck } = await details(engine, target.id);
    // A start resets Docker's count.
    restartsBefore = Math.min(restartsBefore ?? restarts, restarts);
    const crashes = restarts - restartsBefore;
    if (!running || crashes > 0) {
      throw await failed(
        engine,
        target,
        crashes > 0 ? `crashed and was restarted ${crashes}×` : `stopped with exit code ${exitCode}`,
      );
    }
    const left = Math.ceil(deadline.left / 1000);
    const checking = engine.exec(
      target.id,
      ["sh", "-c", untilScript, "until", String(left), ...healthCommand(healthCheck)],
      onOutput,
    );
    const result = await unlessInterrupted(
      checking.catch((error: Error) => ({ exitCode: -1, output: error.message })),
      watch.signal,
    );
    if (result.exitCode === 0) return;
    if (result.exitCode === -1) onOutput(result.output);
    if (deadline.isOver)
      throw await failed(engine, target, `was not ready within ${watch.timeoutSeconds} s: ${reason}`, NotReady);
    // The exec ended early, as it does when its container stops: check the container's state again.
    await pause(pollInterval);
  }
}

/** Waits for work, but no longer than until the signal is aborted. @throws OperatorError as soon as it is */
export async function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(interruption(signal));
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  return Promise.race([work, interrupted]).finally(() => signal.removeEventListener("abort", stop));
}

/** Returns a container's failure, with the last lines it logged. */
export async function failed(
  engine: Engine,
  target: Watched,
  what: string,
  Failure: typeof OperatorError = OperatorError,
): Promise<OperatorError> {
  const logTail = await engine.lastLines(target.id, logTailLines).catch(() => []);
  return new Failure({ what: `${target.title} ${what} (container ${target.name})` }, { logTail });
}

/** Returns the words of a container's own health check. @throws Error when it has none */
export function healthCommand(check: ContainerDetails["healthCheck"]): string[] {
  const [kind, ...words] = check;
  if (kind === "CMD-SHELL") return ["sh", "-c", words[0] ?? "true"];
  if (kind === "CMD") return words;
  throw new Error("the container has no health check to wait for");
}
