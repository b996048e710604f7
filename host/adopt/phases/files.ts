import { networkName } from "../../install/network/addresses";
import type { Bucket } from "../../install/storage/bucket";
import { bucketServedBy } from "../../install/storage/uploads";
import { containerName } from "../../install/names/containerName";
import { OperatorError } from "../../../util/operatorError";
import { composeCreate, upCommand } from "../../../util/commands";
import { NoAnswer, ObjectCopy, reachedAt, type Copied, type ServedBucket } from "../objects";
import { hasTakenOver, homeOf } from "../postgres/moveData";
import type { ObjectSource } from "../compose/project";
import { writeRecord } from "../record";
import { unstartable } from "../startable";
import { untilHealthy, type AdoptRun, type Phase } from "./phase";

/** Phase that copies the project's files into base's own bucket. */
export class FilesPhase implements Phase {
  readonly title = "files";

  describe({ objectStore }: AdoptRun["record"]): string {
    return objectStore === undefined
      ? "nothing: the bucket is not the project's own, and stays"
      : `copy the files of ${objectStore} into base's own bucket, and compare them`;
  }

  async done(run: AdoptRun): Promise<boolean> {
    const { engine, install, objects } = run;
    if (await areFilesOurs(run)) return true;
    const [theirs, storage] = await Promise.all([
      engine.inspect(objects?.container ?? ""),
      engine.inspect(containerName(install.name, "storage")),
    ]);
    // The files of a server that does not run cannot be listed.
    if (objects === undefined || theirs?.state !== "running" || storage?.state !== "running") return false;
    const own = bucketServedBy(storage);
    if (own === undefined) return false;
    return betweenBuckets(run, objects, own, (copy, there, here) => copy.isDone(there, here));
  }

  async perform(run: AdoptRun): Promise<void> {
    await takeFiles(run, "copy the files");
  }
}

/**
 * True where the project can no longer write files that base's own bucket lacks: base's are the newer ones from then
 * on. Also true where the bucket is not the project's own.
 */
async function areFilesOurs(run: AdoptRun): Promise<boolean> {
  return run.record.objectStore === undefined || isTakenOver(run);
}

/** True once only this module's Scani writes. A stopped container proves nothing: somebody else may have stopped it. */
export async function isTakenOver({ engine, install, record }: AdoptRun): Promise<boolean> {
  const home = homeOf(install.name, record.postgres);
  return home === undefined ? record.takenOver === true : hasTakenOver(engine, home);
}

/**
 * Reads base's own bucket off its S3 server, so that it is known without Pulumi's state too. Holds its keys. Undefined
 * where there is no such server.
 */
export async function readOwnBucket({
  engine,
  install,
}: Pick<AdoptRun, "engine" | "install">): Promise<Bucket | undefined> {
  const server = await engine.inspect(containerName(install.name, "storage"));
  return server && bucketServedBy(server);
}

/**
 * Copies files that the project's S3 server has and base's own lacks, unless base's are the newer ones by now. A
 * stopped server is started for it.
 */
export async function takeFiles(run: AdoptRun, title: string): Promise<void> {
  if (await areFilesOurs(run)) return;
  const { objects, record, compose, stacks, progress } = run;
  if (objects === undefined)
    throw new OperatorError({
      what: `The container of the project's S3 server, ${record.objectStore}, is gone, so its files cannot be copied.`,
      why: "This makes it again without starting it:",
      type: composeCreate(compose, ...[record.services[record.objectStore ?? ""]].filter((one) => one !== undefined)),
    });
  const own = await readOwnBucket(run);
  if (own === undefined)
    throw new OperatorError({
      what: `Stack ${stacks.names.base} has not been brought up yet.`,
      type: upCommand(stacks.names.base),
    });
  const problem = await unstartable(run, [objects.container]);
  if (problem !== undefined) throw new OperatorError(problem);
  const found = await progress.step(title, async () => {
    await start(run, objects.container);
    return betweenBuckets(run, objects, own, (copy, there, here) => copy.copy(there, here));
  });
  progress.note(`${found.objects} files, ${found.now} of them copied now`);
}

/** Copies back files that base's own bucket has and the project's lacks. Both servers are started for it. */
export async function giveFilesBack(run: AdoptRun, objects: ObjectSource, own: Bucket): Promise<Copied> {
  await start(run, containerName(run.install.name, "storage"));
  await start(run, objects.container);
  return betweenBuckets(run, objects, own, (copy, there, here) => copy.copy(here, there));
}

/**
 * Records what the project's S3 server has besides the copied files, before it is stopped: a volume with more in it is
 * not removed with them. A server that does not run has nothing else than before.
 * @returns the record as it is then
 */
export async function recordUncopied(run: AdoptRun): Promise<AdoptRun["record"]> {
  const { engine, image, objects, record } = run;
  if (objects === undefined || (await engine.inspect(objects.container))?.state !== "running") return record;
  const uncopied = await withCopy(run, objects, (copy, there) => copy.uncopied(there, objects.container)).catch(
    (error: unknown) => {
      if (error instanceof NoAnswer) return undefined;
      throw error;
    },
  );
  const asked = { ...record, uncopied };
  await writeRecord(engine, asked, image, {});
  return asked;
}

async function start(run: AdoptRun, server: string): Promise<void> {
  await run.engine.start(server);
  await untilHealthy(run, server);
}

/**
 * Does work with a container that reaches both buckets.
 * @param own base's, as a container on the data network reaches it
 * @param work receives the copy, the project's bucket and base's own, each with the container it is reached at
 */
function betweenBuckets<T>(
  run: AdoptRun,
  objects: ObjectSource,
  own: Bucket,
  work: (copy: ObjectCopy, there: ServedBucket, here: ServedBucket) => Promise<T>,
): Promise<T> {
  const here = { ...own, container: containerName(run.install.name, "storage") };
  return withCopy(run, objects, (copy, there) => work(copy, there, here));
}

/** Does work with a container that reaches the project's S3 server and base's, and the project's bucket as it does. */
async function withCopy<T>(
  { engine, install, image }: AdoptRun,
  objects: ObjectSource,
  work: (copy: ObjectCopy, there: ServedBucket) => Promise<T>,
): Promise<T> {
  const { container, trusted } = objects;
  const certificates = trusted && (await engine.readFile(trusted.container, trusted.path));
  const { network, name } = await reachedAt(engine, container);
  const networks = [network, networkName(install.name, "data")] as const;
  const copy = await ObjectCopy.open(engine, install.name, image, networks, certificates);
  try {
    return await work(copy, { ...objects, container: name });
  } finally {
    await copy.close();
  }
}
