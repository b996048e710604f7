import type { Engine } from "../engine/engine";
import { makeBackup } from "../backup/make";
import { databaseFor, type InstallBackups } from "../backup/plan";
import { OperatorError, messageOf } from "../../util/operatorError";
import type { Progress } from "../../util/progress/progress";
import type { Candidate } from "./candidate";
import type { Install } from "../install/readFacts";
import { sizeText } from "../../util/sizeText";

/** Settings of the backups a handover makes. */
export interface HandoverBackups extends InstallBackups {
  /** Absolute path of the folder with the backups. */
  readonly folder: string;
  /** True for a preview, which may pull no image. */
  readonly lookOnly?: boolean;
}

/** A backup in progress. */
export interface RunningBackup {
  /** Settles when the backup is complete, or has failed. */
  readonly done: Promise<void>;
  /** Ends the backup with nothing left of it; a complete one stays. */
  abandon(): Promise<void>;
}

/** Begins a step's backup. */
export function beginBackup(
  engine: Engine,
  install: Install,
  backups: HandoverBackups,
  candidate: Candidate,
  { why }: { readonly why: string },
  progress: Progress,
  signal: AbortSignal,
): RunningBackup {
  const abandoned = new AbortController();
  const done = progress.step(`back up the database (${why})`, async () => {
    const database = await databaseFor(install.name, backups, candidate.databaseUrl);
    const made = await makeBackup(
      engine,
      { install: install.name, database, folder: backups.folder, kept: backups.plan.kept, why },
      AbortSignal.any([signal, abandoned.signal]),
    ).catch((error: unknown) => {
      throw new OperatorError({
        what: `The database could not be backed up, so nothing has been switched: ${messageOf(error)}`,
      });
    });
    progress.note(`${made.file}, ${sizeText(made.bytes)}, ${made.tables.length} tables`);
  });
  // Its failure reaches whoever awaits `done`; until then it must not count as an unhandled rejection.
  done.catch(() => undefined);
  return {
    done,
    abandon: () => {
      abandoned.abort();
      return done.catch(() => undefined);
    },
  };
}
