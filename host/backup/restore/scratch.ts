import { OperatorError, messageOf } from "../../../util/operatorError";
import { differences } from "./compare";
import { feed } from "../dump";
import type { Backup } from "../folder";
import type { Table } from "../manifest";
import { reserve } from "../room";
import { identifier, literal, psql, rowsOf, type Server } from "../server";
import { countQueries } from "../snapshot";
import { parseFree } from "../../engine/disk";
import { checkInterrupt } from "../../engine/containers/ready";

/** Purpose of a database next to Scani's; part of its name. */
export type Purpose = "restoring" | "verifying" | "before";

/** Longest name Postgres accepts. */
const longestName = 63;

/** Returns the name of a database next to Scani's. Pure. */
export function besideName(database: string, purpose: Purpose, at: Date): string {
  const ending = `_${purpose}_${at.toISOString().slice(0, 19).replace(/\D/g, "")}`;
  return database.slice(0, longestName - ending.length) + ending;
}

/** One row of pg_database, of any version of Postgres. */
export interface DatabaseRow {
  readonly encoding: string;
  readonly datcollate: string;
  readonly datctype: string;
  /** `i` for ICU, `b` for the server's own since version 17; absent before version 15. */
  readonly datlocprovider?: string;
  /** Locale of ICU in versions 15 and 16, and since 17 that of either provider. */
  readonly daticulocale?: string | null;
  readonly datlocale?: string | null;
}

/** Returns SQL that creates an empty database with another's encoding and collation. Pure. */
export function createLike(name: string, like: DatabaseRow): string {
  const kind = { i: "icu", b: "builtin" }[like.datlocprovider ?? ""];
  const locale = like.daticulocale ?? like.datlocale;
  const provider = kind && locale ? ` locale_provider ${kind} ${kind}_locale ${literal(locale)}` : "";
  return `create database ${identifier(name)} template template0 encoding ${literal(like.encoding)} lc_collate ${literal(like.datcollate)} lc_ctype ${literal(like.datctype)}${provider}`;
}

/** Facts known of a dump before it is loaded. */
export interface Expected {
  /** Rows of every table; undefined where they were not counted. */
  readonly tables?: readonly Table[];
  /** Size on its server, or an estimate of it. */
  readonly databaseBytes: number;
}

/** A loaded backup. */
export interface Loaded {
  /** Name of the new database. */
  readonly name: string;
  readonly tables: readonly Table[];
}

/**
 * Loads a backup into a new database, without privileges, and compares its row counts with those it was made with, where
 * those are known. Drops databases a killed run left unfinished first.
 * @param signal stops it before its next effect
 * @throws OperatorError with the new database dropped and Scani's untouched
 */
export async function load(
  server: Server,
  backup: Backup,
  expected: Expected,
  purpose: Exclude<Purpose, "before">,
  signal: AbortSignal,
): Promise<Loaded> {
  checkInterrupt(signal);
  await dropLeftovers(server, purpose);
  await checkRoom(server, expected.databaseBytes);
  const name = besideName(server.database, purpose, new Date());
  const [row] = await server.query<DatabaseRow>(
    `select to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(d.encoding)) from pg_database d where datname = ${literal(server.database)}`,
  );
  if (row === undefined) throw new OperatorError({ what: `There is no database ${server.database} on the server` });
  checkInterrupt(signal);
  try {
    // Inside the try: the engine's answer may be lost although the database was created.
    await server.run([...psql, "-c", createLike(name, row)], { database: server.maintenance });
    // Privileges are given afterwards: this server may lack the roles they name, and the data must come back all the same.
    await feed(
      server,
      backup.path,
      ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", `--dbname=${name}`],
      signal,
      name,
    );
    const tables = await count(server, name);
    const wrong = differences(expected.tables ?? tables, tables);
    if (wrong.length > 0)
      throw new OperatorError({
        what: `${backup.file} does not hold the rows that were counted when it was made:`,
        why: wrong.join("\n"),
      });
    return { name, tables };
  } catch (error) {
    await drop(server, name).catch(() => undefined);
    throw error;
  }
}

/** Counts the rows of every table of a database. */
async function count(server: Server, database: string): Promise<Table[]> {
  return rowsOf<Table>(await server.run(psql, { input: countQueries, database }));
}

/** Drops a database next to Scani's, and ends the connections to it. */
export async function drop(server: Server, name: string): Promise<void> {
  await server.run([...psql, "-c", `drop database if exists ${identifier(name)} with (force)`], {
    database: server.maintenance,
  });
}

async function dropLeftovers(server: Server, purpose: Purpose): Promise<void> {
  const beginning = besideName(server.database, purpose, new Date()).slice(0, -14);
  const names = await server.query<string>(
    `select to_jsonb(datname) from pg_database where starts_with(datname, ${literal(beginning)})`,
  );
  for (const name of names) await drop(server, name);
}

/** @throws OperatorError when the bundled Postgres has no room for a second copy of the data */
async function checkRoom(server: Server, databaseBytes: number): Promise<void> {
  if (!server.local) return;
  const [directory] = await server.query<string>("select to_jsonb(current_setting('data_directory'))");
  const unread = (why: string) => new OperatorError({ what: `The free space of Postgres cannot be read: ${why}` });
  const listing = await server.run(["df", "-Pk", directory]).catch((error: unknown) => {
    throw unread(messageOf(error));
  });
  const free = parseFree(listing);
  if (free === undefined) throw unread(listing);
  const needed = Math.ceil((databaseBytes + reserve) / 1024 / 1024);
  if (free < needed)
    throw new OperatorError({
      what: `Postgres has ${free} MiB of free space, and a second copy of the data needs ${needed} MiB. Nothing has been touched.`,
    });
}
