import { resolve } from "node:path";
import type { BackupPlan } from "../install/data/backupPlan";
import type { StackNames } from "../install/names/stacks";
import type { Database } from "./server";

/** Absolute path of the folder of backups. Pure. */
export function folderOf({ directory }: Pick<BackupPlan, "directory">, projectFolder: string): string {
  return resolve(projectFolder, directory);
}

/** How an install's database is backed up, and the stacks to name in messages about it. */
export interface InstallBackups {
  readonly plan: BackupPlan;
  readonly stacks: StackNames;
}

/** How to reach the database. @param url read only for a managed Postgres; contains its password */
export async function databaseFor(
  install: string,
  { plan: { postgres, image, network, authority }, stacks }: InstallBackups,
  url: () => Promise<string>,
): Promise<Database> {
  return postgres === undefined
    ? { kind: "managed", install, image, network, authority, url: await url(), stacks }
    : { kind: "bundled", container: postgres, stacks };
}
