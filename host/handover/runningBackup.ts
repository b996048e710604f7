import type { Engine } from "../engine/engine";
import { makeBackup } from "../backup/make";
import { databaseFor, type InstallBackups } from "../backup/plan";
import { OperatorError, messageOf } from "../../util/operatorError";
import type { Progress } from "../../util/progress/progress";
import type { Candidate } from "./candidate";
import type { Install } from "../install/readFacts";
import { sizeText } from "../../util/sizeText";

/** Where and how a handover makes backups. */
export interface HandoverBackups extends InstallBackups {
  /** Absolute path of the folder they are in. */
  readonly folder: string;
  /** Only a preview: nothing may be pulled to find out. */
  readonly lookOnly?: boolean;
}

/** A backup in progress. */
export interface RunningBackup {
  /** Settles when it is complete, or has failed. */
  readonly done: Promise<void>;
  /** Ends it with nothing left of it; a complete one stays. */
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
  // Its failure is thrown to whoever awaits it; until then it must not count as unhandled.
  done.catch(() => undefined);
  return {
    done,
    abandon: () => {
      abandoned.abort();
      return done.catch(() => undefined);
    },
  };
}
