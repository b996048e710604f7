import { isRefused, type ContainerState, type Engine } from "../engine/engine";
import { checkInterrupt } from "../engine/containers/ready";
import { withUnstarted } from "../engine/containers/unstarted";
import { networkName } from "../install/network/addresses";
import type { Bucket } from "../install/storage/bucket";
import { containerName, renamedAmong, volumeNameOf } from "../install/names/containerName";
import { isLost, isUp } from "../install/facts";
import { momentaryLabels, removeLeftovers } from "../install/leftovers";
import { label } from "../install/names/labels";
import { releaseContainers } from "../install/readFacts";
import { psql, withServer, type Database } from "../backup/server";
import { ledgerQueries, newerIn, parseApplied, readShipped } from "../scani/migrations/pending";
import {
  composeCreate,
  composePull,
  dockerForceRemove,
  dockerRemoveVolume,
  dockerRename,
  upCommand,
} from "../../util/commands";
import { messageOf, OperatorError, renderProblem, type Problem } from "../../util/operatorError";
import { hasTakenOver, homeOf, missingData, moveDataBack } from "./postgres/moveData";
import { clearRemains, readNamedRemains, readRemains } from "./own";
import { leaveGoneNetwork } from "./phases/beside";
import { giveFilesBack, isTakenOver, readOwnBucket } from "./phases/files";
import { hasRelease, routedTier, startAgain, untilHealthy, type AdoptRun } from "./phases/phase";
import { retired } from "./phases/takeOver";
import { unstartable } from "./startable";
import { stopStrays } from "./strays";
import { isRecordOf, removeRecord, takesPort, writeRecord, type AdoptionRecord } from "./record";

/**
 * Gives everything back to compose, from any phase: new files are copied back, the data moves up again, and the
 * project's own containers are started. Nothing that was written meanwhile is lost: what the install made is removed
 * last, and its files are copied once more after it has stopped taking any. Compose's worker is the last to start, so
 * that no job comes before its file. Everything is read off the engine: Pulumi's state may be gone.
 */
export async function goBack(run: AdoptRun): Promise<void> {
  const { engine, install, record, stacks, progress } = run;
  const home = homeOf(install.name, record.postgres);
  // Compose's Scani has served since they were compared: what it has deleted must not come back.
  const bucket = record.filesCompared ? undefined : await readOwnBucket(run);
  // A server that `up` of base has waited for in vain would be waited for in vain again, for nothing but copies.
  const own = (await mayHaveServed(run)) ? bucket : undefined;
  const hasNothingNew = record.filesCompared === true || bucket !== own;
  await stopStrays(run);
  await progress.step("stop this module's worker", () => stopOwn(run, "worker"));
  // Copy most files while this module still serves.
  await copyBack(run, own);
  const moved = home !== undefined && (await hasTakenOver(engine, home));
  const closed = moved ? await close(run, own) : undefined;
  if (record.givenBack === undefined) await mark(run, "data", hasNothingNew);
  if (moved)
    await progress.step("move the data back", async () => {
      await engine.stop(containerName(install.name, "postgres"));
      await moveDataBack(engine, home);
    });
  await progress.step("start compose's containers again", () => startProject(run));
  // If the data was not moved, both used one database, and this module served until now.
  const compared = closed ?? (await close(run, own));
  const filesCompared = hasNothingNew || compared;
  await mark(run, "files", filesCompared);
  for (const name of retired(record)) await engine.disconnectNetwork(networkName(install.name, "data"), name);
  const { worker } = record.scani;
  if (worker !== undefined) await progress.step("start compose's worker again", () => startOf(run, worker));
  // They are on networks and volumes that are to be removed.
  await removeLeftovers(engine, install.name);
  for (const stack of ["tier2", "tier1", "base"] as const) await stacks.destroy(stack);
  // Pulumi's state does not know all of them, or is gone.
  await clearRemains(engine, await readNamedRemains(engine, install.name));
  const { containers: strange } = await readRemains(engine, install.name);
  if (strange.length > 0) run.closing.push(keptContainers(strange));
  for (const stack of ["base", "tier1", "tier2"] as const) await stacks.putBack(stack);
  for (const { name } of await engine.volumes([`${label.install}=${install.name}`])) {
    if (name === home?.volume || isRecordOf(install.name, name)) continue;
    const holdsFiles = record.objectStore !== undefined && name === volumeNameOf(install.name, "storage");
    if (holdsFiles && !filesCompared) run.closing.push(keptFiles(name));
    else await engine.removeVolume(name);
  }
  // The record is removed last, so that a killed way back can be continued.
  await removeRecord(engine, install.name);
}

