import { isIPv4 } from "node:net";
import { posix } from "node:path";
import type Docker from "dockerode";
import { promisify } from "node:util";
import { attach, capture } from "./attached";
import { converse } from "./conversation";
import {
  isNotFound,
  unlessMissing,
  type ContainerDetails,
  type ContainerFilter,
  type ContainerOrder,
  type ContainerState,
  type ContainerSummary,
  type Endpoint,
  type Engine,
  type EngineInfo,
  type FollowedLog,
  type ImageDetails,
  type Labelled,
  type Mount,
  type NetworkSummary,
  type Removal,
} from "../engine";
import { exec, mergedOutput } from "./exec";
import { fileNames, readFile, writeFile } from "./files";
import { loginFor } from "../login";
import { lastLines, logSince, remove, restart, start, stop } from "./lifecycle";
import { endpointsOf } from "./network";
import { optionsOf } from "../options";
import { explained, type Subject } from "../refusal";
import { isSystemService } from "../connection/systemService";
import { linksOf } from "../containers/links";
import { renderPublished } from "../containers/published";
import { parseRestartPolicy, spellRestartPolicy } from "./restartPolicy";
import { unlessPaused } from "./unlessPaused";
import { messageOf } from "../../../util/operatorError";

/** Addresses of a network, as Docker describes them. */
interface AddressRange {
  readonly Subnet?: string;
  readonly IPRange?: string;
}

/** Docker's description of itself, as far as it is read. Source: moby, api/types/system and api/types/swarm, `Info`. */
interface DockerInfo {
  readonly ID: string;
  readonly Swarm?: { readonly LocalNodeState: string; readonly ControlAvailable: boolean };
}

/** Networks of a listed container; dockerode's type knows no container without any. */
interface ListedNetworks {
  readonly Networks?: Readonly<
    Record<
      string,
      {
        readonly NetworkID?: string;
        readonly IPAddress?: string;
        readonly IPAMConfig?: { readonly IPv4Address?: string } | null;
      } | null
    >
  >;
}

/** Host address on which a container's port is published. */
interface PortBinding {
  readonly HostIp?: string;
  readonly HostPort: string;
}

/**
 * Returns the engine behind a dockerode connection.
 * @param environment where registries' logins are looked up
 */
export function engineOver(docker: Docker, environment: NodeJS.ProcessEnv = process.env): Engine {
  return new DockerEngine(docker, environment);
}

