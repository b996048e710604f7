import { lstatSync, mkdtempSync, readFileSync, writeFileSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readdirIfThere } from "../../util/files/readdirIfThere";
import { statFields } from "../../util/process/stat";

/** A process, told apart from a later one that was given the same number. */
export interface Owner {
  readonly pid: number;
  readonly started: string;
}

const file = "owner.json";

/** Milliseconds a process has to write down that a new folder is its own; it is the first thing it does. */
const ownershipTimeout = 60_000;

/** A throwaway's folder: its kind, and the six characters `mkdtemp` gave it. */
const folderName = /^scani-([a-z][a-z0-9]*)-([A-Za-z0-9]{6})$/;

/** Makes a throwaway's folder, which belongs to this process: a sweep of its kind removes it when the process is gone. */
export function ownFolder(kind: string): string {
  const folder = mkdtempSync(join(tmpdir(), `scani-${kind}-`));
  own(folder);
  return folder;
}

/** Records in a throwaway's folder that it belongs to this process. */
export function own(folder: string): void {
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? "" };
  writeFileSync(join(folder, file), JSON.stringify(owner));
}

/**
 * Name of the install in a throwaway's folder. It follows from the folder's own name, so that no file can name another
 * install. Pure.
 * @throws Error for any other folder
 */
export function installOf(folder: string): string {
  const [, kind, suffix] = folderName.exec(basename(folder)) ?? [];
  if (kind === undefined || suffix === undefined) throw new Error(`${folder} is not a throwaway's folder`);
  return `${kind}-${suffix.toLowerCase()}`;
}

/** Throwaways' folders of a kind that this user made, whichever process they belong to. */
export function foldersOf(kind: string, within = tmpdir()): string[] {
  return readdirIfThere(within)
    .filter((name) => folderName.exec(name)?.[1] === kind)
    .map((name) => join(within, name))
    .filter((folder) => isOwn(statusOf(folder)));
}

/**
 * Whether a folder is this user's alone. The temporary folder is everybody's: another user may put a folder there, or a
 * link to one of ours. Pure.
 * @param status of the name itself, not of what a link leads to; undefined where another sweep has just removed it
 * @param user id of this user; undefined on systems without one
 */
export function isOwn(status: Stats | undefined, user = process.getuid?.()): boolean {
  if (!status?.isDirectory()) return false;
  return user === undefined || (status.uid === user && (status.mode & 0o022) === 0);
}

/** Process a folder belongs to; undefined where that is not recorded, or not whole, or the folder has just gone. */
export function ownerOf(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, file), "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

/** Whether a folder without an owner will never have one. */
export function isAbandoned(folder: string): boolean {
  const status = statusOf(folder);
  return status !== undefined && Date.now() - status.mtimeMs > ownershipTimeout;
}

/** When a process started, in the kernel's own count; undefined when there is no such process. */
export function startOf(pid: number): string | undefined {
  try {
    return statFields(pid)[19];
  } catch {
    return undefined;
  }
}

function statusOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
