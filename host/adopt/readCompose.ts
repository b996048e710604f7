import { resolve } from "node:path";
import { details, type Engine } from "../engine/engine";
import type { Environment } from "../install/environment";
import { adoptCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import { partsOf, type ComposeContainer, type ComposeProject } from "./project";

/** Labels compose gives its containers, of every version since 1.5. */
const compose = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  folder: "com.docker.compose.project.working_dir",
  oneOff: "com.docker.compose.oneoff",
} as const;

/** Reads every compose project that runs Scani. */
export async function readProjects(engine: Engine): Promise<ComposeProject[]> {
  const all = (await engine.containers({ labels: [compose.project], all: true })).filter(
    ({ labels }) => labels[compose.oneOff]?.toLowerCase() !== "true",
  );
  const names = [...new Set(all.map(({ labels }) => labels[compose.project] ?? ""))].sort();
  const projects = await Promise.all(
    names.map(async (name): Promise<ComposeProject> => {
      const own = all.filter(({ labels }) => labels[compose.project] === name);
      const containers = await Promise.all(
        own.map(({ id, labels }) => read(engine, id, labels[compose.service] ?? "")),
      );
      return { name, folder: own[0]?.labels[compose.folder] ?? "", containers };
    }),
  );
  return projects.filter((project) => partsOf(project).api !== undefined);
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
          type: "docker compose ls --all",
        }
      : {
          what: `${only === undefined ? `There is no compose project ${named} that runs Scani.` : "Which project?"} There are ${names}.`,
          type: projects.map(({ name }) => adoptCommand(name)),
        },
  );
}

async function read(engine: Engine, id: string, service: string): Promise<ComposeContainer> {
  const { name, state, health, image, imageId, environment, mounts, networks, published, restartPolicy } =
    await details(engine, id);
  const made = await engine.image(imageId);
  return {
    id,
    name,
    service,
    state,
    health,
    image,
    imageId,
    environment: variables(environment),
    ofImage: variables(made?.environment ?? []),
    imageLabels: made?.labels ?? {},
    digests: made?.digests ?? [],
    mounts,
    networks,
    published,
    restartPolicy,
  };
}

/** Variables as the engine lists them, by name. Pure. */
export function variables(list: readonly string[]): Environment {
  return Object.fromEntries(
    list.map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