class DockerEngine implements Engine {
  constructor(
    private readonly docker: Docker,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  async info(): Promise<EngineInfo> {
    const { ID: id, Swarm: swarm } = (await this.docker.info()) as DockerInfo;
    return { id, isSwarmWorker: swarm?.LocalNodeState === "active" && swarm.ControlAvailable !== true };
  }

  async containers({ labels, volumes, network, all }: ContainerFilter): Promise<ContainerSummary[]> {
    const listed = await this.docker.listContainers({
      ...(all === true ? { all } : {}),
      filters: {
        ...(labels === undefined ? {} : { label: [...labels] }),
        ...(volumes === undefined ? {} : { volume: [...volumes] }),
        ...(network === undefined ? {} : { network: [network] }),
      },
    });
    return listed.map(summaryOf);
  }

  async inspect(container: string): Promise<ContainerDetails | undefined> {
    // Docker redirects a request for the empty name to its list of containers.
    if (container === "") return undefined;
    const info = await this.docker.getContainer(container).inspect().catch(unlessMissing);
    return info && detailsOf(info);
  }

  async create(order: ContainerOrder): Promise<string> {
    return (await this.docker.createContainer(requestOf(order))).id;
  }

  start(container: string): Promise<void> {
    return this.explaining(start(this.docker, container), { kind: "container", name: container });
  }

  stop(container: string, withinSeconds?: number): Promise<void> {
    return stop(this.docker, container, withinSeconds);
  }

  restart(container: string): Promise<void> {
    return this.explaining(restart(this.docker, container), { kind: "container", name: container });
  }

  async setRestartPolicy(container: string, policy: string): Promise<void> {
    await this.docker.getContainer(container).update({ RestartPolicy: parseRestartPolicy(policy) });
  }

  remove(container: string, how?: Removal): Promise<void> {
    return this.explaining(remove(this.docker.getContainer(container), how), { kind: "container", name: container });
  }

  async wait(container: string): Promise<number> {
    return ((await this.docker.getContainer(container).wait()) as { StatusCode: number }).StatusCode;
  }

  exec(container: string, command: readonly string[], onLine?: (line: string) => void) {
    return this.unlessPaused(container, exec(this.docker.getContainer(container), command, onLine));
  }

  async attach(container: string, command: readonly string[], environment?: readonly string[]) {
    const attached = await attach(this.docker.getContainer(container), command, environment);
    this.unlessPaused(container, attached.ended).catch(attached.cut);
    return attached;
  }

  capture(container: string, command: readonly string[], environment?: readonly string[], input?: string) {
    return this.unlessPaused(container, capture(this.docker.getContainer(container), command, environment, input));
  }

  private unlessPaused<T>(container: string, work: Promise<T>): Promise<T> {
    return unlessPaused(container, work, async () => (await this.inspect(container))?.state === "paused");
  }

  hold(container: string, command: readonly string[]) {
    return converse(this.docker.getContainer(container), command);
  }

  readFile(container: string, path: string): Promise<string | undefined> {
    return readFile(this.docker.getContainer(container), path);
  }

  writeFile(container: string, path: string, contents: string): Promise<void> {
    return writeFile(this.docker.getContainer(container), path, contents);
  }

  fileNames(container: string, folder: string): Promise<string[]> {
    return fileNames(this.docker.getContainer(container), folder);
  }

  lastLines(container: string, count: number): Promise<string[]> {
    return lastLines(this.docker, container, count);
  }

  logSince(container: string, since: number): Promise<string> {
    return logSince(this.docker, container, since);
  }

  async followLog(id: string, since: number): Promise<FollowedLog> {
    const container = this.docker.getContainer(id);
    const stream = (await container.logs({
      follow: true,
      stdout: true,
      stderr: true,
      since,
    })) as NodeJS.ReadableStream & { destroy(): void };
    return {
      output: mergedOutput(container, stream),
      close: () => {
        stream.destroy();
      },
    };
  }

  async image(name: string): Promise<ImageDetails | undefined> {
    const info = await this.docker.getImage(name).inspect().catch(unlessMissing);
    return (
      info && {
        id: info.Id,
        environment: info.Config?.Env ?? [],
        program: [...[info.Config?.Entrypoint ?? []].flat(), ...(info.Config?.Cmd ?? [])],
        labels: info.Config?.Labels ?? {},
        digests: info.RepoDigests ?? [],
      }
    );
  }

  async askRegistry(image: string, signal: AbortSignal): Promise<void> {
    const login = await loginFor(image, this.environment);
    // dockerode's own call takes no signal.
    await promisify(this.docker.modem.dial.bind(this.docker.modem))({
      path: `/distribution/${image}/json`,
      method: "GET",
      statusCodes: { 200: true, 401: "no such image", 500: "server error" },
      abortSignal: signal,
      ...(login === undefined ? {} : { authconfig: login }),
    });
  }

  async pull(image: string): Promise<void> {
    const login = await loginFor(image, this.environment);
    const progress = await this.docker.pull(image, login === undefined ? {} : { authconfig: login });
    await new Promise<void>((resolve, reject) => {
      this.docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
    });
  }

  async tagImage(image: string, name: string): Promise<void> {
    const at = name.lastIndexOf(":");
    await this.docker.getImage(image).tag({ repo: name.slice(0, at), tag: name.slice(at + 1) });
  }

  async networks(labels: readonly string[]): Promise<NetworkSummary[]> {
    const listed = await this.docker.listNetworks({ filters: { label: [...labels] } });
    return listed.map(({ Id, Name, Labels, IPAM, Created }) => {
      const ranges: readonly AddressRange[] = IPAM?.Config ?? [];
      return {
        id: Id,
        name: Name,
        labels: Labels ?? {},
        subnets: ranges.flatMap(({ Subnet }) => Subnet ?? []),
        dynamic: ranges.flatMap(({ IPRange }) => (IPRange === undefined || IPRange === "" ? [] : [IPRange])),
        created: Created,
      };
    });
  }

  async connectNetwork(network: string, container: string, { names = [], address }: Endpoint = {}): Promise<void> {
    const connecting = this.docker
      .getNetwork(network)
      .connect({
        Container: container,
        EndpointConfig: {
          Aliases: [...names],
          ...(address === undefined ? {} : { IPAMConfig: { IPv4Address: address } }),
        },
      })
      .catch(async (error: unknown) => {
        // While a container waits for its restart, 28.5 notes the network for its next start, and says this all the same.
        const isNoted = /network sandbox for container \S+ not found/.test(messageOf(error));
        if (!isNoted || (await this.inspect(container))?.networks.includes(network) !== true) throw error;
      });
    await this.explaining(connecting, { kind: "container", name: container, joins: { network, address } });
  }

  async disconnectNetwork(network: string, container: string): Promise<void> {
    const disconnecting = this.docker
      .getNetwork(network)
      .disconnect({ Container: container, Force: true })
      .catch((error: unknown) => {
        // For a container that is not connected Docker answers 404 or 500, with a message that differs by version.
        if (!isNotFound(error) && !/is not connected/.test(String(error))) throw error;
      });
    await this.explaining(disconnecting, { kind: "container", name: container });
  }

  async removeNetwork(network: string): Promise<void> {
    await this.explaining(this.docker.getNetwork(network).remove().catch(unlessMissing), {
      kind: "network",
      name: network,
    });
  }

  async volumes(labels: readonly string[]): Promise<Labelled[]> {
    const { Volumes } = await this.docker.listVolumes({ filters: { label: [...labels] } });
    // The engine answers null where there are none.
    return ((Volumes as typeof Volumes | null) ?? []).map(({ Name, Labels }) => ({
      id: Name,
      name: Name,
      labels: (Labels as typeof Labels | null) ?? {},
    }));
  }

  async hasVolume(name: string): Promise<boolean> {
    return (await this.docker.getVolume(name).inspect().catch(unlessMissing)) !== undefined;
  }

  async removeVolume(name: string): Promise<void> {
    await this.explaining(this.docker.getVolume(name).remove().catch(unlessMissing), { kind: "volume", name });
  }

  async createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.docker.createVolume({ Name: name, Labels: { ...labels } });
  }

