import { rmSync } from "node:fs";
import { readIfReadable } from "../../util/files/readIfReadable";

/** Pid files of Docker, and the name of the process in each. */
const pidFiles: readonly (readonly [file: string, program: string])[] = [
  ["/var/run/docker.pid", "dockerd"],
  ["/var/run/docker/containerd/containerd.pid", "containerd"],
];

/**
 * Removes the pid files of a Docker that was killed with its machine. Another process may now have that pid, and a new
 * daemon takes it for the old one: *seen* to end after 15 s with "timeout waiting for containerd to start".
 * @returns the files that were removed
 */
export function removeStalePids(files = pidFiles): string[] {
  const stale = files.filter(([file, program]) =>
    isStale(readIfReadable(file), program, (pid) => readIfReadable(`/proc/${pid}/comm`).trim()),
  );
  for (const [file] of stale) rmSync(file, { force: true });
  return stale.map(([file]) => file);
}

/**
 * Returns true when a pid file names no process, or one of another program. Pure. @param nameOf name of a process;
 * empty or undefined if there is none
 */
export function isStale(
  note: string | undefined,
  program: string,
  nameOf: (pid: number) => string | undefined,
): boolean {
  const pid = Number(note?.trim() || Number.NaN);
  return Number.isInteger(pid) && nameOf(pid) !== program;
}
