import type { PreflightOrder } from "../preflight/preflight";
import type { HandoverBackups } from "./runningBackup";

/** What a handover is told. Times in seconds. */
export interface Order extends PreflightOrder {
  readonly readyTimeout: number;
  readonly drainTimeout: number;
  readonly migrationTimeout: number;
  /** How long the new release is watched while the old one could still take over. */
  readonly soak: number;
  readonly backups: HandoverBackups;
  /** Whether files may go into a bucket that is somebody else's; undefined where the operator has not said. */
  readonly carryFiles?: "yes" | "no";
}
