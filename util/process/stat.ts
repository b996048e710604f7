import { readFileSync } from "node:fs";

/**
 * Reads the fields of /proc/<pid>/stat after the process's name, which may hold anything. The first is its state, the
 * second its parent, the twentieth its start in clock ticks since boot.
 * @throws Error where there is no such process, or no /proc
 */
export function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
