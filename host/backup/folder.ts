import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, unlink, type FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setCommand, upCommand } from "../../util/commands";
import { OperatorError, messageOf } from "../../util/operatorError";
import { livesSince } from "../../util/process/lives";
import type { DatabaseIdentity } from "../install/data/databaseIdentity";
import { countsFor, manifestName, parseManifest, type Manifest } from "./manifest";
import { newestFirst, type Dated } from "./retention";

/** A backup in its folder. */
export interface Backup extends Dated {
  /** Whole path of the dump. */
  readonly path: string;
  /** Absent where it cannot be read. */
  readonly manifest?: Manifest;
  /** Bytes of a file without a manifest next to it: this module did not make it, or not to the end. */
  readonly unrecorded?: number;
}

/** Size and checksum of a written dump. */
export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

/** Place of an install's backups. */
export interface BackupFolder {
  /** Whole path. */
  readonly folder: string;
  readonly install: string;
  /** Name of the install's base stack, for the commands in messages. */
  readonly base: string;
}

/** Error codes of a file system without room, or without room for this user. */
const full: readonly (string | undefined)[] = ["ENOSPC", "EDQUOT"];

/** Turns an error of the folder of backups into one in the operator's words; returns any other error as it is. */
export function folderError(place: BackupFolder, error: unknown): unknown {
  // Only errors of files have a path; a dump's own stream may fail too.
  const { code, path } = error as NodeJS.ErrnoException;
  if (full.includes(code)) return noRoom(place);
  if (path === undefined) return error;
  return new OperatorError({
    what: `The folder of the backups cannot be used: ${messageOf(error)}`,
    why: "Choose a folder you can read and write, and bring base up:",
    type: anotherFolder(place),
  });
}

/** Returns the error of a backup that its folder has no room for. Pure. @param sizes what is free, and required */
export function noRoom(place: BackupFolder, sizes?: string): OperatorError {
  const remedy = "Make room there, or choose another folder and bring base up:";
  return new OperatorError({
    what: `No room for the backup in ${place.folder}.`,
    why: sizes === undefined ? remedy : `${sizes} ${remedy}`,
    type: anotherFolder(place),
  });
}

const anotherFolder = ({ base }: BackupFolder) => [
  setCommand("backupDirectory", base, { value: "/another/folder" }),
  upCommand(base),
];

/**
 * Returns the pattern of an install's files: `<install>-20261123T225301-123Z.dump`. Exact, since another install's name
 * may begin with this one's.
 */
const stamped = (install: string) => `${install}-\\d{8}T\\d{6}-\\d{3}Z\\.(?:dump|json)`;

/**
 * Lists an install's backups, newest first, those dated in the future last. Compares sizes, but not checksums. A folder that does not exist has none.
 * @throws OperatorError when the folder cannot be read
 */
export async function listBackups(place: BackupFolder): Promise<Backup[]> {
  const { folder, install } = place;
  const own = new RegExp(`^${stamped(install)}$`);
  try {
    const names = (await namesIn(folder)).filter((name) => own.test(name));
    const dumps = [...new Set(names.map((name) => name.replace(/\.json$/, ".dump")))];
    return newestFirst(await Promise.all(dumps.map((file) => readBackup(join(folder, file), file))), Date.now());
  } catch (error) {
    throw folderError(place, error);
  }
}

/**
 * Reads when the newest good backup of a database was made, in milliseconds since 1970.
 * @param database undefined where it cannot be told; then no backup counts as one of it
 */
export async function lastBackup(
  place: BackupFolder,
  database: DatabaseIdentity | undefined,
): Promise<number | undefined> {
  const backups = await listBackups(place);
  return backups.find(
    ({ damage, manifest }) => damage === undefined && database && manifest && countsFor(manifest, database),
  )?.at;
}

/** Reads a backup by its dump's path. */
export async function readBackup(path: string, file: string): Promise<Backup> {
  const found = await stat(path).catch(ifMissing);
  const contents = await readFile(join(path, "..", manifestName(file)), "utf8").catch(ifMissing);
  const backup = { file, path, at: found?.mtimeMs ?? 0 };
  if (contents === undefined) return { ...backup, damage: "it has no manifest beside it", unrecorded: found?.size };
  let manifest: Manifest;
  try {
    manifest = parseManifest(contents);
  } catch (error) {
    return { ...backup, damage: messageOf(error) };
  }
  const known = { ...backup, at: Date.parse(manifest.at), manifest };
  if (found === undefined) return { ...known, damage: "its file is missing" };
  if (found.size !== manifest.bytes)
    return { ...known, damage: `it has ${found.size} bytes instead of ${manifest.bytes}` };
  return known;
}

