import { listBackups } from "../../host/backup/folder";
import { readIdentity, withServer } from "../../host/backup/server";
import type { Context } from "../context";
import { backupJson, backupTable } from "./show";
import { openTarget } from "./target";

/** Lists the backups, newest first. */
export async function backups(context: Context, base: string, options: { readonly json?: boolean }): Promise<void> {
  const { engine, install, stacks, folder, database } = await openTarget(context, base);
  const [found, identity] = await Promise.all([
    listBackups({ folder, install, base: stacks.base }),
    // The list is needed most where the database does not answer.
    withServer(engine, database, readIdentity, false).catch(() => undefined),
  ]);
  context.print(
    options.json
      ? JSON.stringify(found.map((backup) => backupJson(backup, identity)))
      : backupTable(found, folder, Date.now(), identity),
  );
}
