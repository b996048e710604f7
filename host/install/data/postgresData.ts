/** Where the bundled Postgres keeps its data, on a volume of its own. */
export const postgresDataPath = "/var/lib/postgresql/data";

/** Folders it may write to beside its data, in memory; its root file system is read-only. */
export const postgresFolders: readonly string[] = ["/tmp", "/var/run/postgresql"];

/** Where it keeps them when they are in a folder of the volume. Pure. */
export function postgresDataIn(folder: string | undefined): string {
  return folder === undefined ? postgresDataPath : `${postgresDataPath}/${folder}`;
}
