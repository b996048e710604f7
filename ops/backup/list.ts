import { listBackups } from "../../host/backup/folder";
import { readCluster, withServer } from "../../host/backup/server";
import type { Context } from "../context";
import { backupJson, backupTable } from "./show";
import { openTarget } from "./target";

/** Lists the backups, newest first. */
export async function backups(context: Context, base: string, options: { readonly json?: boolean }): Promise<void> {
  const { report } = context;
  // With --json, standard output is JSON only.
  const quiet = options.json ? { ...context, report: () => undefined } : context;
  const { engine, install, folder, database } = await openTarget(quiet, base);
  const [found, cluster] = await Promise.all([
    listBackups(folder, install),
    // The list is needed most where the database does not answer.
    withServer(engine, database, readCluster, false).catch(() => undefined),
  ]);
  report(
    options.json
      ? JSON.stringify(found.map((backup) => backupJson(backup, cluster)))
      : backupTable(found, folder, Date.now(), cluster),
  );
}
