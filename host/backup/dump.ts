import { createReadStream } from "node:fs";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { backupsCommand, setCommand, upCommand } from "../../util/commands";
import { OperatorError, type Problem } from "../../util/operatorError";
import type { Attached } from "../engine/docker/attached";
import { checkInterrupt } from "../engine/containers/ready";
import type { DatabaseIdentity } from "../install/data/databaseIdentity";
import { listBackups, temporaryPath, writeDump, type BackupFolder, type Written } from "./folder";
import type { Table } from "./manifest";
import { checkRoom, estimateDump, whileRoom } from "./room";
import { lockSeconds, Snapshot, type SnapshotHead } from "./snapshot";
import type { Server } from "./server";

/** A dump, and the database's contents at its moment. */
export interface Dumped extends Written, Omit<SnapshotHead, "id"> {
  readonly tables: readonly Table[];
}

/** Light compression: a switch waits for it. */
const compression = 1;

/**
 * Dumps the database into a temporary file, where its disk has room for it, and counts its rows in the same snapshot
 * meanwhile.
 * @param file its final name
 * @param identity the database's own
 * @throws OperatorError, with nothing left of the file
 */
export async function dump(
  server: Server,
  place: BackupFolder,
  file: string,
  identity: DatabaseIdentity,
  signal: AbortSignal,
): Promise<Dumped> {
  const snapshot = await Snapshot.open(server);
  try {
    await checkRoom(place, estimateDump(await listBackups(place), identity, snapshot.head.databaseBytes));
    return await dumpSnapshot(server, snapshot, place, file, signal);
  } finally {
    snapshot.close();
  }
}

async function dumpSnapshot(
  server: Server,
  snapshot: Snapshot,
  place: BackupFolder,
  file: string,
  signal: AbortSignal,
): Promise<Dumped> {
  const dumping = await server.attach([
    "pg_dump",
    "--format=custom",
    `--compress=${compression}`,
    `--snapshot=${snapshot.head.id}`,
    `--lock-wait-timeout=${lockSeconds}s`,
  ]);
  const interrupt = () => {
    dumping.cut();
  };
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    checkInterrupt(signal);
    const contents = ending(dumping.stdout, () => dumping.ended, place.base, snapshot.head.postgres);
    const written = await writeDump(place, file, whileRoom(place, contents));
    const { at, postgres, databaseBytes } = snapshot.head;
    return { ...written, at, postgres, databaseBytes, tables: await snapshot.tables };
  } catch (error) {
    checkInterrupt(signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", interrupt);
    dumping.cut();
  }
}

/**
 * Yields what pg_dump writes. Throws at its end if it failed, so that no file of a failed one is kept.
 * @param version of the server
 */
async function* ending(
  stdout: AsyncIterable<Buffer>,
  ended: () => Promise<{ exitCode: number; errors: string }>,
  base: string,
  version: string,
): AsyncGenerator<Buffer> {
  yield* stdout;
  const { exitCode, errors } = await ended();
  if (exitCode === 0) return;
  throw new OperatorError({
    what: `pg_dump failed: ${errors || `exit code ${exitCode}`}`,
    ...(errors.includes("server version mismatch") && newerTools(parseInt(version), base)),
  });
}

/**
 * Returns the remedy for tools that are older than their server, which pg_dump refuses to read. Pure.
 * @param major the server's
 */
export function newerTools(major: number, base: string): Pick<Problem, "why" | "type"> {
  return {
    why: "Name an image of the server's own version, and bring base up:",
    type: [setCommand("postgresImage", base, { value: `postgres:${major}-alpine` }), upCommand(base)],
  };
}

/**
 * Feeds a file to a tool's standard input and waits for its end.
 * @param signal ends the tool
 * @throws OperatorError with the tool's own message
 */
export async function feed(
  server: Server,
  path: string,
  command: readonly string[],
  signal: AbortSignal,
  database?: string,
): Promise<string> {
  checkInterrupt(signal);
  const attached = await server.attach(command, database);
  const cut = (): void => {
    attached.cut();
  };
  signal.addEventListener("abort", cut, { once: true });
  try {
    checkInterrupt(signal);
    return await fed(attached, path);
  } catch (error) {
    checkInterrupt(signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

async function fed(attached: Attached, path: string): Promise<string> {
  const file = createReadStream(path);
  const feeding = pipeline(file, attached.stdin).catch((error: Error) => {
    // A tool that exits early breaks the pipe; its exit code and message say why.
    if (file.errored === error) throw error;
  });
  const [output] = await Promise.all([text(attached.stdout), feeding]);
  const { exitCode, errors } = await attached.ended;
  if (exitCode !== 0)
    throw new OperatorError({
      what: `pg_restore failed: ${errors || `exit code ${exitCode}`}`,
      ...(errors.includes("unsupported version") && {
        why: "A newer pg_dump made it than this install's pg_restore can read.",
        type: backupsCommand(),
      }),
    });
  return output;
}

/** Reads a dump's table of contents with pg_restore. @throws OperatorError when it cannot */
export async function readContents(server: Server, path: string, signal: AbortSignal): Promise<string> {
  return feed(server, path, fromBeginning("pg_restore --list"), signal);
}

/**
 * Reads some entries of a dump's table of contents as SQL.
 * @param entries their numbers
 * @throws OperatorError when pg_restore cannot read them
 */
export async function readEntries(
  server: Server,
  path: string,
  entries: readonly number[],
  signal: AbortSignal,
): Promise<string> {
  // The container may have no folder to write a file to.
  const list = ["3<<end", ...entries, "end"].join("\n");
  return feed(server, path, fromBeginning(`pg_restore --no-owner --use-list=/dev/fd/3 --file=- ${list}`), signal);
}

/**
 * Returns the command that runs one that needs the beginning of a dump only. The rest is read and dropped: unread input
 * would break the connection. Pure.
 */
function fromBeginning(command: string): string[] {
  return ["sh", "-c", `${command}\ncode=$?; cat > /dev/null; exit $code`];
}

/** Reads the table of contents of a dump that has not been given its name yet. */
export function readBack(server: Server, folder: string, file: string, signal: AbortSignal): Promise<string> {
  return readContents(server, temporaryPath(folder, file), signal);
}
