import type { PreflightOrder } from "../preflight/preflight";
import type { HandoverBackups } from "./runningBackup";

/** Settings of a handover. Times in seconds. */
export interface Order extends PreflightOrder {
  readonly readyTimeout: number;
  readonly drainTimeout: number;
  readonly migrationTimeout: number;
  /** Time for which the new release is watched while the old one could still take over. */
  readonly soak: number;
  readonly backups: HandoverBackups;
  /** Permission to put files into a bucket that is somebody else's; undefined where the operator has not said. */
  readonly carryFiles?: "yes" | "no";
}
