import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";

/** What a file is written with. */
export interface WriteWhole {
  /** Mode of a file that is not there yet, less what the process masks; one that is there keeps its own. */
  readonly mode?: number;
  /** Refuses a file that is there already, with EEXIST. */
  readonly exclusive?: boolean;
}

/**
 * Writes a file so that it only ever holds its old or its new text: beside it first, then moved over it. A full disk, a
 * kill or a loss of power in between leaves the old one. A link goes on naming the same file; mode and owner stay.
 * @throws as `node:fs` does, with the file as it was
 */
export function writeWhole(path: string, text: string, { mode = 0o644, exclusive = false }: WriteWhole = {}): void {
  const there = statSync(path, { throwIfNoEntry: false });
  const file = there === undefined ? path : realpathSync(path);
  const beside = `${file}.${randomBytes(4).toString("hex")}.new`;
  try {
    writeBeside(beside, text, there, mode);
    if (exclusive) linkOrWrite(beside, file, text, mode);
    else renameSync(beside, file);
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Gives a file its name where that is free: unlike a rename, a link replaces nothing. */
function linkOrWrite(beside: string, file: string, text: string, mode: number): void {
  try {
    linkSync(beside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    // A disk without links, as one that is shared with another system.
    writeFileSync(file, text, { mode, flag: "wx" });
  }
}

function writeBeside(file: string, text: string, like: Stats | undefined, mode: number): void {
  const opened = openSync(file, "wx", like === undefined ? mode : 0o600);
  try {
    if (like !== undefined) keepOwnerAndMode(opened, like);
    writeFileSync(opened, text);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function keepOwnerAndMode(opened: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(opened, uid, gid);
  } catch (error) {
    // Only root may give a file away; whoever may write in its folder may have it as his own.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
  }
  fchmodSync(opened, mode & 0o7777);
}