/** Describes the steps of the way back, a line each. Pure. */
export function describeWayBack(record: AdoptionRecord): string[] {
  const { postgres, objectStore, install } = record;
  return [
    "stop this module's worker",
    ...(objectStore === undefined ? [] : [`copy what base's own bucket has and ${objectStore} lacks into that one`]),
    ...(postgres === undefined
      ? []
      : [
          `move the data back up in the volume ${postgres.volume}, where it was moved into its folder ${postgres.folder}`,
        ]),
    `start compose's containers again, with the restart policies they had: ${retired(record).join(", ")}`,
    `remove everything of the install ${install}: its containers, networks and volumes; settings become what they were before`,
  ];
}

/**
 * Refuses the way back where something prevents it, before anything is touched.
 * @param startsPostgres true where a Postgres that does not run may be started, to be asked for its migrations
 * @throws OperatorError with every reason
 */
export async function refuseWayBack(run: AdoptRun, startsPostgres = false): Promise<void> {
  const refuse = (problems: readonly (Problem | undefined)[], untouched: string): void => {
    const all = problems.filter((one) => one !== undefined);
    const heading = `${run.record.project} cannot be given back to compose as it is. Nothing has been ${untouched}.`;
    if (all.length > 0) throw new OperatorError(all, {}, heading);
  };
  const renamed = await renamedOwn(run);
  // A renamed container would be taken for one that is gone.
  const named = renamed === undefined ? [otherTier(run), goneStorage(run)] : [renamed];
  const others = [goneContainers(run), unstartable(run, retired(run.record)), otherStore(run), goneData(run)];
  refuse(await Promise.all([...others, ...named]), "touched");
  // It may start a Postgres, which makes an empty database where there is no data: so it comes last.
  refuse([await newerSchema(run, startsPostgres)], startsPostgres ? "given back" : "touched");
}

/**
 * Finds containers of this module's that were renamed: all that follows finds them by their names, and would neither stop
 * nor remove them. None once a run has given the data back: it has asked before, and a copy looks the same from the moment
 * at which what it was made from is removed.
 */
async function renamedOwn({ engine, install, record }: AdoptRun): Promise<Problem | undefined> {
  if (record.givenBack !== undefined) return undefined;
  const listed = await engine.containers({ labels: [`${label.install}=${install.name}`, label.service], all: true });
  const found = renamedAmong(listed);
  const images = await Promise.all(found.map(({ container }) => engine.image(container.imageId)));
  // One from an image of `docker commit` has that image's labels, and may be somebody's own.
  const renamed = found.filter((_, at) => images[at]?.labels[label.install] === undefined);
  if (renamed.length === 0) return undefined;
  const holders = await Promise.all(renamed.map(({ own }) => engine.inspect(own)));
  return {
    what: `Containers of this module's were renamed: ${renamed.map(({ container }) => container.name).join(", ")}.`,
    why: "The way back stops and removes what has a name of its kind. This gives such names again:",
    type: renamed.flatMap(({ container, own }, at) => [
      ...(holders[at] === undefined ? [] : [dockerRename(own, `${own}-other`)]),
      dockerRename(container.name, own),
    ]),
  };
}

/** Finds containers of compose's that were removed: they can neither be started nor receive files. */
async function goneContainers({ engine, record, compose }: AdoptRun): Promise<Problem | undefined> {
  const found = await Promise.all(retired(record).map(async (name) => ((await engine.inspect(name)) ? [] : [name])));
  const gone = found.flat();
  return gone.length === 0
    ? undefined
    : {
        what: `Containers of compose's are gone: ${gone.join(", ")}.`,
        why: "This makes them again without starting them:",
        type: composeCreate(compose, ...new Set(gone.flatMap((name) => record.services[name] ?? []))),
      };
}

/** Checks that compose still names the S3 server the files came from, since they go back to that one. */
async function otherStore({ engine, record, objects, compose }: AdoptRun): Promise<Problem | undefined> {
  const { objectStore } = record;
  if (objectStore === undefined || objects?.container === objectStore) return undefined;
  if ((await engine.inspect(objectStore)) === undefined) return undefined;
  return {
    what: `Compose's containers have been given another S3 server than ${objectStore}, so files cannot be given back.`,
    why: "Write S3_ENDPOINT into the .env file as it was, and make them anew without starting them:",
    type: composeCreate(compose),
  };
}

/** Checks that no other tier serves: its files are in another bucket, which the switch of tiers knows how to carry. */
async function otherTier(run: AdoptRun): Promise<Problem | undefined> {
  const { record, stacks } = run;
  const tier = await routedTier(run);
  return tier === record.tier
    ? undefined
    : {
        what: `${tier} serves, and compose's Scani is ${record.tier}: files that were uploaded meanwhile are where compose's does not look.`,
        why: "A switch brings them along:",
        type: upCommand(stacks.names[record.tier]),
      };
}

