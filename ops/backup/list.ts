import { listBackups } from "../../host/backup/folder";
import type { Context } from "../context";
import { backupJson, backupTable } from "./show";
import { openTarget } from "./target";

/** Lists the backups there are, newest first. */
export async function backups(context: Context, base: string, options: { readonly json?: boolean }): Promise<void> {
  const { report } = context;
  // With --json nothing else may be printed.
  const { install, folder } = await openTarget(options.json ? { ...context, report: () => undefined } : context, base);
  const found = await listBackups(folder, install);
  report(options.json ? JSON.stringify(found.map(backupJson)) : backupTable(found, folder, Date.now()));
}
