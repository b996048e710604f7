import type { Report } from "../../util/progress/progress";
import { listBackups } from "../../host/backup/folder";
import { readCluster, withServer } from "../../host/backup/server";
import { home, type Place } from "../place";
import { backupJson, backupTable } from "./show";
import { openTarget } from "./target";

/** Lists the backups, newest first. */
export async function backups(
  base: string,
  options: { readonly json?: boolean },
  report: Report,
  place: Place = home,
): Promise<void> {
  // With --json, standard output is JSON only.
  const { engine, install, folder, database } = await openTarget(base, place, options.json ? () => undefined : report);
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
