import { rmSync } from "node:fs";
import { readIfReadable } from "../../util/files/readIfReadable";

/** Pid files of Docker, and the name of the process in each. */
const pidFiles: readonly (readonly [file: string, program: string])[] = [
  ["/var/run/docker.pid", "dockerd"],
  ["/var/run/docker/containerd/containerd.pid", "containerd"],
];

/**
 * Removes the pid files of a Docker that was killed with its machine. By now another process may have its number,
 * and a new daemon that finds a live process takes that for the old one: *seen* to end after 15 s with "timeout waiting
 * for containerd to start".
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
 * Whether a note is of a process that is not there, or is another program's. Pure. @param nameOf a process's name;
 * empty or undefined where there is none
 */
export function isStale(
  note: string | undefined,
  program: string,
  nameOf: (pid: number) => string | undefined,
): boolean {
  const pid = Number(note?.trim() || Number.NaN);
  return Number.isInteger(pid) && nameOf(pid) !== program;
}
