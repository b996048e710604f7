import type { Engine } from "../engine/engine";
import { hostname, userInfo } from "node:os";
import { dump, readBack } from "./dump";
import { discard, listBackups, prepareFolder, publish, removeBackup } from "./folder";
import { countsFor, dumpName, type Manifest } from "./manifest";
import { superseded } from "./retention";
import { readIdentity, withServer, type Database } from "./server";
import { checkInterrupt } from "../engine/containers/ready";

/** A backup to be made. */
export interface BackupOrder {
  readonly install: string;
  readonly database: Database;
  /** Whole path of the folder, on the machine this runs on. */
  readonly folder: string;
  /** Number of good backups to keep. */
  readonly kept: number;
  /** Why it is made, in the operator's words. */
  readonly why: string;
}

/**
 * Makes a backup: dumps the database to the disk, reads the dump back, gives it its name, then removes older backups of
 * the same database. Another install of the same name may keep its own in the same folder.
 * @param signal stops it before its next effect
 * @throws OperatorError with nothing left of it, and the older backups in place
 */
export async function makeBackup(engine: Engine, order: BackupOrder, signal: AbortSignal): Promise<Manifest> {
  const { install, folder } = order;
  const file = dumpName(install, new Date());
  const place = { folder, install, base: order.database.stacks.base };
  await prepareFolder(place);
  return withServer(engine, order.database, async (server) => {
    try {
      const identity = await readIdentity(server);
      const dumped = await dump(server, place, file, identity, signal);
      await readBack(server, folder, file, signal);
      const manifest: Manifest = {
        version: 1,
        file,
        install,
        ...identity,
        why: order.why,
        by: `${userInfo().username}@${hostname()}`,
        ...dumped,
        tables: [...dumped.tables],
      };
      checkInterrupt(signal);
      await publish(place, manifest);
      const own = (await listBackups(place)).filter((one) => one.manifest && countsFor(one.manifest, identity));
      for (const old of superseded(own, file, order.kept)) await removeBackup(folder, old.file);
      return manifest;
    } catch (error) {
      await discard(folder, file);
      throw error;
    }
  });
}
