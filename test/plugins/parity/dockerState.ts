import type Docker from "dockerode";
import { label } from "../../../infra/container/labels";

/** What of an install has another value at every making: names, ids, addresses, times, random keys. */
export interface Personal {
  readonly install: string;
  /** Ports on the host, by what they are for. */
  readonly ports: Readonly<Record<string, number>>;
}

/**
 * Everything an install has on the engine, in a form in which two installs of the same make are equal: whatever is
 * personal has a word in its place, and a set is sorted.
 */
export async function dockerState(docker: Docker, personal: Personal): Promise<Record<string, unknown>> {
  const filters = { label: [`${label.install}=${personal.install}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }).then((all) => Promise.all(all.map(({ Id }) => docker.getContainer(Id).inspect()))),
    docker.listNetworks({ filters }).then((all) => Promise.all(all.map(({ Id }) => docker.getNetwork(Id).inspect()))),
    docker.listVolumes({ filters }).then(({ Volumes }) => Volumes),
  ]);
  const whole = {
    containers: Object.fromEntries(containers.map((container) => [container.Name, ofContainer(container)])),
    networks: Object.fromEntries(networks.map((network) => [network.Name, ofNetwork(network)])),
    volumes: Object.fromEntries(volumes.map(({ Name, Driver, Labels, Options, Scope }) => [Name, { Driver, Labels, Options, Scope }])),
  };
  return sorted(JSON.parse(impersonal(JSON.stringify(whole), personal))) as Record<string, unknown>;
}

function ofContainer({ Id, Config, HostConfig, NetworkSettings, State, Mounts, Platform, RestartCount }: Docker.ContainerInspectInfo): object {
  const networks = Object.entries(NetworkSettings.Networks).map(([name, endpoint]) =>
    [name, { aliases: (endpoint.Aliases ?? []).filter((alias: string) => !Id.startsWith(alias)).sort(), ipam: endpoint.IPAMConfig, links: endpoint.Links }]);
  return {
    Platform, RestartCount,
    running: State.Running,
    // The host name is the start of the id.
    Config: { ...Config, Hostname: Id.startsWith(Config.Hostname) ? "<id>" : Config.Hostname, Env: set(Config.Env) },
    HostConfig: { ...HostConfig, CapAdd: set(HostConfig.CapAdd), CapDrop: set(HostConfig.CapDrop), Binds: set(HostConfig.Binds), SecurityOpt: set(HostConfig.SecurityOpt) },
    Ports: NetworkSettings.Ports,
    Networks: Object.fromEntries(networks),
    Mounts: Mounts.map(({ Type, Name, Destination, Driver, Mode, RW, Propagation }) => ({ Type, Name, Destination, Driver, Mode, RW, Propagation })),
  };
}

function ofNetwork(network: Docker.NetworkInspectInfo): object {
  const { Driver, Scope, Internal, Attachable, Ingress, EnableIPv6, ConfigOnly, Options, Labels, IPAM } = network;
  return { Driver, Scope, Internal, Attachable, Ingress, EnableIPv6, ConfigOnly, Options, Labels, IPAM: { Driver: IPAM?.Driver, Options: IPAM?.Options, pools: IPAM?.Config?.length } };
}

function set(values: unknown): unknown {
  return Array.isArray(values) ? [...values].sort() : values;
}

function impersonal(json: string, { install, ports }: Personal): string {
  const named = Object.entries(ports).reduce((text, [use, port]) => text.replaceAll(`"${port}"`, `"<${use} port>"`).replaceAll(`:${port}`, `:<${use} port>`), json.replaceAll(install, "<install>"));
  return named
    .replace(/"scani\.made":"[^"]+"/g, '"scani.made":"<time>"')
    .replace(/"scani\.release":"[0-9a-f]{12}"/g, '"scani.release":"<release>"')
    .replace(/[0-9a-f]{64}/g, "<64 hex digits>")
    .replace(/-[0-9a-f]{7}(?=")/g, "-<suffix>");
}

/** With the members of every object in the alphabet's order, so that a difference is easy to see. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([name, member]) => [name, sorted(member)]));
}
