import { resolve } from "node:path";
import type { BackupRules } from "./due";
import type { Database } from "./server";

/** How an install's database is backed up: what base knows of it. No secrets. */
export interface BackupPlan extends BackupRules {
  /** Folder of the backups as the operator gave it; relative ones begin at the project's folder. */
  readonly directory: string;
  /** Container of the bundled Postgres; absent where it is managed. */
  readonly postgres?: string;
  /** Image whose tools read a managed Postgres. */
  readonly image: string;
  /** Network from which a managed Postgres is reached. */
  readonly network: string;
}

/** Whole path of the folder of the backups. Pure. */
export function folderOf({ directory }: BackupPlan, projectFolder: string): string {
  return resolve(projectFolder, directory);
}

/** Where the data is. @param url asked only for a managed Postgres; holds its password */
export async function databaseFor(install: string, { postgres, image, network }: BackupPlan, url: () => Promise<string>): Promise<Database> {
  return postgres === undefined ? { kind: "managed", install, image, network, url: await url() } : { kind: "bundled", container: postgres };
}
