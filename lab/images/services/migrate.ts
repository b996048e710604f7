import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { PoolClient } from "pg";
import { openDatabase } from "./lib/database";
import { createLog, errorText, fault, logCrashes } from "./lib/log";
import { LEDGER } from "./lib/schema";
import { Settings, urlOf } from "./lib/settings";

const LOCK = 4_711;

/** Folder of the migrations: every .sql file in it is one, identified by its name. */
const FOLDER = "/app/migrations";

const log = createLog("migrate");
logCrashes(log);
// As process 1 it would otherwise ignore SIGTERM.
process.on("SIGTERM", () => process.exit(143));
void main();

async function main(): Promise<void> {
  const settings = new Settings("migrate");
  const databaseUrl = settings.required("DATABASE_URL", urlOf("postgres:", "postgresql:"));
  settings.settle();
  refuseOtherHost(new URL(databaseUrl).hostname);
  if (fault === "migrate-fails") {
    fail("Migration failed", {
      migration: "0003_rows_note",
      error: 'stand-in fault migrate-fails: column "note" already exists',
    });
  }
  const pool = openDatabase(databaseUrl, log, 2);
  try {
    const client = await pool.connect();
    const applied = await migrate(client);
    client.release();
    await pool.end();
    log.info(applied.length > 0 ? "Migrations applied" : "Nothing to migrate", { applied });
    process.exit(0);
  } catch (error) {
    fail("Migration failed", { error: errorText(error) });
  }
}

/** Refuses a database host the caller has not named: a leftover connection string must not be migrated unnoticed. */
function refuseOtherHost(host: string): void {
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host)) return;
  const at = process.argv.indexOf("--allow-remote");
  const named = at < 0 ? undefined : (process.argv[at + 1] ?? "");
  if (named === host) return;
  const why =
    named === undefined ? "no --allow-remote given" : `--allow-remote ${named || "<missing value>"} is another host`;
  fail("Refusing to migrate a non-local database", { target: host, error: why });
}

interface Shipped {
  tag: string;
  sha256: string;
  sql: string;
}

function shipped(): Shipped[] {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  return names.map((name) => {
    const sql = readFileSync(`${FOLDER}/${name}`, "utf8");
    return { tag: name.slice(0, -".sql".length), sha256: createHash("sha256").update(sql).digest("hex"), sql };
  });
}

/** Applies each migration in one transaction; the lock makes a second migrator wait and then find nothing to do. */
async function migrate(client: PoolClient): Promise<string[]> {
  await client.query("select pg_advisory_lock($1)", [LOCK]);
  await client.query("create schema if not exists drizzle");
  await client.query(
    `create table if not exists ${LEDGER} (tag text primary key, sha256 text not null, applied_at timestamptz not null default now())`,
  );
  const recorded = await client.query<{ tag: string; sha256: string }>(
    `select tag, sha256 from ${LEDGER} order by tag`,
  );
  const files = shipped();
  refuseOtherTree(recorded.rows, files);
  const known = new Set(recorded.rows.map(({ tag }) => tag));
  const pending = files.filter(({ tag }) => !known.has(tag));
  for (const { tag, sha256, sql } of pending) {
    await client.query("begin");
    await client.query(sql);
    await client.query(`insert into ${LEDGER} (tag, sha256) values ($1, $2)`, [tag, sha256]);
    await client.query("commit");
  }
  return pending.map(({ tag }) => tag);
}

/** Refuses a set of files from which a migration that has run was removed, or in which it was edited. */
function refuseOtherTree(recorded: { tag: string; sha256: string }[], files: Shipped[]): void {
  const sums = new Map(files.map(({ tag, sha256 }) => [tag, sha256]));
  const vanished = recorded.filter(({ tag }) => !sums.has(tag)).map(({ tag }) => tag);
  if (vanished.length > 0) throw new Error(`applied migration(s) missing from this tree: ${vanished.join(", ")}`);
  const edited = recorded.filter(({ tag, sha256 }) => sums.get(tag) !== sha256).map(({ tag }) => tag);
  if (edited.length > 0) throw new Error(`applied migration(s) edited after they ran: ${edited.join(", ")}`);
}

function fail(msg: string, fields: Record<string, unknown>): never {
  log.fatal(msg, fields);
  process.exit(1);
}