  /** Rejects as the work does, but with a refusal in the operator's words where they are known. */
  private async explaining(work: Promise<void>, about: Subject): Promise<void> {
    try {
      await work;
    } catch (error) {
      // dockerode's own type does not say what its modem is.
      const { socketPath } = (this.docker.modem ?? {}) as { readonly socketPath?: string };
      const subject: Subject = { ...about, isSystemService: isSystemService(socketPath) };
      if (explained(error, subject) === error) throw error;
      // What is known of the subject only adds to the words, so a failure to read it does not matter.
      throw explained(error, { ...subject, ...(await this.knownOf(subject, messageOf(error)).catch(() => ({}))) });
    }
  }

  /** Reads the name of something the engine has refused to change, and the containers in its way. */
  private async knownOf({ kind, name, joins }: Subject, refusal: string): Promise<Partial<Subject>> {
    if (kind === "network") {
      const network = this.docker.getNetwork(name);
      return { name: (await network.inspect()).Name, holders: await endpointsOf(network, refusal) };
    }
    if (kind === "volume")
      return { holders: (await this.containers({ volumes: [name], all: true })).map((holder) => holder.name) };
    const all = await this.containers({ all: true });
    const own = all.find((one) => one.id === name || one.name === name);
    return own === undefined ? {} : { name: own.name, ...addressHolders(own, all, joins) };
  }
}

