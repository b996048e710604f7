import type Docker from "dockerode";
import { withServer } from "../../host/backup/server";
import { gatewayStatePath } from "../../host/gateway/state";
import { label } from "../../host/install/names/labels";
import { stacksBeside } from "../../host/install/names/stacks";
import { fileNames } from "../../host/engine/docker/files";
import { isService } from "../../host/install/services/release";
import type { Scene } from "./scene";

/** A container of a scene as tests inspect it. */
export interface Seen {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly tier?: string;
  readonly running: boolean;
  readonly info: Docker.ContainerInspectInfo;
}

/** Lists every container of the install, base's and releases'. */
export async function containersOf({ docker, place }: Scene): Promise<Seen[]> {
  const listed = await docker.listContainers({ all: true, filters: { label: [`${label.install}=${place.install}`] } });
  return Promise.all(
    listed.map(async ({ Id }) => {
      const info = await docker.getContainer(Id).inspect();
      const labels = info.Config.Labels;
      return {
        id: Id,
        name: info.Name.slice(1),
        service: labels[label.service] ?? "",
        tier: labels[label.tier],
        running: info.State.Running,
        info,
      };
    }),
  );
}

/**
 * Returns the only container of a tier's service, or of base's if no tier is named. @throws Error when there is none or
 * more than one
 */
export async function container(scene: Scene, tier: string | undefined, service: string): Promise<Seen> {
  const found = (await containersOf(scene)).filter((seen) => seen.tier === tier && seen.service === service);
  if (found.length !== 1)
    throw new Error(
      `${found.length} containers are ${tier ?? "base's"} ${service}: ${found.map(({ name }) => name).join(", ")}`,
    );
  return found[0];
}

/** Lists `tier service` of every release container that runs, sorted. */
export async function runningServices(scene: Scene): Promise<string[]> {
  const all = await containersOf(scene);
  return all
    .filter(({ running, service }) => running && isService(service))
    .map(({ tier, service }) => `${tier} ${service}`)
    .sort();
}

/** Lists what must be the same after any number of switches: base's containers and the volumes. */
export async function baseOf(scene: Scene): Promise<string[]> {
  const containers = (await containersOf(scene))
    .filter(({ tier }) => tier === undefined)
    .map(({ id, name, info }) => `${name} ${id} ${info.State.StartedAt}`);
  const { Volumes: volumes } = await scene.docker.listVolumes({
    filters: { label: [`${label.install}=${scene.place.install}`] },
  });
  return [...containers, ...volumes.map(({ Name }) => `volume ${Name}`)].sort();
}

/** Counts the install's containers, networks and volumes. */
export async function countOf({
  docker,
  place,
}: Scene): Promise<{ containers: number; networks: number; volumes: number }> {
  const filters = { label: [`${label.install}=${place.install}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return { containers: containers.length, networks: networks.length, volumes: volumes.Volumes.length };
}

/** Returns the environment of a container. */
export function environmentOf(seen: Seen): Record<string, string> {
  return Object.fromEntries(
    (seen.info.Config.Env ?? []).map((entry) => [
      entry.slice(0, entry.indexOf("=")),
      entry.slice(entry.indexOf("=") + 1),
    ]),
  );
}

const secret = /SECRET|KEY|PASSWORD|PEPPER|DATABASE_URL|REDIS_URL/;

/** Finds the secrets of an install in a text. @returns the names of their variables */
export async function secretsIn(scene: Scene, text: string): Promise<string[]> {
  const secrets = (await containersOf(scene)).flatMap((seen) =>
    Object.entries(environmentOf(seen)).filter(([name, value]) => secret.test(name) && value.length >= 12),
  );
  expect(secrets.length).toBeGreaterThan(20);
  return secrets.filter(([, value]) => text.includes(value)).map(([name]) => name);
}

/** Lists what a switch could leave behind: files in the gateway's volume, databases, and unused anonymous volumes. */
export async function leftOf(scene: Scene): Promise<string[]> {
  const gateway = await container(scene, undefined, "gateway");
  const [files, databases, unused] = await Promise.all([
    fileNames(scene.docker.getContainer(gateway.id), gatewayStatePath),
    sql<string>(scene, "select to_jsonb(datname) from pg_database"),
    scene.docker.listVolumes({ filters: { dangling: ["true"] } }),
  ]);
  return [
    ...files,
    ...databases,
    ...unused.Volumes.map(({ Name }) => Name).filter((name) => /^[0-9a-f]{64}$/.test(name)),
  ].sort();
}

/** Runs a query on the install's database that selects one JSON value a row. @returns the values */
export function sql<T>(scene: Scene, query: string): Promise<T[]> {
  return withServer(
    scene.engine,
    { kind: "bundled", container: `${scene.place.install}-postgres`, stacks: stacksBeside("base") },
    (pg) => pg.query<T>(query),
  );
}

/**
 * Returns the KiB the install takes on the engine's disk, by their use. For Postgres only tables that the load does not
 * write count, since it keeps log files in advance and its own catalogs grow by themselves.
 */
export async function sizesOf(scene: Scene): Promise<Record<string, number>> {
  const kib = (bytes: number) => Math.round(bytes / 1024);
  const { Containers: containers, Volumes: volumes } = (await scene.docker.df()) as Usage;
  const own = <T extends { Labels?: Record<string, string> | null }>(all: readonly T[]) =>
    all.filter(({ Labels }) => Labels?.[label.install] === scene.place.install);
  const [tables] = await sql<number>(
    scene,
    "select to_jsonb(sum(pg_total_relation_size(relid))) from pg_stat_user_tables where relname <> 'rows'",
  );
  return Object.fromEntries(
    [
      ...own(volumes)
        .filter(({ Name }) => !Name.includes("postgres"))
        .map(
          ({ Name, UsageData }) => [Name.replace(`${scene.place.install}-`, "volume "), kib(UsageData.Size)] as const,
        ),
      ["layers", kib(own(containers).reduce((sum, { SizeRw: written = 0 }) => sum + written, 0))] as const,
      ["tables", kib(tables)] as const,
    ].sort(([a], [b]) => a.localeCompare(b)),
  );
}

/** Part of the engine's report about its disk. Sizes in bytes. */
interface Usage {
  readonly Containers: readonly { readonly Labels?: Record<string, string>; readonly SizeRw?: number }[];
  readonly Volumes: readonly {
    readonly Name: string;
    readonly Labels?: Record<string, string> | null;
    readonly UsageData: { readonly Size: number };
  }[];
}
