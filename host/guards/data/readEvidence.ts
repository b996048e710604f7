import { psql, readIdentity, readMajors, withServer } from "../../backup/server";
import { details, isConflict, isNotFound, type ContainerDetails, type Engine } from "../../engine/engine";
import { withUnstartedIfThere } from "../../engine/containers/unstarted";
import { managedDatabaseAt } from "../../install/data/databaseIdentity";
import { adoptedFolder, postgresDataIn, postgresDataPath } from "../../install/data/postgresData";
import { variableIn } from "../../install/services/environment";
import { momentaryLabels } from "../../install/leftovers";
import { label } from "../../install/names/labels";
import { databaseQuestion, parseAnswer, type Found } from "./databaseAnswer";
import type { Evidence } from "./evidence";
import type { DataPlace, ManagedPlace } from "../../install/data/dataPlace";
import type { StackNames } from "../../install/names/stacks";
import { credentialQueries, credentialsIn } from "../../scani/credentials";
import { problemsOf } from "../../../util/operatorError";
import { fingerprintsFile, parseFingerprints } from "./secretFingerprints";
import { postgresLibc } from "./postgresLibc";
import { postgresMajor } from "./postgresMajor";

type Postgres = NonNullable<DataPlace["postgres"]>;

/** Settings for asking a managed database. */
export interface Asking {
  /** The install's own stacks, for the commands in messages. */
  readonly stacks: StackNames;
  /** True if the image with the tools may be pulled; a preview pulls nothing. */
  readonly pull: boolean;
}

/** Reads the evidence of the data. All at once, since every preview waits for it: a list, an image, one exec. */
export async function readEvidence(
  engine: Engine,
  { install, volumes, postgres, managed }: DataPlace,
  asking: Asking,
): Promise<Evidence> {
  if (postgres === undefined) {
    const [strangers, keyInUse, found] = await Promise.all([
      strangersOn(engine, install, volumes),
      keyOfRunningApi(engine, install),
      managed && askManaged(engine, install, managed, asking),
    ]);
    return { strangers, keyInUse, ...found };
  }
  const [strangers, image, ranOn, found] = await Promise.all([
    strangersOn(engine, install, volumes),
    postgres.image === undefined ? undefined : imageOf(engine, postgres.image),
    engine.inspect(postgres.container),
    askContainer(engine, postgres).then<VolumeFound>((answer) => answer ?? askVolume(engine, install, postgres)),
  ]);
  return {
    strangers,
    ...image,
    ranOn: ranOn && { image: ranOn.image, libc: postgresLibc(ranOn.image, ranOn.environment) },
    dataPath: found.major === undefined ? undefined : (found.path ?? (ranOn && dataPathOn(postgres.volume, ranOn))),
    volumeMajor: found.major,
    fingerprints: found.fingerprints,
    database: found.database,
    cluster: found.cluster,
  };
}

/** Docker's own network, for as long as base has not been brought up and has no networks. */
const defaultNetwork = "bridge";

/** Asks a managed database from a container made for it. If it does not answer, nothing is refused for that. */
async function askManaged(
  engine: Engine,
  install: string,
  { url, image, network, authority }: ManagedPlace,
  { stacks, pull }: Asking,
): Promise<Pick<Evidence, "managed" | "majors" | "database" | "unread">> {
  const named = managedDatabaseAt(url);
  try {
    const there = await engine.networks([`${label.install}=${install}`]);
    const from = there.some(({ name }) => name === network) ? network : defaultNetwork;
    return await withServer(
      engine,
      { kind: "managed", install, url, image, network: from, authority, stacks },
      async (server) => {
        const [{ cluster }, majors, stored] = await Promise.all([
          readIdentity(server),
          readMajors(server),
          server.run(psql, { input: credentialQueries }),
        ]);
        return { managed: { ...named, cluster }, majors, database: { credentials: credentialsIn(stored) } };
      },
      pull,
    );
  } catch (error) {
    return { managed: named, unread: problemsOf(error)[0]?.what };
  }
}

/** Lists running containers on these volumes that are not the install's own. */
async function strangersOn(
  engine: Engine,
  install: string,
  volumes: readonly string[],
): Promise<Evidence["strangers"]> {
  const users = await engine.containers({ volumes });
  return users
    .filter(({ labels }) => labels[label.install] !== install)
    .map(({ name, volumes: mounted }) => ({
      container: name,
      volume: mounted.find((volume) => volumes.includes(volume)) ?? "",
    }));
}

async function keyOfRunningApi(engine: Engine, install: string): Promise<string | undefined> {
  const [api] = await engine.containers({ labels: [`${label.install}=${install}`, `${label.service}=api`] });
  if (api === undefined) return undefined;
  const { environment } = await details(engine, api.id);
  return variableIn(environment, "ENCRYPTION_KEY");
}

async function imageOf(
  engine: Engine,
  image: string,
): Promise<Pick<Evidence, "imageMajor" | "imageDataPath" | "imageLibc">> {
  const found = await engine.image(image);
  return {
    imageMajor: postgresMajor(image, found?.environment),
    imageDataPath: found && (variableIn(found.environment, "PGDATA") ?? ""),
    imageLibc: postgresLibc(image, found?.environment),
  };
}

/**
 * Asks the container: by a command in it where it runs, by its files where it is stopped. Undefined where it does not
 * exist.
 */
async function askContainer(engine: Engine, { container: name, role, database }: Postgres): Promise<Found | undefined> {
  try {
    return parseAnswer((await engine.exec(name, databaseQuestion(role, database))).output);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (isConflict(error)) return filesOf(engine, name, await dataPathIn(engine, name));
    throw error;
  }
}

/** Data found in a volume. */
interface VolumeFound extends Found {
  /** Where it is, as a container that has the volume sees it. */
  readonly path?: string;
}

/**
 * Reads a volume that no container of this install has, through a container made for it that is never started. Its data
 * may be elsewhere than the settings say: not moved into its folder yet, or in the one adopted data is moved into.
 */
async function askVolume(
  engine: Engine,
  install: string,
  { volume, path = postgresDataPath, image }: Postgres,
): Promise<VolumeFound> {
  const there = image !== undefined && (await engine.hasVolume(volume));
  if (!there) return {};
  const volumes = [{ name: volume, path: postgresDataPath }];
  const order = { image, labels: momentaryLabels(install, "reader"), volumes };
  const read = await withUnstartedIfThere(engine, order, async (reader) => {
    for (const place of [path, postgresDataPath, postgresDataIn(adoptedFolder)]) {
      const found = await filesOf(engine, reader, place);
      if (found.major !== undefined) return { ...found, path: place };
    }
    return {};
  });
  return read ?? {};
}

/** Returns the folder a container's Postgres keeps its data in, where it has the volume. Pure. */
function dataPathOn(volume: string, { mounts, environment }: ContainerDetails): string | undefined {
  return mounts.some(({ source }) => source === volume) ? variableIn(environment, "PGDATA") : undefined;
}

/** Returns the folder a container's Postgres keeps its data in. */
async function dataPathIn(engine: Engine, container: string): Promise<string> {
  return variableIn((await engine.inspect(container))?.environment ?? [], "PGDATA") ?? postgresDataPath;
}

async function filesOf(engine: Engine, container: string, path: string): Promise<Found> {
  const [major, fingerprints] = await Promise.all([
    engine.readFile(container, `${path}/PG_VERSION`),
    engine.readFile(container, `${path}/${fingerprintsFile}`),
  ]);
  return { major: major?.trim(), fingerprints: parseFingerprints(fingerprints) };
}
