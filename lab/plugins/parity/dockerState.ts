import type Docker from "dockerode";
import { label } from "../../../host/install/names/labels";
import { throwawayLabels } from "../../throwaway";
import { beyond, more } from "./beyondImage";

/** Values that differ between installs or machines: names, ids, addresses, times, random keys. */
export interface Personal {
  readonly install: string;
  /** Ports on the host, by their purpose. */
  readonly ports: Readonly<Record<string, number>>;
  /** Address of this machine that the engine's containers reach; it differs between engines. */
  readonly hostAddress: string;
  /** Images that have other names elsewhere, by their service. */
  readonly images: Readonly<Record<string, string>>;
}

/**
 * Reads everything an install has on the engine, in a form that is equal for two installs made alike, also on two
 * machines: personal values are replaced by words, what image and engine bring by themselves is left out, and sets are
 * sorted.
 */
export async function dockerState(docker: Docker, personal: Personal): Promise<Record<string, unknown>> {
  const filters = { label: [`${label.install}=${personal.install}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker
      .listContainers({ all: true, filters })
      .then((all) => Promise.all(all.map(({ Id }) => docker.getContainer(Id).inspect()))),
    docker.listNetworks({ filters }).then((all) => Promise.all(all.map(({ Id }) => docker.getNetwork(Id).inspect()))),
    docker.listVolumes({ filters }).then(({ Volumes }) => Volumes),
  ]);
  const bare = await bareContainers(
    docker,
    personal.install,
    containers.map(({ Config }) => Config.Image),
  );
  const whole = {
    containers: Object.fromEntries(
      containers.map((container) => [
        container.Name,
        ofContainer(container, bare.get(container.Config.Image) as Docker.ContainerInspectInfo),
      ]),
    ),
    networks: Object.fromEntries(networks.map((network) => [network.Name, ofNetwork(network)])),
    volumes: Object.fromEntries(
      volumes.map(({ Name, Driver, Labels, Options, Scope }) => [Name, { Driver, Labels, Options, Scope }]),
    ),
  };
  return sorted(JSON.parse(impersonal(JSON.stringify(whole), personal))) as Record<string, unknown>;
}

/**
 * Inspects a container of each image that requests nothing but the default network. Older engines report network and
 * runtime differently until one is requested (*seen* on 20.10: `default` and nothing; on 28.5: `bridge` and `runc`).
 */
async function bareContainers(
  docker: Docker,
  install: string,
  images: readonly string[],
): Promise<ReadonlyMap<string, Docker.ContainerInspectInfo>> {
  const looks = [...new Set(images)].map(async (image) => {
    const container = await docker.createContainer({
      Image: image,
      Labels: throwawayLabels(install),
      HostConfig: { NetworkMode: "bridge" },
    });
    try {
      return [image, await container.inspect()] as const;
    } finally {
      await container.remove({ v: true });
    }
  });
  return new Map(await Promise.all(looks));
}

function ofContainer(container: Docker.ContainerInspectInfo, bare: Docker.ContainerInspectInfo): object {
  const { Id, Config, HostConfig, NetworkSettings, State, Mounts, Platform, RestartCount } = container;
  const networks = Object.entries(NetworkSettings.Networks).map(([name, endpoint]) => [
    name,
    {
      aliases: (endpoint.Aliases ?? []).filter((alias: string) => !Id.startsWith(alias)).sort(),
      // Each install has its own subnet, in which a service has the same place.
      ipam: endpoint.IPAMConfig && { ...endpoint.IPAMConfig, IPv4Address: placeOf(endpoint.IPAMConfig.IPv4Address) },
      links: endpoint.Links,
    },
  ]);
  // True for a volume that only the image requested.
  const byImage = (mount: { Destination: string; Name?: string }) =>
    /^[0-9a-f]{64}$/.test(mount.Name ?? "") && bare.Mounts.some(({ Destination }) => Destination === mount.Destination);
  const exposed = bare.Config.ExposedPorts ?? {};
  return {
    Platform,
    RestartCount,
    running: State.Running,
    Image: Config.Image,
    Config: {
      ...beyond(configOf(container), configOf(bare)),
      Env: more(Config.Env, bare.Config.Env).sort(),
      Labels: beyond(Config.Labels, bare.Config.Labels),
      ExposedPorts: beyond(Config.ExposedPorts ?? {}, exposed),
    },
    HostConfig: beyond(hostConfigOf(HostConfig), hostConfigOf(bare.HostConfig)),
    Ports: Object.fromEntries(
      Object.entries(NetworkSettings.Ports).filter(
        ([port, bound]) => (bound as unknown) !== null || !(port in exposed),
      ),
    ),
    Networks: Object.fromEntries(networks),
    Mounts: Mounts.filter((mount) => !byImage(mount)).map(
      ({ Type, Name, Destination, Driver, Mode, RW, Propagation }) => ({
        Type,
        Name,
        Destination,
        Driver,
        Mode,
        RW,
        Propagation,
      }),
    ),
  };
}

function configOf({ Id, Config }: Docker.ContainerInspectInfo): object {
  return {
    ...Config,
    // By default the host name is the start of the id.
    Hostname: Id.startsWith(Config.Hostname) ? "<id>" : Config.Hostname,
    // Image and container both contribute to these, so they are compared elsewhere member by member; volumes by their
    // mounts.
    Labels: undefined,
    ExposedPorts: undefined,
    Env: undefined,
    Volumes: undefined,
  };
}

function hostConfigOf(host: Docker.ContainerInspectInfo["HostConfig"]): object {
  return {
    ...host,
    CapAdd: set(host.CapAdd),
    CapDrop: set(host.CapDrop),
    Binds: set(host.Binds),
    SecurityOpt: set(host.SecurityOpt),
    // Older engines report no restart policy as an empty name.
    RestartPolicy: { ...host.RestartPolicy, Name: host.RestartPolicy?.Name || "no" },
  };
}

/** Returns the last part of an address. */
function placeOf(address: string | undefined): string | undefined {
  return address?.replace(/^.*\./, "");
}

function ofNetwork(network: Docker.NetworkInspectInfo): object {
  const { Driver, Scope, Internal, Attachable, Ingress, EnableIPv6, ConfigOnly, Options, Labels, IPAM } = network;
  return {
    Driver,
    Scope,
    Internal,
    Attachable,
    Ingress,
    EnableIPv6,
    ConfigOnly,
    Options,
    Labels,
    IPAM: {
      Driver: IPAM?.Driver,
      Options: IPAM?.Options,
      pools: IPAM?.Config?.length,
      ranges: IPAM?.Config?.map((range) => (range as { IPRange?: string }).IPRange !== undefined),
    },
  };
}

function set(values: unknown): unknown {
  return Array.isArray(values) ? [...values].sort() : values;
}

function impersonal(json: string, { install, ports, hostAddress, images }: Personal): string {
  let text = json.replaceAll(install, "<install>").replaceAll(hostAddress, "<host>");
  for (const [use, port] of Object.entries(ports))
    text = text.replaceAll(`"${port}"`, `"<${use} port>"`).replaceAll(`:${port}`, `:<${use} port>`);
  for (const [what, image] of Object.entries(images)) text = text.replaceAll(`"${image}"`, `"<${what} image>"`);
  return text
    .replace(/"scani\.made":"[^"]+"/g, '"scani.made":"<time>"')
    .replace(/"scani\.contents":"[0-9a-f]{12}"/g, '"scani.contents":"<digest>"')
    .replace(/"scani\.release":"[0-9a-f]{12}"/g, '"scani.release":"<release>"')
    .replace(/[0-9a-f]{64}/g, "<64 hex digits>")
    .replace(/(VAPID_(?:PUBLIC|PRIVATE)_KEY=)[\w-]+/g, "$1<key>")
    .replace(/-[0-9a-f]{7}(?=")/g, "-<suffix>");
}

/** Sorts the members of every object alphabetically, so that a difference is easy to see. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
