import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { removeInstall } from "./clean";

/** A process, told apart from a later one that was given the same number. */
interface Owner {
  readonly pid: number;
  readonly started: string;
  readonly install: string;
}

const file = "owner.json";

/** Notes in a throwaway's folder which process it belongs to. */
export function own(workDir: string, install: string): void {
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? "", install };
  writeFileSync(join(workDir, file), JSON.stringify(owner));
}

/**
 * Removes throwaway installs of a kind whose process is gone. Those of processes that live are left alone.
 * @returns the names of the removed ones
 */
export async function sweep(docker: Docker, kind: string): Promise<string[]> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(`scani-${kind}-`)).map((name) => join(tmpdir(), name));
  const removed: string[] = [];
  for (const folder of folders.filter((path) => existsSync(join(path, file)))) {
    const owner = JSON.parse(readFileSync(join(folder, file), "utf8")) as Owner;
    if (startOf(owner.pid) === owner.started) continue;
    await removeInstall(docker, owner.install);
    rmSync(folder, { recursive: true, force: true });
    removed.push(owner.install);
  }
  return removed;
}

/** When a process started, in the kernel's own count; undefined when there is no such process. Field 22 of /proc/<pid>/stat. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