/**
 * True where a release of this module's may have served, and written files and migrated the database. Its containers may
 * have been removed by hand since.
 */
async function mayHaveServed(run: AdoptRun): Promise<boolean> {
  const { announced, givenBack } = run.record;
  return announced || givenBack !== undefined || (await hasRelease(run)) || isTakenOver(run);
}

/** Checks that base's S3 server can be asked for its files: without it those in its volume could not be copied. */
async function goneStorage(run: AdoptRun): Promise<Problem | undefined> {
  const { engine, install, record, stacks } = run;
  const storage = containerName(install.name, "storage");
  // Once the data is compose's base must not come up again; then the volume stays.
  if (record.objectStore === undefined || record.givenBack !== undefined) return undefined;
  if (!(await mayHaveServed(run))) return undefined;
  if (!(await engine.hasVolume(volumeNameOf(install.name, "storage")))) return undefined;
  if ((await readOwnBucket(run)) !== undefined) return undefined;
  const isThere = (await engine.inspect(storage)) !== undefined;
  return {
    what: `The container ${storage} is ${isThere ? "not this module's S3 server" : "gone"}, so the files in its volume cannot be given back.`,
    why: isThere ? "Rename that container, and make base's own again:" : "This makes it again:",
    type: upCommand(stacks.names.base),
  };
}

/** Checks that there is data, since compose's Postgres would make an empty database. A running one has its data. */
async function goneData({ engine, install, record: { postgres } }: AdoptRun): Promise<Problem | undefined> {
  const home = homeOf(install.name, postgres);
  if (home === undefined || (await engine.inspect(postgres?.container ?? ""))?.state === "running") return undefined;
  return missingData(engine, home);
}

/**
 * Returns the server the database is on: the managed one, or whichever of base's and compose's runs, since both have the
 * same data; where neither does, the one that has it. Undefined where nothing says how to reach the managed one.
 */
async function databaseNow({ engine, install, record, stacks }: AdoptRun): Promise<Database | undefined> {
  const home = homeOf(install.name, record.postgres);
  if (home === undefined || record.postgres === undefined) return stacks.managedDatabase();
  const [own, theirs] = [containerName(install.name, "postgres"), record.postgres.container];
  const at = (container: string): Database => ({ kind: "bundled", container, stacks: stacks.names });
  for (const name of [own, theirs]) if ((await engine.inspect(name))?.state === "running") return at(name);
  return at((await hasTakenOver(engine, home)) ? own : theirs);
}

/** Finds migrations newer than compose's images: their migrator would refuse them, and their api may not work. */
async function newerSchema(run: AdoptRun, startsPostgres: boolean): Promise<Problem | undefined> {
  const { engine, record, migrateImage, compose, progress, watch } = run;
  // Compose's Scani has been started on it.
  if (record.givenBack === "files") return undefined;
  const untold = (why: string): undefined => {
    progress.note(`Whether compose's images know the schema cannot be told: ${why}`);
  };
  const database = await databaseNow(run);
  const down = database?.kind === "bundled" ? await readDown(engine, database.container) : undefined;
  if (database === undefined || down !== undefined) {
    // A run that has given the data back has asked before.
    const isAsked = down !== undefined && record.givenBack !== undefined;
    if (isAsked || !(await mayHaveServed(run))) return undefined;
  }
  if (database === undefined) return untold("how to reach the managed database is in Pulumi's state, which is gone.");
  if (migrateImage === undefined || (await engine.image(migrateImage)) === undefined)
    return untold(`${migrateImage ?? "their migrator"} is not on the engine.`);
  if (down?.starts === false) return untold(`${down.name} is ${down.state}.`);
  if (down !== undefined && !startsPostgres)
    return untold(`${down.name} is ${down.state}. With --yes it is started first, and asked.`);
  const newer = await readNewer(run, migrateImage, database, down?.name).catch((error: unknown) => {
    checkInterrupt(watch.signal);
    // A managed server that does not answer fails compose's Scani no less than this module's, and the network it is
    // asked from may be gone with a base that was removed in part. One that does not start may be why all is given back.
    if ((database.kind === "managed" || down !== undefined) && (error instanceof OperatorError || isRefused(error)))
      return untold(messageOf(error));
    throw error;
  });
  return newer === undefined || newer.length === 0
    ? undefined
    : {
        what: `The database has had migrations that compose's images (${migrateImage}) do not know: ${newer.join(", ")}.`,
        why: "Write the version that serves now into compose's .env file (SCANI_IMAGE_TAG), make its containers anew in its folder, and type the same again.",
        type: [composePull(compose), composeCreate(compose)],
      };
}

