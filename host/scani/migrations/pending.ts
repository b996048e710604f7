import type { Engine } from "../../engine/engine";
import { label } from "../../install/labels";
import { HostFailure, messageOf } from "../../../util/failure";

/**
 * What a migrate image carries and what a database has had, by name. The migrator keeps two ledgers by name, its own
 * and that of the job queue; names of the queue begin with `bullmq/`, so that the two cannot be taken for each other.
 */
export interface Schema {
  /** Names the migrate image ships, in the order they apply. */
  readonly shipped: readonly string[];
  /**
   * Names on record in the database; undefined where there is no record to read: a managed database, or one never
   * migrated.
   */
  readonly applied: readonly string[] | undefined;
}

const queuePrefix = "bullmq/";

/**
 * Folders of the migrate image, and what the names in them begin with. Source: Scani's
 * packages/infra/db/Dockerfile.migrate.
 */
const folders = [
  { path: "/app/migrations", prefix: "" },
  { path: "/app/node_modules/bullmq/dist/esm/postgres/migrations", prefix: queuePrefix },
] as const;

/**
 * Names the image ships that are not on record: what migrating would apply. Undefined where that cannot be known. Pure.
 */
export function pendingIn({ shipped, applied }: Schema): string[] | undefined {
  if (applied === undefined) return undefined;
  const done = new Set(applied);
  return shipped.filter((name) => !done.has(name));
}

/**
 * Names on record that the image does not ship: the database is newer than the image, and its migrator would refuse.
 * The queue's own are left out: its migrator accepts a newer schema as long as that says it is compatible. Pure.
 */
export function newerIn({ shipped, applied }: Schema): string[] {
  const known = new Set(shipped);
  return (applied ?? []).filter((name) => !name.startsWith(queuePrefix) && !known.has(name)).sort();
}

/**
 * Reads both sides: the image through its created container, which need not run, and the database through the bundled
 * Postgres. A managed database has no client here, so nothing is known of it.
 * @throws HostFailure when the bundled Postgres does not answer
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

/** `pendingIn` of what is there now. */
export async function pendingMigrations(
  engine: Engine,
  install: { readonly name: string },
  migrateContainerId: string,
): Promise<string[] | undefined> {
  return pendingIn(await readSchema(engine, install, migrateContainerId));
}

/** Names a migrate image ships, by a container of it that need not run. */
export async function readShipped(engine: Engine, container: string): Promise<string[]> {
  const read = await Promise.all(
    folders.map(async ({ path, prefix }) => namesIn(await engine.fileNames(container, path), prefix)),
  );
  return read.flat();
}

/**
 * Migration names among a folder's files: each `.sql` that lies in the folder itself, sorted as the migrator sorts.
 * Pure.
 */
export function namesIn(files: readonly string[], prefix = ""): string[] {
  return files
    .filter((file) => /^[^/]+\.sql$/.test(file))
    .map((file) => file.slice(0, -".sql".length))
    .sort()
    .map((name) => prefix + name);
}

/** Marks the lines that are meant, since psql's warnings come over the same stream. */
const marks = { ledger: "ledger-present", applied: "applied " } as const;

/** What psql is given to read both ledgers; `parseApplied` reads what it prints. */
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

/** Asks over the container's own socket, as the role that owns the database, so that no password is needed. */
const script = [
  'exec psql -X -q -At -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "${POSTGRES_DB:-$POSTGRES_USER}" <<\'END\'',
  ledgerQueries,
  "END",
].join("\n");

async function readApplied(engine: Engine, install: string): Promise<string[] | undefined> {
  const [found] = await engine.containers({
    labels: [`${label.install}=${install}`, `${label.service}=postgres`],
    all: true,
  });
  if (found === undefined) return undefined;
  const name = found.name || found.id;
  const { exitCode, output } = await engine
    .exec(found.id, ["sh", "-c", script])
    .catch((error: unknown) => ({ exitCode: -1, output: messageOf(error) }));
  if (exitCode !== 0) {
    throw new HostFailure(
      `Postgres (container ${name}) does not tell which migrations it has had: ${output}\n  type: npm run up -- base`,
    );
  }
  return parseApplied(output);
}

/** Names on record, out of what the script printed; undefined without a ledger, or with one that is empty. Pure. */
export function parseApplied(output: string): string[] | undefined {
  const lines = output.split("\n").map((line) => line.trim());
  if (!lines.includes(marks.ledger)) return undefined;
  const applied = lines
    .filter((line) => line.startsWith(marks.applied))
    .map((line) => line.slice(marks.applied.length));
  // An empty one may stand beside the record of an older migrator, which the new one is still to take over.
  return applied.some((name) => !name.startsWith(queuePrefix)) ? applied : undefined;
}
