import { resolve } from "node:path";
import type { BackupPlan } from "../install/data/backupPlan";
import type { StackNames } from "../install/names/stacks";
import type { Database } from "./server";

/** Returns the absolute path of the folder of backups. Pure. */
export function folderOf({ directory }: Pick<BackupPlan, "directory">, projectFolder: string): string {
  return resolve(projectFolder, directory);
}

/** Plan of an install's backups, and the stacks to name in messages about them. */
export interface InstallBackups {
  readonly plan: BackupPlan;
  readonly stacks: StackNames;
}

/** Returns how to reach the database. @param url read only for a managed Postgres; contains its password */
export async function databaseFor(
  install: string,
  { plan: { postgres, image, network, authority }, stacks }: InstallBackups,
  url: () => Promise<string>,
): Promise<Database> {
  return postgres === undefined
    ? { kind: "managed", install, image, network, authority, url: await url(), stacks }
    : { kind: "bundled", container: postgres, stacks };
}
