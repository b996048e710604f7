import { lstatSync, mkdtempSync, readFileSync, writeFileSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readdirIfThere } from "../../util/files/readdirIfThere";
import { statFields } from "../../util/process/stat";

/** A process, with its start time because a later one may get the same pid. */
export interface Owner {
  readonly pid: number;
  readonly started: string;
}

const file = "owner.json";

/** Milliseconds a process has to record that it owns a new folder, which it does first. */
const ownershipTimeout = 60_000;

/** A throwaway's folder: its kind, and the six characters `mkdtemp` gave it. */
const folderName = /^scani-([a-z][a-z0-9]*)-([A-Za-z0-9]{6})$/;

/**
 * Creates a throwaway's folder that belongs to this process: a sweep of its kind removes it when the process is gone.
 */
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
 * Returns the name of the install in a throwaway's folder. It follows from the folder's own name, so that no file can
 * name another install. Pure.
 * @throws Error for any other folder
 */
export function installOf(folder: string): string {
  const [, kind, suffix] = folderName.exec(basename(folder)) ?? [];
  if (kind === undefined || suffix === undefined) throw new Error(`${folder} is not a throwaway's folder`);
  return `${kind}-${suffix.toLowerCase()}`;
}

/** Lists this user's throwaway folders of a kind, whichever process they belong to. */
export function foldersOf(kind: string, within = tmpdir()): string[] {
  return readdirIfThere(within)
    .filter((name) => folderName.exec(name)?.[1] === kind)
    .map((name) => join(within, name))
    .filter((folder) => isOwn(statusOf(folder)));
}

/**
 * Returns true when only this user can write to a folder. The temporary folder is shared: another user may put a folder
 * there, or a link to one of ours. Pure.
 * @param status of the name itself, not of a link's target; undefined if another sweep has just removed it
 * @param user id of this user; undefined on systems without one
 */
export function isOwn(status: Stats | undefined, user = process.getuid?.()): boolean {
  if (!status?.isDirectory()) return false;
  return user === undefined || (status.uid === user && (status.mode & 0o022) === 0);
}

/**
 * Returns the process a folder belongs to; undefined if the record is missing or incomplete, or the folder has just
 * gone.
 */
export function ownerOf(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, file), "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

/** Returns true when a folder without an owner is too old to get one. */
export function isAbandoned(folder: string): boolean {
  const status = statusOf(folder);
  return status !== undefined && Date.now() - status.mtimeMs > ownershipTimeout;
}

/** Returns when a process started, in the kernel's clock ticks; undefined when there is no such process. */
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