/**
 * Finds the containers that have a container's static address, on the first network where one has. Pure.
 * @param joins network it is not on yet, with the address it was to have there
 */
function addressHolders(
  own: ContainerSummary,
  all: readonly ContainerSummary[],
  joins: Subject["joins"],
): Pick<Subject, "network" | "holders"> {
  const addresses = Object.entries(own.networks).map(([network, { address }]) => ({ network, address }));
  for (const { network, address } of [...(joins === undefined ? [] : [joins]), ...addresses]) {
    const holders = all.filter(
      ({ id, networks }) => id !== own.id && address !== undefined && networks[network]?.current === address,
    );
    if (holders.length > 0) return { network, holders: holders.map(({ name }) => name) };
  }
  return {};
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, "");
}

function summaryOf(listed: Docker.ContainerInfo): ContainerSummary {
  return {
    id: listed.Id,
    name: withoutSlash(listed.Names?.[0] ?? ""),
    labels: listed.Labels ?? {},
    state: listed.State as ContainerState,
    status: listed.Status,
    image: listed.Image,
    imageId: listed.ImageID,
    created: listed.Created,
    volumes: (listed.Mounts ?? []).flatMap(({ Name }) => (Name === undefined ? [] : [Name])),
    published: (listed.Ports ?? []).flatMap(({ IP, PublicPort, Type }) =>
      isIPv4(IP) && Type === "tcp" ? [`${IP}:${PublicPort}`] : [],
    ),
    networks: Object.fromEntries(
      Object.entries((listed.NetworkSettings as ListedNetworks | null)?.Networks ?? {}).map(([name, endpoint]) => [
        name,
        {
          networkId: endpoint?.NetworkID || undefined,
          address: endpoint?.IPAMConfig?.IPv4Address,
          current: endpoint?.IPAddress || undefined,
        },
      ]),
    ),
  };
}

/** Reads the engine's description of a container. Pure. */
export function detailsOf(info: Docker.ContainerInspectInfo): ContainerDetails {
  const { CapDrop, SecurityOpt, ReadonlyRootfs, Tmpfs, Memory, ShmSize, Dns, DnsOptions, DnsSearch, ExtraHosts } =
    info.HostConfig;
  return {
    id: info.Id,
    name: withoutSlash(info.Name),
    state: info.State.Status as ContainerState,
    running: info.State.Running,
    exitCode: info.State.ExitCode,
    startedAt: info.State.StartedAt,
    finishedAt: info.State.FinishedAt,
    restarts: info.RestartCount,
    image: info.Config.Image,
    imageId: info.Image,
    environment: info.Config.Env ?? [],
    healthCheck: info.Config.Healthcheck?.Test ?? [],
    labels: info.Config.Labels ?? {},
    entrypoint: [info.Config.Entrypoint ?? []].flat(),
    arguments: info.Config.Cmd ?? [],
    networks: Object.keys(info.NetworkSettings.Networks ?? {}),
    endpoints: endpointsIn(info.NetworkSettings.Networks),
    networkOwner: /^container:(.+)$/.exec(info.HostConfig.NetworkMode ?? "")?.[1],
    aliases: Object.values(info.NetworkSettings.Networks ?? {}).flatMap(
      ({ Aliases }: { readonly Aliases?: readonly string[] | null }) => Aliases ?? [],
    ),
    links: linksOf(info),
    mounts: mountsOf(info),
    restartPolicy: spellRestartPolicy(info.HostConfig.RestartPolicy),
    health: info.State.Health?.Status,
    published: publishedOn(info.HostConfig.PortBindings, info.NetworkSettings.Ports ?? {}),
    confinement: {
      CapDrop,
      SecurityOpt,
      ReadonlyRootfs,
      Tmpfs,
      Memory,
      ShmSize,
      Dns,
      DnsOptions,
      DnsSearch,
      ExtraHosts,
    },
    options: optionsOf(info),
  };
}

