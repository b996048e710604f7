import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { readdirIfThere } from "../../util/files/readdirIfThere";
import { readIfReadable } from "../../util/files/readIfReadable";
import { statFields } from "../../util/process/stat";
import { stateUrl } from "./state";

/** Milliseconds between two checks for processes that remain, and until the waiting ends. */
const [pollInterval, timeout] = [50, 10_000];

/**
 * Kills the processes a killed run has left on its install: a `pulumi` outlives the process that started it, and still
 * creates containers. They are recognised by the path of the install's state in their environment.
 * @param workDir folder of the throwaway install
 */
export async function endOrphans(workDir: string): Promise<void> {
  for (const until = Date.now() + timeout; Date.now() < until; await pause(pollInterval)) {
    const orphans = processesOf(workDir);
    if (orphans.length === 0) return;
    for (const pid of orphans) end(pid);
  }
}

/** Lists other processes of this user that were started with the state of an install. */
function processesOf(workDir: string): number[] {
  const pids = readdirIfThere("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter(
    (pid) =>
      pid !== process.pid &&
      isOurs(pid) &&
      isAlive(pid) &&
      environmentOf(pid).includes(`PULUMI_BACKEND_URL=${stateUrl(workDir)}`),
  );
}

/**
 * Returns true for a process of this user: root could kill anybody's, and anybody can name our state in an environment.
 */
function isOurs(pid: number): boolean {
  const status = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
  return status?.uid === process.getuid?.();
}

function environmentOf(pid: number): string[] {
  return readIfReadable(`/proc/${pid}/environ`).split("\0");
}

/** Returns true while a process runs. A zombie does not count, and has no environment. */
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
    // The process has just ended by itself.
  }
}
