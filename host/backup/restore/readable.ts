import { backupsCommand, gunzipFile, quoted } from "../../../util/commands";
import { OperatorError } from "../../../util/operatorError";
import { readDumpKind } from "./dumpKind";
import type { Backup } from "../folder";
import { readServerMajor, type Server } from "../server";
import { typedWith, type TypedRestore } from "./typedRestore";

/**
 * Refuses a file this module did not make that pg_restore cannot read from a pipe, and says how to make a dump of it
 * that can be restored.
 * @throws OperatorError
 */
export async function checkKind(server: Server, { path, file }: Backup, typed: TypedRestore): Promise<void> {
  const kind = await readDumpKind(path);
  switch (kind) {
    case "archive":
      return;
    case "gzip": {
      const unpacked = path.endsWith(".gz") ? path.slice(0, -".gz".length) : `${path}.dump`;
      throw new OperatorError({
        what: `${file} is compressed with gzip. Nothing has been touched.`,
        type: [gunzipFile(path, unpacked), typedWith({ ...typed, file: unpacked }, "--foreign")],
      });
    }
    case "plain SQL":
      throw new OperatorError({
        what: `${file} is text, as pg_dump makes it without --format=custom. Nothing has been touched.`,
        why: "Make the dump anew with --format=custom, as Scani's backup page says, or make one of what is there:",
        type: convertCommands(server, path, typed),
      });
    case "folder":
      throw new OperatorError({
        what: `${file} is a folder, as pg_dump makes one with --format=directory. Nothing has been touched.`,
        why: "Make the dump anew as one file, with --format=custom, as Scani's backup page says, or restore another backup:",
        type: backupsCommand(),
      });
    default:
      throw new OperatorError({
        what: `${file} is no dump of Postgres. Nothing has been touched.`,
        why: "A restore takes what pg_dump makes with --format=custom.",
        type: backupsCommand(),
      });
  }
}

/** Returns commands that load SQL into a database of its own, and dump that one in the form a restore takes. Pure. */
function convertCommands({ byHand, database }: Server, path: string, typed: TypedRestore): string[] {
  const loaded = quoted(`${database}_loaded`);
  const converted = `${path.replace(/\.sql$/, "")}.dump`;
  return [
    byHand("createdb", loaded),
    byHand("psql -q", `-d ${loaded} < ${quoted(path)}`, "standard input"),
    byHand("pg_dump --format=custom", `${loaded} > ${quoted(converted)}`),
    typedWith({ ...typed, file: converted }, "--foreign"),
    byHand("dropdb", loaded),
  ];
}

/** Returns the major version of the server a dump was made of, as its table of contents says it. Pure. */
function dumpedMajor(contents: string): number | undefined {
  const major = /^;\s+Dumped from database version: (\d+)/m.exec(contents)?.[1];
  return major === undefined ? undefined : Number(major);
}

/**
 * Refuses a dump of a newer Postgres, which an older one fails on midway.
 * @param contents its table of contents
 * @throws OperatorError
 */
export async function checkMajor(server: Server, { file }: Backup, contents: string): Promise<void> {
  const made = dumpedMajor(contents);
  if (made === undefined) return;
  const own = await readServerMajor(server);
  if (made <= own) return;
  throw new OperatorError({
    what: `${file} was made of Postgres ${made}, and this install's is Postgres ${own}, which cannot take it. Nothing has been touched.`,
    why: "A dump is restored into a Postgres of its own major version, or a newer one.",
    type: backupsCommand(),
  });
}
