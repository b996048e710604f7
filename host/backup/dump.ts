import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { HostFailure } from "../../util/failure";
import { checkInterrupt } from "../engine/ready";
import { temporaryPath, writeDump, type Written } from "./folder";
import type { Table } from "./manifest";
import { lockSeconds, Snapshot, type SnapshotHead } from "./snapshot";
import type { Server } from "./server";

/** A dump, and what the database held at its moment. */
export interface Dumped extends Written, Omit<SnapshotHead, "id"> {
  readonly tables: readonly Table[];
}

/** Light compression: a switch waits for it, and the disk is cheaper than that. */
const compression = 1;

/**
 * Dumps the database into a temporary file, and counts its tables in the same snapshot while it does.
 * @param file name it is to have
 * @throws HostFailure, with nothing left of the file
 */
export async function dump(server: Server, folder: string, file: string, signal: AbortSignal): Promise<Dumped> {
  const snapshot = await Snapshot.open(server);
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
    const written = await writeDump(
      folder,
      file,
      ending(dumping.stdout, () => dumping.ended),
    );
    const { at, postgres, databaseBytes } = snapshot.head;
    return { ...written, at, postgres, databaseBytes, tables: await snapshot.tables };
  } catch (error) {
    checkInterrupt(signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", interrupt);
    dumping.cut();
    snapshot.close();
  }
}

/** A command's output; its end is an error when the command's end is one, so that no file of a failed one is kept. */
async function* ending(
  stdout: AsyncIterable<Buffer>,
  ended: () => Promise<{ exitCode: number; errors: string }>,
): AsyncGenerator<Buffer> {
  yield* stdout;
  const { exitCode, errors } = await ended();
  if (exitCode === 0) return;
  const hint = errors.includes("server version mismatch")
    ? "\n  type: pulumi config set postgresImage <an image of the server's version> --stack base, then npm run up -- base"
    : "";
  throw new HostFailure(`pg_dump failed: ${errors || `exit code ${exitCode}`}${hint}`);
}

/**
 * Feeds a file to a tool's standard input and waits for its end.
 * @throws HostFailure with the tool's own words
 */
export async function feed(
  server: Server,
  path: string,
  command: readonly string[],
  database?: string,
): Promise<string> {
  const attached = await server.attach(command, database);
  const file = createReadStream(path);
  const feeding = pipeline(file, attached.stdin).catch((error: Error) => {
    // A tool that ends early breaks the pipe, and its own end says why.
    if (file.errored === error) throw error;
  });
  const [output] = await Promise.all([text(attached.stdout), feeding]);
  const { exitCode, errors } = await attached.ended;
  if (exitCode !== 0) throw new HostFailure(`pg_restore failed: ${errors || `exit code ${exitCode}`}`);
  return output;
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Has pg_restore read a dump's table of contents. @throws HostFailure when it cannot */
export async function readContents(server: Server, path: string): Promise<string> {
  // The list is at the beginning. What follows is read all the same, or the connection breaks over what nobody took.
  return feed(server, path, ["sh", "-c", "pg_restore --list; code=$?; cat > /dev/null; exit $code"]);
}

/** As `readContents`, for a dump that has not been given its name yet. */
export function readBack(server: Server, folder: string, file: string): Promise<string> {
  return readContents(server, temporaryPath(folder, file));
}
