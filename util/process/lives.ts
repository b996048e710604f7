import { readFileSync } from "node:fs";
import { statFields } from "./stat";

/** Clock ticks a second in /proc, the same on every Linux. */
const ticks = 100;

/** Milliseconds by which a start time from /proc and the clock may differ. */
const slack = 2_000;

/**
 * True when the process with this id is still the one that ran at that moment: it is alive, and started before. A later
 * process may have been given the same id. A living process counts as the same where its start cannot be read.
 * @param at milliseconds since the epoch; NaN where the moment is not known
 * @param program name of the program it ran, where that is known. A process that runs it counts as the same whenever it
 * started: setting the clock also moves the start that the kernel reports
 */
export function livesSince(pid: number, at: number, program?: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform !== "linux") return true;
  try {
    const [state, started] = stateOf(pid);
    const isLater = started > at + slack;
    return state !== "Z" && (!isLater || programOf(pid) === program);
  } catch {
    // The process has ended since, or /proc hides another user's processes.
    return isAlive(pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: another user's process, which is alive.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Reads the name of the program a process runs, its first 15 characters. */
function programOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
}

/** Reads the state of a process, and when it started in epoch milliseconds. */
function stateOf(pid: number): [string, number] {
  const fields = statFields(pid);
  const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
  return [fields[0] ?? "", (boot + Number(fields[19]) / ticks) * 1000];
}
