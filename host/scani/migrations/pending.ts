import { commandToRun } from "../../engine/containers/commandToRun";
import type { Engine } from "../../engine/engine";
import { containerName, isOfBase } from "../../install/names/containerName";
import { OperatorError, messageOf } from "../../../util/operatorError";

/**
 * Migrations a migrate image ships and those a database has had, by name. The migrator keeps two ledgers, its own and
 * the job queue's; names of the queue's get the prefix `bullmq/`, so that they cannot be confused.
 */
export interface Schema {
  /** Names the migrate image ships, in the order they apply. */
  readonly shipped: readonly string[];
  /**
   * Names in the database's ledger; undefined where no ledger can be read: a managed database, or one never migrated.
   */
  readonly applied: readonly string[] | undefined;
}

const queuePrefix = "bullmq/";

/**
 * Folders of migrations in the migrate image, and the prefix of their names. Source: Scani's
 * packages/infra/db/Dockerfile.migrate.
 */
const folders = [
  { path: "/app/migrations", prefix: "" },
  { path: "/app/node_modules/bullmq/dist/esm/postgres/migrations", prefix: queuePrefix },
] as const;

/**
 * Returns migrations the image ships and the ledger lacks, which migrating would apply. Undefined without a ledger.
 * Pure.
 */
export function pendingIn({ shipped, applied }: Schema): string[] | undefined {
  if (applied === undefined) return undefined;
  const done = new Set(applied);
  return shipped.filter((name) => !done.has(name));
}

/**
 * Returns migrations in the ledger that the image does not ship: the database is newer than the image, whose migrator
 * would refuse it. The queue's are left out, since its migrator accepts a newer schema that declares itself compatible.
 * Pure.
 */
export function newerIn({ shipped, applied }: Schema): string[] {
  const known = new Set(shipped);
  return (applied ?? []).filter((name) => !name.startsWith(queuePrefix) && !known.has(name)).sort();
}

/**
 * Reads the image's migrations from its created container, which need not run, and the database's through the bundled
 * Postgres. For a managed database there is no client here, so its ledger is not read.
 * @throws OperatorError when the bundled Postgres does not answer
 */
export async function readSchema(
  engine: Engine,
  install: { readonly name: string },
  migrateContainerId: string,
): Promise<Schema> {
  const [shipped, applied] = await Promise.all([
    readShipped(engine, migrateContainerId),
    readApplied(engine, install.name),
  ]);
  return { shipped, applied };
}

/** Reads which migrations are pending now. */
export async function pendingMigrations(
  engine: Engine,
  install: { readonly name: string },
  migrateContainerId: string,
): Promise<string[] | undefined> {
  return pendingIn(await readSchema(engine, install, migrateContainerId));
}

/** Reads the migrations a migrate image ships, from a container of it that need not run. */
export async function readShipped(engine: Engine, container: string): Promise<string[]> {
  const read = await Promise.all(
    folders.map(async ({ path, prefix }) => namesIn(await engine.fileNames(container, path), prefix)),
  );
  return read.flat();
}

/**
 * Returns migration names among a folder's files: each `.sql` directly in the folder, in the migrator's order. Pure.
 */
export function namesIn(files: readonly string[], prefix = ""): string[] {
  return files
    .filter((file) => /^[^/]+\.sql$/.test(file))
    .map((file) => file.slice(0, -".sql".length))
    .sort()
    .map((name) => prefix + name);
}

/** Marks of the lines to parse, since psql's warnings come over the same stream. */
const marks = { ledger: "ledger-present", applied: "applied " } as const;

/** Input for psql that reads both ledgers; `parseApplied` parses its output. */
export const ledgerQueries = [
  "select to_regclass('drizzle.__scani_migrations') is not null as ledger, to_regclass('bullmq.migration') is not null as queue \\gset",
  "\\if :ledger",
  `\\echo ${marks.ledger}`,
  `select '${marks.applied}' || tag from drizzle.__scani_migrations order by tag;`,
  "\\endif",
  "\\if :queue",
  `select '${marks.applied}${queuePrefix}' || name from bullmq.migration order by version;`,
  "\\endif",
].join("\n");

/**
 * Shell command that reads both ledgers. It connects through the container's own socket as the role that owns the
 * database, which needs no password.
 */
const script = [
  'exec psql -X -q -At -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "${POSTGRES_DB:-$POSTGRES_USER}" <<\'END\'',
  ledgerQueries,
  "END",
].join("\n");

async function readApplied(engine: Engine, install: string): Promise<string[] | undefined> {
  const name = containerName(install, "postgres");
  const found = await engine.inspect(name);
  // If base has no Postgres of its own, somebody else's server may have the name.
  if (found === undefined || !isOfBase(found)) return undefined;
  const { exitCode, output } = await engine
    .exec(found.id, ["sh", "-c", script])
    .catch((error: unknown) => ({ exitCode: -1, output: messageOf(error) }));
  if (exitCode !== 0) {
    throw new OperatorError({
      what: `The migrations of Postgres (container ${name}) cannot be read: ${output}`,
      type: commandToRun(name, found.state),
    });
  }
  return parseApplied(output);
}

/** Parses the ledgers out of psql's output; undefined without a ledger, or with an empty one. Pure. */
export function parseApplied(output: string): string[] | undefined {
  const lines = output.split("\n").map((line) => line.trim());
  if (!lines.includes(marks.ledger)) return undefined;
  const applied = lines
    .filter((line) => line.startsWith(marks.applied))
    .map((line) => line.slice(marks.applied.length));
  // An empty ledger may exist next to that of an older migrator, which the new one has yet to import.
  return applied.some((name) => !name.startsWith(queuePrefix)) ? applied : undefined;
}
