import type { Engine } from "../engine/engine";
import { makeBackup } from "../backup/make";
import { sizeText } from "../backup/manifest";
import { databaseFor } from "../backup/plan";
import type { BackupPlan } from "../install/backupPlan";
import { HostFailure, messageOf } from "../../util/failure";
import type { Progress } from "../../util/progress/progress";
import type { Candidate } from "./candidate";
import type { Install } from "../install/readFacts";

/** What a handover knows of backups. */
export interface HandoverBackups {
  readonly plan: BackupPlan;
  /** Whole path of the folder they are in. */
  readonly folder: string;
  /** Nothing may be fetched to find out: it is only a preview. */
  readonly lookOnly?: boolean;
}

/** A backup that is being made. */
export interface RunningBackup {
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
): RunningBackup {
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