/** Compares a dump with its manifest's checksum. @throws OperatorError that says how it is damaged */
export async function checkWhole({ path, file, manifest, damage }: Backup): Promise<Manifest> {
  if (damage !== undefined || manifest === undefined)
    throw new OperatorError({ what: `${file} is damaged: ${damage}` });
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  if (hash.digest("hex") !== manifest.sha256)
    throw new OperatorError({ what: `${file} is damaged: its checksum differs from the manifest's` });
  return manifest;
}

/**
 * Makes the folder, readable by its owner only, and removes unfinished files of killed backups.
 * @throws OperatorError when it cannot be used
 */
export async function prepareFolder(place: BackupFolder): Promise<void> {
  const { folder, install } = place;
  try {
    // mkdir's mode is subject to the umask; an existing folder keeps its mode.
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await chmod(folder, 0o700);
    const unfinished = new RegExp(`^\\.${stamped(install)}(?:\\.(\\d+)@(.+))?\\.part$`);
    for (const name of await namesIn(folder)) {
      const [found, writer, host] = unfinished.exec(name) ?? [];
      if (found === undefined) continue;
      const path = join(folder, name);
      if (await isAbandoned(path, writer, host)) await rm(path, { force: true });
    }
  } catch (error) {
    throw folderError(place, error);
  }
}

/** Milliseconds without a write after which an unfinished file counts as abandoned. */
const abandonedAfter = 24 * 3_600_000;

/**
 * True where nobody writes a file any more. Another install of the same name may be writing one.
 * @param writer id of the process that writes it, on a host; absent in files of earlier versions of this module
 */
async function isAbandoned(path: string, writer: string | undefined, host: string | undefined): Promise<boolean> {
  const written = (await stat(path).catch(ifMissing))?.mtimeMs;
  if (written === undefined) return false;
  const pid = Number(writer);
  // This process does not write its earlier files any more.
  if (host === thisHost && (pid === process.pid || !livesSince(pid, written))) return true;
  return Date.now() - written > abandonedAfter;
}

/**
 * Writes a dump under a temporary name, and flushes it to the disk.
 * @throws OperatorError, with nothing left of it, when the disk is full
 */
export async function writeDump(place: BackupFolder, file: string, source: AsyncIterable<Buffer>): Promise<Written> {
  const hash = createHash("sha256");
  let bytes = 0;
  await writeTemporary(place, file, async (handle) => {
    for await (const chunk of source) {
      hash.update(chunk);
      await handle.writeFile(chunk);
      bytes += chunk.length;
    }
  });
  return { bytes, sha256: hash.digest("hex") };
}

const thisHost = hostname();

/** Returns the path of a file while this process writes it. */
export function temporaryPath(folder: string, file: string): string {
  return join(folder, `.${file}.${process.pid}@${thisHost}.part`);
}

/** Gives a written dump its name, and then its manifest, which makes it a backup. */
export async function publish(place: BackupFolder, manifest: Manifest): Promise<void> {
  const { folder } = place;
  const beside = await writeBeside(place, manifest);
  await rename(temporaryPath(folder, manifest.file), join(folder, manifest.file));
  await rename(temporaryPath(folder, beside), join(folder, beside));
  await syncFolder(folder);
}

/** Writes a published dump's manifest anew, whole or not at all. */
export async function renewManifest(place: BackupFolder, manifest: Manifest): Promise<void> {
  const beside = await writeBeside(place, manifest);
  await rename(temporaryPath(place.folder, beside), join(place.folder, beside));
  await syncFolder(place.folder);
}

/** Writes a manifest under its temporary name. @returns its final one */
async function writeBeside(place: BackupFolder, manifest: Manifest): Promise<string> {
  const beside = manifestName(manifest.file);
  await writeTemporary(place, beside, (handle) => handle.writeFile(`${JSON.stringify(manifest, undefined, 1)}\n`));
  return beside;
}

/** Removes a file that has no final name yet. */
export async function discard(folder: string, file: string): Promise<void> {
  await rm(temporaryPath(folder, file), { force: true });
}

/** Removes a backup, its manifest first: without it the dump no longer counts as one. */
export async function removeBackup(folder: string, file: string): Promise<void> {
  await rm(join(folder, manifestName(file)), { force: true });
  await rm(join(folder, file), { force: true });
}

async function writeTemporary(
  place: BackupFolder,
  file: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const path = temporaryPath(place.folder, file);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "wx", 0o600);
    await write(handle);
    await handle.sync();
    await handle.close();
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await unlink(path).catch(() => undefined);
    throw folderError(place, error);
  }
}

/** Flushes a folder to the disk, on file systems that support it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EINVAL") throw error;
    });
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ifMissing)) ?? [];
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
