import { readFileSync } from "node:fs";
import { statFields } from "./stat";

/** Ticks in a second of the kernel's own count, as /proc shows it on every Linux. */
const ticks = 100;

/** Milliseconds by which the kernel's count and the clock may differ. */
const slack = 2_000;

/**
 * True when the process with this number is the one that was there at a moment: it lives, and began before it.
 * @param at milliseconds since the epoch
 */
export function livesSince(pid: number, at: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process may not be signalled, but it is there.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  if (process.platform !== "linux") return true;
  try {
    const [state, began] = stateOf(pid);
    return state !== "Z" && began <= at + slack;
  } catch {
    return false;
  }
}

/** State and start of a process. */
function stateOf(pid: number): [string, number] {
  const fields = statFields(pid);
  const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
  return [fields[0] ?? "", (boot + Number(fields[19]) / ticks) * 1000];
}
