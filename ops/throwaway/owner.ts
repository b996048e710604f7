import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type Docker from "dockerode";
import { readdirIfThere } from "../../infra/files/readdirIfThere";
import { statFields } from "../../infra/process/stat";
import { removeInstall } from "./clean";
import { endOrphans } from "./orphans";

/** A process, told apart from a later one that was given the same number. */
interface Owner {
  readonly pid: number;
  readonly started: string;
  readonly install: string;
}

const file = "owner.json";

/** Milliseconds a process has to note that a new folder is its own; it is the first thing it does. */
const patience = 60_000;

/** Notes in a throwaway's folder which process it belongs to. */
export function own(workDir: string, install: string): void {
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? "", install };
  writeFileSync(join(workDir, file), JSON.stringify(owner));
}

/**
 * Removes throwaway installs of a kind whose process is gone. Those of processes that live are left alone.
 * @param say told what was removed; and what the engine does not let go, which is tried again next time
 * @param within folder they are in
 */
export async function sweep(docker: Docker, kind: string, say: (line: string) => void, within = tmpdir()): Promise<void> {
  for (const folder of foldersOf(kind, within)) {
    const owner = ownerOf(folder);
    if (owner === undefined) {
      // Killed before it could say whose it is; nothing has been made by then.
      if (isOld(folder)) rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (startOf(owner.pid) === owner.started) continue;
    await endOrphans(folder);
    const kept = await removeInstall(docker, owner.install);
    if (kept.length > 0) {
      say(`${owner.install}, which an interrupted run left, cannot be removed whole; the next run tries again: ${kept.join("; ")}`);
      continue;
    }
    rmSync(folder, { recursive: true, force: true });
    say(`Removed what an interrupted run left: ${owner.install}`);
  }
}

/** Makes a folder of this process, in which there is no install: a sweep of its kind removes it when the process is gone. */
export function ownFolder(kind: string): string {
  const folder = mkdtempSync(join(tmpdir(), `scani-${kind}-`));
  own(folder, basename(folder));
  return folder;
}

/** Folders of a kind, whoever's they are. Another sweep may be removing what they are in. */
export function foldersOf(kind: string, within = tmpdir()): string[] {
  return readdirIfThere(within).filter((name) => name.startsWith(`scani-${kind}-`)).map((name) => join(within, name));
}

/** Whose a folder is; undefined where that is not noted, or not whole, or another sweep has just removed it. */
function ownerOf(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, file), "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

function isOld(folder: string): boolean {
  return existsSync(folder) && Date.now() - statSync(folder).mtimeMs > patience;
}

/** When a process started, in the kernel's own count; undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    return statFields(pid)[19];
  } catch {
    return undefined;
  }
}
