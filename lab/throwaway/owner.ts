import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readdirIfThere } from "../../util/files/readdirIfThere";
import { statFields } from "../../util/process/stat";

/** A process, told apart from a later one that was given the same number. */
export interface Owner {
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
 * Makes a folder of this process, in which there is no install: a sweep of its kind removes it when the process is
 * gone.
 */
export function ownFolder(kind: string): string {
  const folder = mkdtempSync(join(tmpdir(), `scani-${kind}-`));
  own(folder, basename(folder));
  return folder;
}

/** Folders of a kind, whoever's they are. Another sweep may be removing what they are in. */
export function foldersOf(kind: string, within = tmpdir()): string[] {
  return readdirIfThere(within)
    .filter((name) => name.startsWith(`scani-${kind}-`))
    .map((name) => join(within, name));
}

/** Whose a folder is; undefined where that is not noted, or not whole, or another sweep has just removed it. */
export function ownerOf(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, file), "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

/** A folder nobody will note as theirs any more. */
export function isOld(folder: string): boolean {
  return existsSync(folder) && Date.now() - statSync(folder).mtimeMs > patience;
}

/** When a process started, in the kernel's own count; undefined when there is no such process. */
export function startOf(pid: number): string | undefined {
  try {
    return statFields(pid)[19];
  } catch {
    return undefined;
  }
}
