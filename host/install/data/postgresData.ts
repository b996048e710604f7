/** Path of the bundled Postgres' data, on a volume of its own. */
export const postgresDataPath = "/var/lib/postgresql/data";

/** Folders in memory it may write to besides its data; its root file system is read-only. */
export const postgresFolders: readonly string[] = ["/tmp", "/var/run/postgresql"];

/** Folder of its volume that adopted data is moved into. */
export const adoptedFolder = "scani-data";

/** Returns the path of the data when it is in a folder of the volume. Pure. */
export function postgresDataIn(folder: string | undefined): string {
  return folder === undefined ? postgresDataPath : `${postgresDataPath}/${folder}`;
}
