import type { Engine } from "../engine/engine";
import { hostname, userInfo } from "node:os";
import { dump, readBack } from "./dump";
import { discard, listBackups, prepareFolder, publish, removeBackup } from "./folder";
import { dumpName, type Manifest } from "./manifest";
import { superseded } from "./retention";
import { withServer, type Database } from "./server";

/** A backup to be made. */
export interface BackupOrder {
  readonly install: string;
  readonly database: Database;
  /** Whole path of the folder, on the machine this runs on. */
  readonly folder: string;
  /** How many good ones are kept. */
  readonly kept: number;
  /** Why, in the operator's words. */
  readonly why: string;
}

/**
 * Makes a backup: dumped, on the disk, read back, and only then given its name. Then older ones go.
 * @throws HostFailure with nothing left of it; the backups there were stay
 */
export async function makeBackup(engine: Engine, order: BackupOrder, signal: AbortSignal): Promise<Manifest> {
  const { install, folder } = order;
  const file = dumpName(install, new Date());
  await prepareFolder(folder, install);
  return withServer(engine, order.database, async (server) => {
    try {
      const dumped = await dump(server, folder, file, signal);
      await readBack(server, folder, file);
      const manifest: Manifest = {
        version: 1,
        file,
        install,
        database: server.database,
        why: order.why,
        by: `${userInfo().username}@${hostname()}`,
        ...dumped,
        tables: [...dumped.tables],
      };
      await publish(folder, manifest);
      for (const old of superseded(await listBackups(folder, install), order.kept))
        await removeBackup(folder, old.file);
      return manifest;
    } catch (error) {
      await discard(folder, file);
      throw error;
    }
  });
}
