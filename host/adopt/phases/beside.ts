import { makeBackup } from "../../backup/make";
import { lastBackup, listBackups } from "../../backup/folder";
import { sizeText } from "../../backup/manifest";
import { newestGood, verify } from "../../backup/restore";
import { readCluster, withServer, type Database } from "../../backup/server";
import { networkName } from "../../install/addresses";
import { containerName } from "../../install/containerName";
import type { Bucket } from "../../install/bucket";
import type { StackNames } from "../../install/stacks";
import { lacking, networkOf, ObjectCopy, type Copied } from "../objects";
import { homeOf, whereIsData } from "../moveData";
import type { ObjectSource } from "../project";
import { startAgain, type AdoptRun, type Phase } from "./phase";

/** Hours a backup counts as one made for the adoption. */
const backupHours = 24;

/** A backup by compose's own Postgres, read back and compared. */
export class BackupPhase implements Phase {
  readonly title = "backup";

  describe(): string {
    return "back the database up by compose's own Postgres, and read the backup back";
  }

  async done({ engine, install, record, stacks, backups }: AdoptRun): Promise<boolean> {
    // A managed database is backed up by the switch, as always.
    if (record.postgres === undefined || (await engine.inspect(record.postgres.container))?.state !== "running")
      return true;
    const cluster = await withServer(engine, databaseOf(record.postgres.container, stacks.names), readCluster);
    const last = await lastBackup(backups.folder, install.name, cluster);
    return last !== undefined && Date.now() - last < backupHours * 3_600_000;
  }

  async perform({ engine, install, record, stacks, backups, progress, watch }: AdoptRun): Promise<void> {
    const database = databaseOf(record.postgres?.container ?? "", stacks.names);
    const made = await progress.step("back up the database", () =>
      makeBackup(engine, { install: install.name, database, why: "adoption", ...backups }, watch.signal),
    );
    progress.note(`${made.file}, ${sizeText(made.bytes)}, ${made.tables.length} tables`);
    const found = await listBackups(backups.folder, install.name);
    await verify(engine, database, newestGood(found.filter(({ file }) => file === made.file)), progress, watch.signal);
  }
}

function databaseOf(container: string, stacks: StackNames): Database {
  return { kind: "bundled", container, stacks };
}

/** Base beside the project: own Redis, S3 server, mail catcher and gateway, on compose's Postgres. */
export class BesidePhase implements Phase {
  readonly title = "base beside it";

  describe({ postgres }: AdoptRun["record"]): string {
    return `bring base up beside it${postgres === undefined ? "" : `, on the Postgres of ${postgres.container}`}`;
  }

  async done(run: AdoptRun): Promise<boolean> {
    const { engine, install, record } = run;
    const [gateway, postgres] = await Promise.all([
      engine.inspect(install.gateway),
      engine.inspect(record.postgres?.container ?? ""),
    ]);
    if (gateway?.state !== "running") return false;
    if (postgres === undefined) return true;
    if (postgres.state === "running") return postgres.networks.includes(networkName(install.name, "data"));
    return !(await isNeeded(run));
  }

  async perform(run: AdoptRun): Promise<void> {
    const { engine, record, stacks, progress } = run;
    const { container = "" } = record.postgres ?? {};
    // Stopped by hand, or by a run that was killed before it moved the data.
    if ((await engine.inspect(container))?.running === false && (await isNeeded(run)))
      await progress.step(`start ${container}`, () => startAgain(run, container));
    await progress.step("bring base up", () => stacks.up("base"));
  }
}

/** The project's files, in base's own bucket. */
export class ObjectsPhase implements Phase {
  readonly title = "files";

  describe({ objectStore }: AdoptRun["record"]): string {
    return objectStore === undefined
      ? "nothing: the bucket is not the project's own, and stays"
      : `copy the files of ${objectStore} into base's own bucket, and compare them`;
  }

  async done(run: AdoptRun): Promise<boolean> {
    const { engine, install, objects } = run;
    // From then on base's own bucket is the newer one.
    if (objects === undefined || (await hasTakenOver(run))) return true;
    const [theirs, own] = await Promise.all([
      engine.inspect(objects.container),
      engine.inspect(containerName(install.name, "storage")),
    ]);
    if (theirs?.state !== "running") return true;
    if (own?.state !== "running") return false;
    return betweenBuckets(run, objects, async (copy, here) => {
      const [wanted, there] = await Promise.all([copy.list(objects), copy.list(here)]);
      return lacking(wanted, there).length === 0;
    });
  }

  async perform(run: AdoptRun): Promise<void> {
    const { objects, now } = await run.progress.step("copy the files", () => copyObjects(run));
    run.progress.note(`${objects} files, ${now} of them copied now`);
  }
}

/** True where the data is still where compose's Postgres has it, so that nothing else can serve it. */
async function isNeeded(run: AdoptRun): Promise<boolean> {
  const home = homeOf(run.install.name, run.record.postgres);
  if (home === undefined || (await hasTakenOver(run))) return false;
  return (await whereIsData(run.engine, home)) === "in the volume";
}

/** True where base's own Postgres is on the project's data: only this module's Scani has written since. */
export async function hasTakenOver({ engine, install, record }: AdoptRun): Promise<boolean> {
  const own = await engine.inspect(containerName(install.name, "postgres"));
  return own?.mounts.some(({ source }) => source === record.postgres?.volume) === true;
}

/** Copies what base's bucket lacks, or the other way round. */
export async function copyObjects(run: AdoptRun, back = false): Promise<Copied> {
  const { objects } = run;
  if (objects === undefined) return { objects: 0, bytes: 0, now: 0 };
  return betweenBuckets(run, objects, (copy, here) => (back ? copy.copy(here, objects) : copy.copy(objects, here)));
}

/** Works with what reaches both buckets. @param work given base's own as it is reached from there */
async function betweenBuckets<T>(
  { engine, install, stacks, image }: AdoptRun,
  objects: ObjectSource,
  work: (copy: ObjectCopy, here: Bucket) => Promise<T>,
): Promise<T> {
  const own = await stacks.ownBucket();
  const storage = containerName(install.name, "storage");
  const copy = await ObjectCopy.open(engine, install.name, image, [
    await networkOf(engine, objects.container),
    networkName(install.name, "data"),
  ]);
  try {
    return await work(copy, { ...own, endpoint: `http://${storage}:${new URL(own.endpoint).port}` });
  } finally {
    await copy.close();
  }
}
