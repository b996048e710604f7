import type Docker from "dockerode";
import { label } from "../../infra/container/labels";
import { isService } from "../../infra/release/services";
import type { Scene } from "./scene";

/** A container of a scene as a test looks at it. */
export interface Seen {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly tier?: string;
  readonly running: boolean;
  readonly info: Docker.ContainerInspectInfo;
}

/** Every container of the install, base's and releases'. */
export async function containersOf({ docker, place }: Scene): Promise<Seen[]> {
  const listed = await docker.listContainers({ all: true, filters: { label: [`${label.install}=${place.install}`] } });
  return Promise.all(listed.map(async ({ Id }) => {
    const info = await docker.getContainer(Id).inspect();
    const labels = info.Config.Labels;
    return { id: Id, name: info.Name.slice(1), service: labels[label.service] ?? "", tier: labels[label.tier], running: info.State.Running, info };
  }));
}

/** The one container of a tier's service, or of base's where no tier is named. Throws when there is none or more than one. */
export async function container(scene: Scene, tier: string | undefined, service: string): Promise<Seen> {
  const found = (await containersOf(scene)).filter((seen) => seen.tier === tier && seen.service === service);
  if (found.length !== 1) throw new Error(`${found.length} containers are ${tier ?? "base's"} ${service}: ${found.map(({ name }) => name).join(", ")}`);
  return found[0] as Seen;
}

/** `tier service` of every release container that runs, sorted. */
export async function runningServices(scene: Scene): Promise<string[]> {
  const all = await containersOf(scene);
  return all.filter(({ running, service }) => running && isService(service)).map(({ tier, service }) => `${tier} ${service}`).sort();
}

/** Everything that must be the same after any number of switches: base's containers, their networks and the volumes. */
export async function baseOf(scene: Scene): Promise<string[]> {
  const containers = (await containersOf(scene)).filter(({ tier }) => tier === undefined).map(({ id, name, info }) => `${name} ${id} ${info.State.StartedAt}`);
  const { Volumes: volumes } = await scene.docker.listVolumes({ filters: { label: [`${label.install}=${scene.place.install}`] } });
  return [...containers, ...volumes.map(({ Name }) => `volume ${Name}`)].sort();
}

/** How many containers, networks and volumes the install has. */
export async function countOf({ docker, place }: Scene): Promise<{ containers: number; networks: number; volumes: number }> {
  const filters = { label: [`${label.install}=${place.install}`] };
  const [containers, networks, volumes] = await Promise.all([docker.listContainers({ all: true, filters }), docker.listNetworks({ filters }), docker.listVolumes({ filters })]);
  return { containers: containers.length, networks: networks.length, volumes: volumes.Volumes.length };
}

/** Environment of a container, without what its image brings. */
export function environmentOf(seen: Seen): Record<string, string> {
  return Object.fromEntries((seen.info.Config.Env ?? []).map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}
