import { resolve } from "node:path";
import type { BackupPlan } from "../install/backupPlan";
import type { Database } from "./server";

/** Whole path of the folder of the backups. Pure. */
export function folderOf({ directory }: BackupPlan, projectFolder: string): string {
  return resolve(projectFolder, directory);
}

/** Where the data is. @param url asked only for a managed Postgres; holds its password */
export async function databaseFor(
  install: string,
  { postgres, image, network }: BackupPlan,
  url: () => Promise<string>,
): Promise<Database> {
  return postgres === undefined
    ? { kind: "managed", install, image, network, url: await url() }
    : { kind: "bundled", container: postgres };
}
