import type { Engine } from "../engine/engine";
import { decideBackup, type BackupDecision } from "../backup/due";
import { lastBackup } from "../backup/folder";
import { databaseFor } from "../backup/plan";
import { psql, withServer, type Database } from "../backup/server";
import { ledgerQueries, parseApplied, pendingIn } from "../scani/migrations/pending";
import type { Candidate } from "./candidate";
import type { Install } from "../install/readFacts";
import { switches } from "./plan";
import type { HandoverBackups } from "./runningBackup";
import { BackupStep, FinishBackupStep } from "./steps/backup";
import type { Step } from "./steps";

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

/** The steps with the backup, if it is due, right after the preflight; whole before the flip. Pure. */
export function insertBackup(steps: readonly Step[], { due, why, beside }: BackupDecision): Step[] {
  if (!due || !switches(steps)) return [...steps];
  return steps.flatMap((step): Step[] => {
    if (step.id === "preflight") return [step, new BackupStep(why, beside)];
    return beside && step.id === "flip" ? [new FinishBackupStep(), step] : [step];
  });
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