/** A Postgres that does not run. */
interface Down {
  readonly name: string;
  readonly state: ContainerState | "gone";
  /** True where the engine can start it. */
  readonly starts: boolean;
}

/** Reads why a server cannot be asked; undefined for one that runs. */
async function readDown(engine: Engine, name: string): Promise<Down | undefined> {
  const there = await engine.inspect(name);
  if (there?.state === "running") return undefined;
  return { name, state: there?.state ?? "gone", starts: there !== undefined && !isLost(there) };
}

/**
 * Lists the migrations a database has had that an image does not ship.
 * @param down name of its server where that is to be started first
 */
async function readNewer(run: AdoptRun, image: string, database: Database, down?: string): Promise<string[]> {
  const { engine, install, progress } = run;
  if (down !== undefined)
    await progress.step(`start ${down}, which is asked for its migrations`, async () => {
      if (down === run.record.postgres?.container) await leaveGoneNetwork(run, down);
      await engine.start(down);
      await untilHealthy(run, down);
    });
  const order = { image, labels: momentaryLabels(install.name, "reader") };
  return withUnstarted(engine, order, async (reader) => {
    const [shipped, ledger] = await Promise.all([
      readShipped(engine, reader),
      withServer(engine, database, (server) => server.run(psql, { input: ledgerQueries }), false),
    ]);
    return newerIn({ shipped, applied: parseApplied(ledger) });
  });
}

/** Returns the note on a volume of files that have not been compared with the project's. Pure. */
function keptFiles(volume: string): string {
  return renderProblem({
    what: `The volume ${volume} stays: whether compose's S3 server has all of its files could not be told.`,
    why: "When you need nothing of it, this removes it:",
    type: dockerRemoveVolume(volume),
  });
}

/** Returns the note on containers that have an install's labels and other names than its own. Pure. */
function keptContainers(names: readonly string[]): string {
  return renderProblem({
    what: `Containers with this module's labels stay, since by their names they may be yours: ${names.join(", ")}.`,
    why: "While one is there, the project is not adopted again. When you need nothing of them, this removes them:",
    type: dockerForceRemove(...names),
  });
}

/** Records that from here on only the way back is possible. */
function mark(
  { engine, record, image }: AdoptRun,
  givenBack: AdoptionRecord["givenBack"],
  filesCompared: boolean,
): Promise<void> {
  return writeRecord(engine, { ...record, givenBack, filesCompared }, image, {});
}

/** Stops containers of this module's releases. @param service those of all services without it */
async function stopOwn({ engine, install }: AdoptRun, service?: string): Promise<void> {
  const own = (await releaseContainers(engine, install.name)).filter(isUp);
  await Promise.all(
    own.filter((one) => service === undefined || one.service === service).map(({ id }) => engine.stop(id)),
  );
}

/**
 * Stops this module's Scani, so that it takes no more requests and files, and copies back the last files.
 * @returns whether they have been compared
 */
async function close(run: AdoptRun, own: Bucket | undefined): Promise<boolean> {
  await run.progress.step("stop this module's Scani", () =>
    Promise.all([run.engine.stop(run.install.gateway), stopOwn(run)]),
  );
  return copyBack(run, own);
}

/**
 * Copies back what was uploaded meanwhile.
 * @param own undefined where there is nothing to copy
 * @returns whether the files of both have been compared
 */
async function copyBack(run: AdoptRun, own: Bucket | undefined): Promise<boolean> {
  const { objects, progress } = run;
  if (objects === undefined || own === undefined) return false;
  const { now } = await progress.step("copy files back", () => giveFilesBack(run, objects, own));
  progress.note(`${now} files`);
  return true;
}

/** Starts the project's containers except the worker as they were, first those that others need. */
async function startProject(run: AdoptRun): Promise<void> {
  const { engine, install, record } = run;
  const { api, worker, "data-provider": provider, "frontend-app": page } = record.scani;
  const scani = [provider, api, page].filter((one) => one !== undefined);
  const stores = retired(record).filter((name) => name !== worker && !scani.includes(name));
  for (const name of [...stores, ...scani]) {
    if (name === page && takesPort(record)) await engine.stop(install.gateway);
    await startOf(run, name);
  }
}

async function startOf(run: AdoptRun, name: string): Promise<void> {
  const { engine, install } = run;
  // A running one is borrowed by the release that serves, until all of that has stopped.
  if ((await engine.inspect(name))?.running === false)
    await engine.disconnectNetwork(networkName(install.name, "data"), name);
  await startAgain(run, name);
  await untilHealthy(run, name);
}
