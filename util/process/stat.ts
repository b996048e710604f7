import { readFileSync } from "node:fs";

/**
 * What the kernel says of a process: the fields of /proc/<pid>/stat after its name, which may hold anything. The first
 * is its state, the second its parent, the twentieth when it began, in ticks since the machine did.
 * @throws where there is no such process, or no such file system
 */
export function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
