import { details, isNotFound, type Engine } from "../engine/engine";
import { decideBackup, type BackupDecision } from "../backup/due";
import { lastBackup } from "../backup/folder";
import { makeBackup } from "../backup/make";
import { sizeText } from "../backup/manifest";
import { databaseFor } from "../backup/plan";
import type { BackupPlan } from "../install/backupPlan";
import { psql, withServer, type Database } from "../backup/server";
import { variableIn } from "../install/environment";
import { label } from "../install/labels";
import { HostFailure, messageOf } from "../../util/failure";
import { ledgerQueries, parseApplied, pendingIn, pendingMigrations, readShipped } from "../scani/migrations/pending";
import type { Progress } from "../../util/progress/progress";
import { switches, type Step } from "./plan";
import type { Install } from "../install/survey";

/** What a handover knows of backups. */
export interface HandoverBackups {
  readonly plan: BackupPlan;
  /** Whole path of the folder they are in. */
  readonly folder: string;
  /** Nothing may be fetched to find out: it is only a preview. */
  readonly lookOnly?: boolean;
}

/** The release that is to serve, as far as its database goes. */
export interface Candidate {
  /** Migrations it would carry out; undefined where the bundled Postgres cannot say. */
  pending(): Promise<readonly string[] | undefined>;
  /** Migrations its image ships; undefined where the image is not here. */
  shipped(): Promise<readonly string[] | undefined>;
  /** Holds a password. */
  databaseUrl(): Promise<string>;
}

/** A candidate whose migrator has a container. */
export function createdCandidate(
  engine: Engine,
  migrate: string,
  pending: () => Promise<readonly string[] | undefined>,
): Candidate {
  return {
    pending,
    shipped: () => readShipped(engine, migrate),
    databaseUrl: async () => {
      const { environment } = await details(engine, migrate);
      const url = variableIn(environment, "DATABASE_URL");
      if (url === undefined)
        throw new HostFailure("The release's migrator has no DATABASE_URL, so the database cannot be backed up");
      return url;
    },
  };
}

/**
 * A candidate of which a preview knows no more than the image: a container that never runs is made of it, read and
 * removed.
 */
export function declaredCandidate(engine: Engine, install: Install, image: string, databaseUrl: string): Candidate {
  const reading = async <T>(read: (migrate: string) => Promise<T>): Promise<T | undefined> => {
    const container = await engine
      .create({ image, labels: { [label.install]: install.name } })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
    try {
      return container === undefined ? undefined : await read(container);
    } finally {
      if (container !== undefined) await engine.remove(container);
    }
  };
  return {
    pending: () => reading((migrate) => pendingMigrations(engine, install, migrate)),
    shipped: () => reading((migrate) => readShipped(engine, migrate)),
    databaseUrl: async () => databaseUrl,
  };
}

/** Steps with the backup in its place, if one is due, and why it is or is not. */
export interface WithBackup {
  readonly steps: Step[];
  /** Undefined where nothing is switched, so nobody asks. */
  readonly decision?: BackupDecision;
}

/**
 * Adds the backup a switch has to make first. Used by the preview and by the handover, so that the one says what the
 * other does.
 * @param steps of a plan
 */
export async function withBackup(
  engine: Engine,
  install: Install,
  backups: HandoverBackups,
  steps: Step[],
  candidate: Candidate,
): Promise<WithBackup> {
  if (!switches(steps)) return { steps };
  const [known, last] = await Promise.all([candidate.pending(), lastBackup(backups.folder, install.name)]);
  // What has a record of migrations is not empty, and its record has been read.
  const { empty, applied } =
    known === undefined
      ? await look(
          engine,
          await databaseFor(install.name, backups.plan, candidate.databaseUrl),
          backups.lookOnly !== true,
        )
      : { empty: false, applied: undefined };
  const shipped = applied === undefined ? undefined : await candidate.shipped();
  const pending = known ?? (shipped && pendingIn({ shipped, applied }));
  const decision = decideBackup({ now: Date.now(), last, pending, empty }, backups.plan);
  return { steps: insertBackup(steps, decision), decision };
}

/** The steps with the backup before the first of them, if it is due; whole before the flip. Pure. */
export function insertBackup(steps: readonly Step[], { due, why, beside }: BackupDecision): Step[] {
  if (!due || !switches(steps)) return [...steps];
  const backup: Step = { do: "backup", why, beside };
  return [
    backup,
    ...steps.flatMap<Step>((step) => (beside && step.do === "flip" ? [{ do: "finish-backup" }, step] : [step])),
  ];
}

/** A backup that is being made. */
export interface BesideBackup {
  /** Settles when it is whole, or has failed. */
  readonly done: Promise<void>;
  /** Ends it, with nothing left of it; what is whole stays. */
  abandon(): Promise<void>;
}

/** Begins the backup of a step. */
export function beginBackup(
  engine: Engine,
  install: Install,
  { plan, folder }: HandoverBackups,
  candidate: Candidate,
  { why }: { readonly why: string },
  progress: Progress,
  signal: AbortSignal,
): BesideBackup {
  const abandoned = new AbortController();
  const done = progress.step(`back up the database (${why})`, async () => {
    const database = await databaseFor(install.name, plan, candidate.databaseUrl);
    const made = await makeBackup(
      engine,
      { install: install.name, database, folder, kept: plan.kept, why },
      AbortSignal.any([signal, abandoned.signal]),
    ).catch((error: unknown) => {
      throw new HostFailure(`The database could not be backed up, so nothing has been switched: ${messageOf(error)}`);
    });
    progress.note(`${made.file}, ${sizeText(made.bytes)}, ${made.tables.length} tables`);
  });
  // Whoever waits for it hears of its failure; until then it is nobody's.
  done.catch(() => undefined);
  return {
    done,
    abandon: () => {
      abandoned.abort();
      return done.catch(() => undefined);
    },
  };
}

/**
 * What the database itself says: whether it has a table of anybody's, and, if it is a managed one, which migrations it
 * has had.
 */
async function look(
  engine: Engine,
  database: Database,
  pull: boolean,
): Promise<{ empty: boolean; applied: string[] | undefined }> {
  return withServer(
    engine,
    database,
    async (server) => {
      const [empty] = await server.query<boolean>(
        "select to_jsonb(not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'))",
      );
      const applied =
        database.kind === "managed" ? parseApplied(await server.run(psql, { input: ledgerQueries })) : undefined;
      return { empty: empty === true, applied };
    },
    pull,
  );
}
