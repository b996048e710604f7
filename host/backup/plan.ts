import { resolve } from "node:path";
import type { BackupPlan } from "../install/backupPlan";
import type { Database } from "./server";

/** Absolute path of the folder of backups. Pure. */
export function folderOf({ directory }: Pick<BackupPlan, "directory">, projectFolder: string): string {
  return resolve(projectFolder, directory);
}

/** How to reach the database. @param url read only for a managed Postgres; contains its password */
export async function databaseFor(
  install: string,
  { postgres, image, network, authority }: BackupPlan,
  url: () => Promise<string>,
): Promise<Database> {
  return postgres === undefined
    ? { kind: "managed", install, image, network, authority, url: await url() }
    : { kind: "bundled", container: postgres };
}
