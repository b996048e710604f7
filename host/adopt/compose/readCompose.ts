import { posix, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { details, isNotFound, type ContainerSummary, type Engine } from "../../engine/engine";
import { environmentIn } from "../../install/services/environment";
import { adoptCommand, composeList } from "../../../util/commands";
import { OperatorError } from "../../../util/operatorError";
import {
  isMigrator,
  migratorsBeside,
  partsOf,
  versionLabel,
  type ComposeContainer,
  type ComposeProject,
  type Migrator,
} from "./project";

/** Labels compose gives its containers, of every version since 1.5. */
export const composeLabel = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  folder: "com.docker.compose.project.working_dir",
  files: "com.docker.compose.project.config_files",
  envFiles: "com.docker.compose.project.environment_file",
  oneOff: "com.docker.compose.oneoff",
  version: "com.docker.compose.version",
} as const;

/** Lists the containers of every compose project, in whatever state. */
export function composeContainers(engine: Engine): Promise<ContainerSummary[]> {
  return engine.containers({ labels: [composeLabel.project], all: true });
}

/** Reads every compose project that runs Scani. */
export async function readProjects(engine: Engine): Promise<ComposeProject[]> {
  const listed = await composeContainers(engine);
  const all = listed.filter(({ labels }) => labels[composeLabel.oneOff]?.toLowerCase() !== "true");
  const names = [...new Set(all.map(({ labels }) => labels[composeLabel.project] ?? ""))].sort();
  const projects = await Promise.all(
    names.map(async (name): Promise<ComposeProject> => {
      const own = all.filter(({ labels }) => labels[composeLabel.project] === name);
      const read = await Promise.all(own.map((one) => readPresent(engine, one)));
      const containers = read.filter((one) => one !== undefined);
      const ran = listed.filter(({ labels, image }) => labels[composeLabel.project] === name && isMigrator(image));
      const { api } = partsOf({ containers });
      const migrator = await readMigrator(engine, ran[0]?.image, api);
      // The api's labels are current, unlike those of containers that a change of the compose file has left behind.
      const labels = (api ?? containers[0])?.labels ?? {};
      const folder = labels[composeLabel.folder] ?? "";
      const files = pathsIn(folder, standardFile, labels[composeLabel.files]);
      const envFiles = pathsIn(folder, standardEnvFile, labels[composeLabel.envFiles]);
      return { name, folder, files, envFiles, version: labels[composeLabel.version], containers, migrator };
    }),
  );
  return projects.filter((project) => partsOf(project).api !== undefined);
}

/** Names of files that compose finds by itself. */
const standardFile = /^(docker-)?compose(\.override)?\.ya?ml$/;
const standardEnvFile = /^\.env$/;

/**
 * Returns files a label of compose's names, by their paths from the project's folder; none where compose finds all of
 * them there. Pure.
 */
function pathsIn(folder: string, standard: RegExp, label = ""): string[] {
  const named = label.split(",").filter((file) => file !== "");
  // Compose 1 names them as they were typed, from an unknown folder: the first one's folder is the project's.
  const first = posix.dirname(named[0] ?? "");
  const typedIn = folder.endsWith(`/${first}`) ? folder.slice(0, -first.length - 1) : folder;
  const files = named
    .map((file) => (posix.isAbsolute(file) ? file : posix.relative(folder, posix.join(typedIn, file))))
    .map((file) => (file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file));
  return files.every((file) => standard.test(file)) ? [] : files;
}

/**
 * Reads the compose project that is to be adopted.
 * @param named a project's name or its folder; without it the only one there is
 * @throws OperatorError when there is none, or several and no name
 */
export async function readProject(engine: Engine, named: string | undefined, here: string): Promise<ComposeProject> {
  const projects = await readProjects(engine);
  const found =
    named === undefined
      ? projects
      : projects.filter(({ name, folder }) => name === named || folder === resolve(here, named));
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  const names = projects.map(({ name, folder }) => `${name} (${folder})`).join(", ");
  throw new OperatorError(
    projects.length === 0
      ? {
          what: "No compose project on this engine runs Scani's api, so there is nothing to adopt.",
          why: "The containers have to exist; their compose file is not read.",
          type: composeList,
        }
      : {
          what: `${only === undefined ? `There is no compose project ${named} that runs Scani.` : "Which project?"} There are ${names}.`,
          type: projects.map(({ name }) => adoptCommand(name)),
        },
  );
}

/**
 * Reads the migrator's image, where it is on the engine: the one compose has run, else the one named like the api's, by
 * its tag or its version. One of the api's own version comes first: a tag that moves may mean another one.
 * @param ran image of a container that has run it; most often there is none any more
 */
async function readMigrator(
  engine: Engine,
  ran: string | undefined,
  api: ComposeContainer | undefined,
): Promise<Migrator | undefined> {
  const names = [ran, ...(api === undefined ? [] : migratorsBeside(api))];
  const found = await Promise.all(
    [...new Set(names.filter((name) => name !== undefined))].map(async (image) => {
      const one = await engine.image(image);
      return one === undefined ? [] : [{ image, imageId: one.id, imageLabels: one.labels }];
    }),
  );
  const all = found.flat();
  const wanted = api?.imageLabels[versionLabel];
  return all.find(({ imageLabels }) => wanted !== undefined && imageLabels[versionLabel] === wanted) ?? all[0];
}

/** Reads a container that was listed as one of its project; undefined where it has been removed meanwhile. */
export async function readPresent(
  engine: Engine,
  { id, labels }: Pick<ContainerSummary, "id" | "labels">,
): Promise<ComposeContainer | undefined> {
  try {
    return await readContainer(engine, id, labels[composeLabel.service] ?? "");
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Reads a container as one of a project. */
export async function readContainer(engine: Engine, id: string, service: string): Promise<ComposeContainer> {
  const found = await details(engine, id);
  const { name, state, health, image, imageId, environment, mounts, aliases, restartPolicy } = found;
  const [made, named, owner] = await Promise.all([
    engine.image(imageId),
    engine.image(image),
    found.networkOwner === undefined ? undefined : engine.inspect(found.networkOwner),
  ]);
  const { networks, published } = owner ?? found;
  return {
    id,
    name,
    service,
    state,
    health,
    labels: found.labels,
    image,
    imageId,
    namedId: named?.id,
    environment: environmentIn(environment),
    ofImage: environmentIn(made?.environment ?? []),
    imageLabels: made?.labels ?? {},
    digests: made?.digests ?? [],
    mounts,
    arguments: found.arguments,
    networks,
    networkOwner: owner?.name,
    aliases,
    links: found.links,
    extraHosts: (found.confinement.ExtraHosts ?? []).map((line) => line.split(/[:=]/)[0]),
    published,
    restartPolicy,
    options: found.options,
    ownProgram:
      made?.program !== undefined && !isDeepStrictEqual(made.program, [...found.entrypoint, ...found.arguments]),
    // Docker reports 0 where there is no limit.
    memory: found.confinement.Memory || undefined,
    sharedMemory: found.confinement.ShmSize,
  };
}
