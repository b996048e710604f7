import type { BackupRules } from "../install/data/backupPlan";
import { isInFuture } from "./retention";

/** Facts that decide whether a switch makes a backup first. */
export interface BackupFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Moment of the newest good backup, milliseconds since 1970; undefined where there is none. */
  readonly last?: number;
  /** Migrations the switch would apply; undefined where that cannot be known. */
  readonly pending?: readonly string[];
  /** True where the database has no tables, so that there is nothing to lose. */
  readonly empty: boolean;
}

/** Decision whether a switch makes a backup first. */
export interface BackupDecision {
  readonly due: boolean;
  /** In the operator's words. */
  readonly why: string;
  /** True when the schema stays as it is: the backup may run while the candidate starts, and ends before the flip. */
  readonly concurrent: boolean;
}

const hour = 3_600_000;

/** Decides whether a switch has to make a backup first. Pure. */
export function decideBackup(
  { now, last, pending, empty }: BackupFacts,
  { maxAge }: Pick<BackupRules, "maxAge">,
): BackupDecision {
  const due = (why: string, concurrent: boolean): BackupDecision => ({ due: true, why, concurrent });
  if (empty) return { due: false, why: "the database is empty", concurrent: false };
  if (pending === undefined) return due("which migrations are pending cannot be told", false);
  if (pending.length > 0)
    return due(
      `${pending.length === 1 ? "a migration is" : `${pending.length} migrations are`} pending: ${pending.join(", ")}`,
      false,
    );
  if (last === undefined) return due("there is none yet", true);
  const age = now - last;
  if (isInFuture(last, now)) return due("the last one is dated in the future", true);
  if (age > maxAge * hour) return due(`the last one is ${ageText(age)} old, over ${maxAge} h`, true);
  return { due: false, why: `the last one is ${ageText(age)} old`, concurrent: false };
}

/** Formats an age: `12 min`, `3 h`, `5 days`. Pure. */
export function ageText(milliseconds: number): string {
  // A database's server may be a little ahead of this machine.
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
