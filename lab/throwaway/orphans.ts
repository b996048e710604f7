import { setTimeout as pause } from "node:timers/promises";
import { readdirIfThere } from "../../util/files/readdirIfThere";
import { readIfThere } from "../../util/files/readIfThere";
import { statFields } from "../../util/process/stat";
import { stateUrl } from "./state";

/** Milliseconds between two looks at who is left, and those after which nobody will go any more. */
const [lookAgain, patience] = [50, 10_000];

/**
 * Ends what a killed run has left running on its install: a `pulumi` outlives the process that started it, and makes
 * containers meanwhile. They are known by their state's place in their environment, which nobody else has.
 * @param workDir folder of the throwaway install
 */
export async function endOrphans(workDir: string): Promise<void> {
  for (const until = Date.now() + patience; Date.now() < until; await pause(lookAgain)) {
    const orphans = processesOf(workDir);
    if (orphans.length === 0) return;
    for (const pid of orphans) end(pid);
  }
}

/** Processes that were started with the state of an install; this one is none of them. */
function processesOf(workDir: string): number[] {
  const pids = readdirIfThere("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter(
    (pid) =>
      pid !== process.pid && isAlive(pid) && environmentOf(pid).includes(`PULUMI_BACKEND_URL=${stateUrl(workDir)}`),
  );
}

function environmentOf(pid: number): string[] {
  return readIfThere(`/proc/${pid}/environ`).split("\0");
}

/** One that has ended and that nobody has taken note of yet has no environment to be told by. */
function isAlive(pid: number): boolean {
  try {
    return statFields(pid)[0] !== "Z";
  } catch {
    return false;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}
