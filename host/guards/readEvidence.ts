import type Docker from "dockerode";
import { postgresDataPath } from "../install/postgresData";
import { variableIn } from "../install/environment";
import { label } from "../install/labels";
import { exec } from "../engine/exec";
import { readFile } from "../engine/files";
import { databaseQuestion, parseAnswer, type Found } from "./databaseAnswer";
import type { Evidence } from "./evidence";
import type { DataPlace } from "../install/dataPlace";
import { keptFile, parseKept } from "./kept";
import { postgresMajor } from "./postgresMajor";

type Postgres = NonNullable<DataPlace["postgres"]>;

/** Reads what is true of the data. All at once, since every preview waits for it: a list, an image, one exec. */
export async function readEvidence(docker: Docker, { install, volumes, postgres }: DataPlace): Promise<Evidence> {
  if (postgres === undefined) {
    const [strangers, keyInUse] = await Promise.all([strangersOn(docker, install, volumes), keyOfRunningApi(docker, install)]);
    return { strangers, keyInUse };
  }
  const [strangers, imageMajor, found] = await Promise.all([
    strangersOn(docker, install, volumes),
    postgres.image === undefined ? undefined : majorOfImage(docker, postgres.image),
    askContainer(docker, postgres).then((answer) => answer ?? askVolume(docker, install, postgres)),
  ]);
  return { strangers, imageMajor, volumeMajor: found.major, kept: found.kept, database: found.database };
}

/** Running containers on one of these volumes that are not the install's own. */
async function strangersOn(docker: Docker, install: string, volumes: readonly string[]): Promise<Evidence["strangers"]> {
  const users = await docker.listContainers({ filters: { volume: [...volumes] } });
  return users.filter(({ Labels }) => Labels[label.install] !== install).map(({ Names, Mounts }) => ({
    container: (Names[0] ?? "").replace(/^\//, ""),
    volume: Mounts.find(({ Name }) => volumes.includes(Name ?? ""))?.Name ?? "",
  }));
}

async function keyOfRunningApi(docker: Docker, install: string): Promise<string | undefined> {
  const [api] = await docker.listContainers({ filters: { label: [`${label.install}=${install}`, `${label.service}=api`] } });
  if (api === undefined) return undefined;
  const { Config: config } = await docker.getContainer(api.Id).inspect();
  return variableIn(config.Env, "ENCRYPTION_KEY");
}

async function majorOfImage(docker: Docker, image: string): Promise<string | undefined> {
  const found = await docker.getImage(image).inspect().catch(unlessMissing);
  return postgresMajor(image, found?.Config.Env);
}

/** Asks the container: by a command in it where it runs, by its files where it is stopped. Undefined where there is none. */
async function askContainer(docker: Docker, { container: name, role, database }: Postgres): Promise<Found | undefined> {
  const container = docker.getContainer(name);
  try {
    return parseAnswer((await exec(container, databaseQuestion(role, database))).output);
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode === 404) return undefined;
    if (statusCode === 409) return filesOf(container);
    throw error;
  }
}

/** Reads a volume that no container of this install has, through one that is made for it and never started. */
async function askVolume(docker: Docker, install: string, { volume, image }: Postgres): Promise<Found> {
  const there = image !== undefined && await docker.getVolume(volume).inspect().catch(unlessMissing);
  if (!there) return {};
  const reader = await docker.createContainer({
    Image: image,
    Labels: { [label.install]: install },
    HostConfig: {
      NetworkMode: "none",
      // NoCopy: an empty volume must not be given what the image has in that folder.
      Mounts: [{ Type: "volume", Source: volume, Target: postgresDataPath, ReadOnly: true, VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: "local", Options: {} } } }],
    },
  }).catch(unlessMissing);
  if (reader === undefined) return {};
  try {
    return await filesOf(reader);
  } finally {
    await reader.remove({ force: true });
  }
}

async function filesOf(container: Docker.Container): Promise<Found> {
  const [major, kept] = await Promise.all([readFile(container, `${postgresDataPath}/PG_VERSION`), readFile(container, `${postgresDataPath}/${keptFile}`)]);
  return { major: major?.trim(), kept: parseKept(kept) };
}

function unlessMissing(error: { statusCode?: number }): undefined {
  if (error.statusCode !== 404) throw error;
}
