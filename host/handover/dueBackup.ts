import type { Engine } from "../engine/engine";
import { decideBackup, type BackupDecision } from "../backup/due";
import { lastBackup } from "../backup/folder";
import { databaseFor } from "../backup/plan";
import { psql, readIdentity, withServer, type Database } from "../backup/server";
import { ledgerQueries, parseApplied, pendingIn } from "../scani/migrations/pending";
import type { Candidate } from "./candidate";
import type { DatabaseIdentity } from "../install/data/databaseIdentity";
import type { Install } from "../install/readFacts";
import { switches } from "./plan";
import type { HandoverBackups } from "./runningBackup";
import { BackupStep, FinishBackupStep } from "./steps/backup";
import type { Step } from "./steps";

/** Steps of a plan, with the backup if one is due, and the decision. */
export interface WithBackup {
  readonly steps: Step[];
  /** Undefined where nothing is switched. */
  readonly decision?: BackupDecision;
}

/**
 * Adds the backup a switch has to make first. Used by the preview and the handover, so that both agree.
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
  const database = await databaseFor(install.name, backups, candidate.databaseUrl);
  const [known, bundled] = await Promise.all([
    candidate.pending(),
    // If the identity cannot be read, no earlier backup counts as one of this database, and a new one is made.
    database.kind === "bundled" ? withServer(engine, database, readIdentity).catch(() => undefined) : undefined,
  ]);
  // If the ledger was readable the database is not empty, so skip the extra query.
  const { empty, applied, identity } =
    known === undefined
      ? await readDatabase(engine, database, backups.lookOnly !== true)
      : { empty: false, applied: undefined, identity: bundled };
  const place = { folder: backups.folder, install: install.name, base: backups.stacks.base };
  const last = await lastBackup(place, identity);
  const shipped = applied === undefined ? undefined : await candidate.shipped();
  const pending = known ?? (shipped && pendingIn({ shipped, applied }));
  const decision = decideBackup({ now: Date.now(), last, pending, empty }, backups.plan);
  return { steps: insertBackup(steps, decision), decision };
}

/** Adds the backup right after the preflight, if it is due; it is complete before the flip. Pure. */
export function insertBackup(steps: readonly Step[], { due, why, concurrent }: BackupDecision): Step[] {
  if (!due || !switches(steps)) return [...steps];
  return steps.flatMap((step): Step[] => {
    if (step.id === "preflight") return [step, new BackupStep(why, concurrent)];
    return concurrent && step.id === "flip" ? [new FinishBackupStep(), step] : [step];
  });
}

/** Reads from the database whether it has no table, its identity, and the migrations a managed one has had. */
async function readDatabase(
  engine: Engine,
  database: Database,
  pull: boolean,
): Promise<{ empty: boolean; applied: string[] | undefined; identity: DatabaseIdentity }> {
  return withServer(
    engine,
    database,
    async (server) => {
      const [empty] = await server.query<boolean>(
        "select to_jsonb(not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'))",
      );
      const applied =
        database.kind === "managed" ? parseApplied(await server.run(psql, { input: ledgerQueries })) : undefined;
      return { empty: empty === true, applied, identity: await readIdentity(server) };
    },
    pull,
  );
}
