import type { Engine } from "../engine/engine";
import { HostFailure } from "../../util/failure";
import type { Progress } from "../../util/progress/progress";
import { readContents } from "./dump";
import { checkWhole, type Backup } from "./folder";
import type { Manifest } from "./manifest";
import { besideName, drop, load } from "./scratch";
import { maintenance, psql, withServer, type Database, type Server } from "./server";
import { swap } from "./swap";

/** A restored database. */
export interface Restored {
  readonly manifest: Manifest;
  /** Name under which the data that was there before is kept. */
  readonly kept: string;
  /** What to type to remove it. */
  readonly dropCommand: string;
}

/**
 * Puts a backup in the place of the database. The data that was there is kept under another name.
 * @param isFree asked last of all, right before the exchange; throwing refuses it
 * @throws HostFailure; the database Scani uses has not been touched then
 */
export async function restore(
  engine: Engine,
  database: Database,
  backup: Backup,
  progress: Progress,
  isFree: () => Promise<void>,
): Promise<Restored> {
  const manifest = await progress.step("check the file", () => checkWhole(backup));
  return withServer(engine, database, async (server) => {
    await progress.step("read its table of contents", () => readContents(server, backup.path));
    const fresh = await progress.step("restore into a new database", () => load(server, backup, manifest, "restoring"));
    const kept = besideName(server.database, "before", new Date());
    try {
      // Without statistics the first hours of queries would be planned blindly.
      await progress.step("analyse it", () => server.run([...psql, "-c", "analyze"], { database: fresh }));
      await isFree();
      await progress.step("exchange it for the one in use", () => swap(server, fresh, kept));
    } catch (error) {
      if (await exists(server, fresh)) await drop(server, fresh);
      throw error;
    }
    return { manifest, kept, dropCommand: `${server.byHand("dropdb")} ${kept}` };
  });
}

/**
 * Loads a backup into a database of its own, compares, and drops it. @throws HostFailure when it is not what was there
 */
export async function verify(
  engine: Engine,
  database: Database,
  backup: Backup,
  progress: Progress,
): Promise<Manifest> {
  const manifest = await progress.step("check the file", () => checkWhole(backup));
  await withServer(engine, database, async (server) => {
    await progress.step("read its table of contents", () => readContents(server, backup.path));
    const name = await progress.step("restore into a scratch database and compare", () =>
      load(server, backup, manifest, "verifying"),
    );
    await progress.step("drop the scratch database", () => drop(server, name));
  });
  return manifest;
}

async function exists(server: Server, name: string): Promise<boolean> {
  const names = await server
    .query<string>("select to_jsonb(datname) from pg_database", maintenance)
    .catch(() => [] as string[]);
  return names.includes(name);
}

/** The newest backup that is not damaged. @throws HostFailure when there is none */
export function newestGood(backups: readonly Backup[]): Backup {
  const found = backups.find(({ damage }) => damage === undefined);
  if (found === undefined) throw new HostFailure("There is no good backup.\n  type: npm run backup");
  return found;
}
