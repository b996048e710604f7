import { statfs } from "node:fs/promises";
import { sizeText } from "../../util/sizeText";
import type { DatabaseIdentity } from "../install/data/databaseIdentity";
import { folderError, noRoom, type Backup, type BackupFolder } from "./folder";
import { countsFor } from "./manifest";

/** Bytes a backup, and the load of one, leave free on their disk: a Postgres on a full disk stops. */
export const reserve = 256 * 1024 * 1024;

const stayFree = `${sizeText(reserve)} that stay free, since a Postgres on a full disk stops`;

/** Factor by which a dump may exceed its estimate. */
const margin = 1.2;

/** Bytes that are written between two checks of the free space. */
const checkInterval = 64 * 1024 * 1024;

/**
 * Estimates the bytes of a database's dump: those of its last good one, more by as much as the database has grown since.
 * Without one it is 0: how well a database compresses is not known, and the dump stops where the room ends. Pure.
 * @param backups newest first
 * @param databaseBytes size of the database on its server
 */
export function estimateDump(backups: readonly Backup[], database: DatabaseIdentity, databaseBytes: number): number {
  const last = backups.find(
    ({ damage, manifest }) => damage === undefined && manifest && countsFor(manifest, database),
  )?.manifest;
  if (last === undefined) return 0;
  const grown = Math.max(1, databaseBytes / Math.max(1, last.databaseBytes));
  return Math.ceil(last.bytes * grown * margin);
}

/**
 * Refuses a backup whose disk has too little room for it.
 * @param bytes it will have, about
 * @throws OperatorError
 */
export async function checkRoom(place: BackupFolder, bytes: number): Promise<void> {
  const free = await freeBytes(place);
  if (free >= bytes + reserve) return;
  throw noRoom(
    place,
    `${sizeText(free)} are free there; about ${sizeText(bytes + reserve)} are required: ${sizeText(bytes)} for the backup, and ${stayFree}.`,
  );
}

/** Passes a dump on while its disk has the reserve. @throws OperatorError once it has not */
export async function* whileRoom(place: BackupFolder, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let unchecked = 0;
  for await (const chunk of source) {
    unchecked += chunk.length;
    if (unchecked >= checkInterval) {
      const free = await freeBytes(place);
      if (free < reserve)
        throw noRoom(place, `The dump is larger than expected, and ${sizeText(free)} are left, of ${stayFree}.`);
      unchecked = 0;
    }
    yield chunk;
  }
}

/** Reads the bytes an operator may still write; infinite on a file system that does not tell its size. */
async function freeBytes(place: BackupFolder): Promise<number> {
  try {
    const { blocks, bavail, bsize } = await statfs(place.folder);
    return blocks === 0 ? Infinity : bavail * bsize;
  } catch (error) {
    throw folderError(place, error);
  }
}