/** Endpoints as they are asked for; dockerode's type lacks the static address. */
type AskedEndpoints = Readonly<
  Record<
    string,
    {
      readonly NetworkID?: string;
      readonly Aliases?: readonly string[] | null;
      readonly IPAMConfig?: { readonly IPv4Address?: string } | null;
    }
  >
>;

function endpointsIn(networks: AskedEndpoints | null | undefined): ContainerDetails["endpoints"] {
  return Object.fromEntries(
    Object.entries(networks ?? {}).map(([network, { NetworkID, Aliases, IPAMConfig }]) => [
      network,
      { networkId: NetworkID || undefined, names: Aliases ?? [], address: IPAMConfig?.IPv4Address || undefined },
    ]),
  );
}

/** Mounts as they were asked for. Docker's type does not know that a folder of a volume may be mounted, as from API 1.45. */
type AskedMounts = readonly { readonly Target: string; readonly VolumeOptions?: { readonly Subpath?: string } }[];

function mountsOf({ Mounts, HostConfig }: Docker.ContainerInspectInfo): Mount[] {
  const asked = (HostConfig.Mounts ?? []) as AskedMounts;
  return (Mounts ?? []).map(({ Type, Name, Source, Destination }) => ({
    type: Type ?? "bind",
    source: Name ?? Source,
    path: Destination,
    subpath: asked.find(({ Target }) => posix.resolve(Target) === Destination)?.VolumeOptions?.Subpath || undefined,
  }));
}

/** Bindings of a container's ports, by port. Docker's type does not know that a port may be bound to nothing. */
type Bindings = Readonly<Record<string, readonly PortBinding[] | null>> | null | undefined;

/**
 * Returns the host addresses of published ports, `ip:port`.
 * @param now bindings while it runs: the port the engine chose where none was asked for, and IPv6 besides IPv4 where no
 * address was
 */
function publishedOn(asked: Bindings, now: Bindings): string[] {
  return Object.entries(asked ?? {}).flatMap(([port, bound]) => {
    const isWhole = bound?.every(({ HostIp, HostPort }) => HostIp && /^[1-9]\d*$/.test(HostPort)) ?? true;
    const found = isWhole ? bound : (now?.[port] ?? bound?.filter(({ HostPort }) => /^[1-9]\d*$/.test(HostPort)));
    return (found ?? []).map(({ HostIp, HostPort }) => renderPublished({ ip: HostIp || "0.0.0.0", port: HostPort }));
  });
}

/** Returns the request that creates a container. Pure. */
export function requestOf({
  name,
  image,
  labels,
  entrypoint,
  command,
  environment,
  noHealthCheck,
  network,
  hostUsers,
  confinement,
  init,
  autoRemove,
  log,
  volumes,
}: ContainerOrder): Docker.ContainerCreateOptions {
  const host: Docker.HostConfig = {
    ...confinement,
    ...(log === undefined ? {} : { LogConfig: { Type: log.driver, Config: { ...log.options } } }),
    ...(autoRemove === undefined ? {} : { AutoRemove: autoRemove }),
    ...(init === undefined ? {} : { Init: init }),
    ...(network === undefined ? {} : { NetworkMode: network }),
    ...(hostUsers === true ? { UsernsMode: "host" } : {}),
    ...(volumes === undefined
      ? {}
      : {
          Mounts: volumes.map(({ name, path, writable }) => ({
            Type: "volume" as const,
            Source: name,
            Target: path,
            ReadOnly: writable !== true,
            VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: "local", Options: {} } },
          })),
        }),
  };
  return {
    ...(name === undefined ? {} : { name }),
    Image: image,
    Labels: { ...labels },
    ...(entrypoint === undefined ? {} : { Entrypoint: [...entrypoint] }),
    ...(command === undefined ? {} : { Cmd: [...command] }),
    ...(environment === undefined ? {} : { Env: [...environment] }),
    ...(noHealthCheck === true ? { Healthcheck: { Test: ["NONE"] } } : {}),
    ...(Object.keys(host).length === 0 ? {} : { HostConfig: host }),
  };
}
