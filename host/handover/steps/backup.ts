import { beginBackup } from "../runningBackup";
import type { HandoverStep, Run } from "./step";
import type { Watch } from "../../engine/containers/ready";

/**
 * Makes a backup; concurrently with the steps that follow if the schema stays as it is, and complete before the flip.
 */
export class BackupStep implements HandoverStep {
  readonly id = "backup";

  /** @param concurrent true if the steps that follow do not wait for it */
  constructor(
    readonly why: string,
    readonly concurrent: boolean,
  ) {}

  describe(): string {
    return `back up the database ${this.concurrent ? "while the candidate starts" : "before anything else"}: ${this.why}`;
  }

  async perform(run: Run, { signal }: Watch): Promise<void> {
    const { engine, order, candidate, progress } = run;
    run.backup = beginBackup(engine, order.install, order.backups, candidate, this, progress, signal);
    if (!this.concurrent) await run.backup.done;
  }

  async undo({ backup }: Run): Promise<void> {
    await backup?.abandon();
  }
}

/** Waits until the backup that is made concurrently is complete. */
export class FinishBackupStep implements HandoverStep {
  readonly id = "finish-backup";

  describe(): string {
    return "wait until the backup is whole";
  }

  async perform({ backup }: Run): Promise<void> {
    await backup?.done;
  }
}
