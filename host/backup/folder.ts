import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { setCommand, upCommand } from "../../util/commands";
import { OperatorError, messageOf } from "../../util/operatorError";
import { manifestName, parseManifest, type Manifest } from "./manifest";
import type { Dated } from "./retention";

/** A backup in its folder. */
export interface Backup extends Dated {
  /** Whole path of the dump. */
  readonly path: string;
  /** Absent where it cannot be read. */
  readonly manifest?: Manifest;
  /** Bytes of a file without a manifest beside it: this module did not make it, or not to the end. */
  readonly unrecorded?: number;
}

/** Size and checksum of a written dump. */
export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

const temporaryEnding = ".part";

/** Commands that choose another folder. Pure. @param base name of the base stack */
function chooseFolder(base: string): readonly string[] {
  return [setCommand("backupDirectory", base, { value: "/another/folder" }), upCommand(base)];
}

/** Lists an install's backups, newest first. Compares sizes, but not checksums. A folder that does not exist has none. */
export async function listBackups(folder: string, install: string): Promise<Backup[]> {
  const names = await namesIn(folder);
  // `<install>-20261123T225301-123Z`: exact, since another install's name may begin with this one's.
  const own = new RegExp(`^${install}-\\d{8}T\\d{6}-\\d{3}Z\\.(dump|json)$`);
  const dumps = [...new Set(names.filter((name) => own.test(name)).map((name) => name.replace(/\.json$/, ".dump")))];
  const backups = await Promise.all(dumps.map((file) => readBackup(join(folder, file), file)));
  return backups.sort((a, b) => b.at - a.at);
}

/**
 * When the newest good backup of an install's database cluster was made, in milliseconds since 1970.
 * @param cluster undefined where it cannot be read; then those without one count
 */
export async function lastBackup(
  folder: string,
  install: string,
  cluster: string | undefined,
): Promise<number | undefined> {
  const backups = await listBackups(folder, install);
  return backups.find(({ damage, manifest }) => damage === undefined && manifest?.cluster === cluster)?.at;
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
 * @param base name of the install's base stack
 * @throws OperatorError when it cannot be used
 */
export async function prepareFolder(folder: string, install: string, base: string): Promise<void> {
  try {
    // mkdir's mode is subject to the umask; an existing folder keeps its mode.
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await chmod(folder, 0o700);
    const unfinished = (await namesIn(folder)).filter(
      (name) => name.startsWith(`.${install}-`) && name.endsWith(temporaryEnding),
    );
    await Promise.all(unfinished.map((name) => rm(join(folder, name), { force: true })));
  } catch (error) {
    throw new OperatorError({
      what: `The folder of the backups cannot be used: ${messageOf(error)}`,
      why: "Choose a folder you can write to, and bring base up:",
      type: chooseFolder(base),
    });
  }
}

/**
 * Writes a dump under a temporary name, and flushes it to the disk.
 * @param base name of the install's base stack
 * @throws OperatorError, with nothing left of it, when the disk is full
 */
export async function writeDump(
  folder: string,
  file: string,
  source: AsyncIterable<Buffer>,
  base: string,
): Promise<Written> {
  const hash = createHash("sha256");
  let bytes = 0;
  await writeTemporary(folder, file, base, async (handle) => {
    for await (const chunk of source) {
      hash.update(chunk);
      await handle.writeFile(chunk);
      bytes += chunk.length;
    }
  });
  return { bytes, sha256: hash.digest("hex") };
}

/** Path of a dump while it is written. */
export function temporaryPath(folder: string, file: string): string {
  return join(folder, `.${file}${temporaryEnding}`);
}

/** Gives a written dump its name, and then its manifest, which makes it a backup. @param base as of `writeDump` */
export async function publish(folder: string, manifest: Manifest, base: string): Promise<void> {
  const beside = await writeBeside(folder, manifest, base);
  await rename(temporaryPath(folder, manifest.file), join(folder, manifest.file));
  await rename(temporaryPath(folder, beside), join(folder, beside));
  await syncFolder(folder);
}

/** Writes a published dump's manifest anew, whole or not at all. @param base as of `writeDump` */
export async function renewManifest(folder: string, manifest: Manifest, base: string): Promise<void> {
  // A run that was killed here has left its own.
  await discard(folder, manifestName(manifest.file));
  const beside = await writeBeside(folder, manifest, base);
  await rename(temporaryPath(folder, beside), join(folder, beside));
  await syncFolder(folder);
}

/** Writes a manifest under its temporary name. @returns its final one */
async function writeBeside(folder: string, manifest: Manifest, base: string): Promise<string> {
  const beside = manifestName(manifest.file);
  await writeTemporary(folder, beside, base, (handle) =>
    handle.writeFile(`${JSON.stringify(manifest, undefined, 1)}\n`),
  );
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
  folder: string,
  file: string,
  base: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const path = temporaryPath(folder, file);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "wx", 0o600);
    await write(handle);
    await handle.sync();
    await handle.close();
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await unlink(path).catch(() => undefined);
    throw (error as NodeJS.ErrnoException).code === "ENOSPC"
      ? new OperatorError({
          what: `No room for the backup in ${folder}.`,
          why: "Make room there, or choose another folder and bring base up:",
          type: chooseFolder(base),
        })
      : error;
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
