import type { Engine } from "../engine/engine";
import { decideBackup, type BackupDecision } from "../backup/due";
import { lastBackup } from "../backup/folder";
import { databaseFor } from "../backup/plan";
import { psql, readCluster, withServer, type Database } from "../backup/server";
import { ledgerQueries, parseApplied, pendingIn } from "../scani/migrations/pending";
import type { Candidate } from "./candidate";
import type { Install } from "../install/readFacts";
import { switches } from "./plan";
import type { HandoverBackups } from "./runningBackup";
import { BackupStep, FinishBackupStep } from "./steps/backup";
import type { Step } from "./steps";

/** Steps with the backup among them, if one is due, and the decision. */
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
  const [known, bundledCluster] = await Promise.all([
    candidate.pending(),
    // Unknown where it cannot be read: then no backup counts as this cluster's, and one is made.
    database.kind === "bundled" ? withServer(engine, database, readCluster).catch(() => undefined) : undefined,
  ]);
  // If the ledger was readable the database is not empty, so skip the extra query.
  const { empty, applied, cluster } =
    known === undefined
      ? await readDatabase(engine, database, backups.lookOnly !== true)
      : { empty: false, applied: undefined, cluster: bundledCluster };
  const last = await lastBackup(backups.folder, install.name, cluster);
  const shipped = applied === undefined ? undefined : await candidate.shipped();
  const pending = known ?? (shipped && pendingIn({ shipped, applied }));
  const decision = decideBackup({ now: Date.now(), last, pending, empty }, backups.plan);
  return { steps: insertBackup(steps, decision), decision };
}

/** Adds the backup right after the preflight, if it is due; it is complete before the flip. Pure. */
export function insertBackup(steps: readonly Step[], { due, why, beside }: BackupDecision): Step[] {
  if (!due || !switches(steps)) return [...steps];
  return steps.flatMap((step): Step[] => {
    if (step.id === "preflight") return [step, new BackupStep(why, beside)];
    return beside && step.id === "flip" ? [new FinishBackupStep(), step] : [step];
  });
}

/** Reads from the database whether it has any table, its cluster, and the migrations a managed one has had. */
async function readDatabase(
  engine: Engine,
  database: Database,
  pull: boolean,
): Promise<{ empty: boolean; applied: string[] | undefined; cluster: string | undefined }> {
  return withServer(
    engine,
    database,
    async (server) => {
      const [empty] = await server.query<boolean>(
        "select to_jsonb(not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'))",
      );
      const applied =
        database.kind === "managed" ? parseApplied(await server.run(psql, { input: ledgerQueries })) : undefined;
      return { empty: empty === true, applied, cluster: await readCluster(server) };
    },
    pull,
  );
}
