import type { Link } from "./containers/links";
import type { Attached, Ended } from "./docker/attached";
import type { ExecResult } from "./docker/exec";

/** A container's state, in Docker's own words. */
export type ContainerState = "created" | "running" | "paused" | "restarting" | "exited" | "dead" | "removing";

/** A container as the engine lists it. */
export interface ContainerSummary {
  readonly id: string;
  /** Without Docker's leading slash. Empty for a container that has lost its name. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  /** Docker's own description of the state: `Up 3 minutes (healthy)`. */
  readonly status: string;
  /** Name of its image, or the image's id where the name now belongs to another image. */
  readonly image: string;
  readonly imageId: string;
  /** Creation time, epoch seconds. */
  readonly created: number;
  /** Names of the volumes it has mounted. */
  readonly volumes: readonly string[];
  /** IPv4 addresses of the host its ports are published on, `ip:port`; none while it does not run. */
  readonly published: readonly string[];
  /** Networks it is on, by name, whether it runs or not. */
  readonly networks: Readonly<Record<string, ListedEndpoint>>;
}

/** Endpoint of a container on a network, as the engine lists it. */
export interface ListedEndpoint {
  /**
   * Id of the network. A stopped container keeps the id of a network that was removed, and does not start on another
   * network of the same name. Undefined where Docker has yet to look it up.
   */
  readonly networkId?: string;
  /** Static address it was given. */
  readonly address?: string;
  /** Current address; undefined while it does not run. */
  readonly current?: string;
}

/** Selection of containers: those with every label (`name` or `name=value`), any of the volumes and the network. */
export interface ContainerFilter {
  readonly labels?: readonly string[];
  readonly volumes?: readonly string[];
  readonly network?: string;
  /** Stopped ones too. Otherwise only those Docker counts as running: running, paused and restarting. */
  readonly all?: boolean;
}

/** Limits on what a container may do on its host, and its name resolution. Docker's own values, passed on unchanged. */
export interface Confinement {
  readonly CapDrop?: string[];
  readonly SecurityOpt?: string[];
  readonly ReadonlyRootfs?: boolean;
  readonly Tmpfs?: Record<string, string>;
  /** Bytes. */
  readonly Memory?: number;
  /** Bytes of `/dev/shm`. */
  readonly ShmSize?: number;
  readonly Dns?: string[];
  readonly DnsOptions?: string[];
  readonly DnsSearch?: string[];
  readonly ExtraHosts?: string[];
}

/** One container as the engine describes it. */
export interface ContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly state: ContainerState;
  /** Docker's own flag: true for paused and restarting containers too. */
  readonly running: boolean;
  readonly exitCode: number;
  /** By the engine's clock, ISO 8601; year 1 if it has never started, or never stopped. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Number of restarts by its restart policy since a command last started it. */
  readonly restarts: number;
  /** Name of the image it was created from. */
  readonly image: string;
  readonly imageId: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  /** Words of its health check, its kind first (`CMD`, `CMD-SHELL`); empty without one. */
  readonly healthCheck: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Words of its entrypoint; empty where it runs its arguments. */
  readonly entrypoint: readonly string[];
  /** Words passed to its entrypoint. */
  readonly arguments: readonly string[];
  /** Names of its networks, in the engine's order. */
  readonly networks: readonly string[];
  /** How it is on each of them, by the network's name. */
  readonly endpoints: Readonly<Record<string, Endpoint & Pick<ListedEndpoint, "networkId">>>;
  /** Id of the container whose network it has, in place of networks and ports of its own. */
  readonly networkOwner?: string;
  /** Names by which others on its networks reach it, besides its own. */
  readonly aliases: readonly string[];
  readonly links: readonly Link[];
  readonly mounts: readonly Mount[];
  /** As `docker run` spells it: `no`, `always`, `unless-stopped`, `on-failure`, `on-failure:5`. */
  readonly restartPolicy: string;
  /** Result of its health check: `healthy`, `unhealthy`, `starting`; undefined without one. */
  readonly health?: string;
  /** Addresses of the host its ports are published on, `ip:port`, an IPv6 address in brackets. */
  readonly published: readonly string[];
  readonly confinement: Confinement;
  /** Uncommon options it was created with, as `docker run` spells them: `--dns 10.0.0.53`. */
  readonly options: readonly string[];
}

/** Something mounted into a container. */
export interface Mount {
  /** `volume`, `bind` or `tmpfs`. */
  readonly type: string;
  /** Name of a volume, or path on the host. */
  readonly source: string;
  /** Path in the container. */
  readonly path: string;
  /** Folder of the volume that is mounted, where it is not the whole. */
  readonly subpath?: string;
}

/** A network or a volume, as the engine lists it. */
export interface Labelled {
  /** For a volume, its name. */
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A network as the engine lists it. */
export interface NetworkSummary extends Labelled {
  /** Blocks of its addresses, as Docker writes them. */
  readonly subnets: readonly string[];
  /** Part of each block from which Docker gives out addresses; absent where that is all of it. */
  readonly dynamic: readonly string[];
  /** Creation time by the engine's clock, ISO 8601. */
  readonly created: string;
}

/** A container to be created. */
export interface ContainerOrder {
  /** Its name; without one the engine generates it. */
  readonly name?: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** `NAME=value`. */
  readonly environment?: readonly string[];
  /** Disables its image's health check. */
  readonly noHealthCheck?: boolean;
  /** Name of its network; `none` for no network. */
  readonly network?: string;
  /** Runs with the host's user ids, also on an engine that remaps those of containers. */
  readonly hostUsers?: boolean;
  readonly confinement?: Confinement;
  /** Runs an init process that reaps children. */
  readonly init?: boolean;
  /** The engine removes it as soon as it stops. */
  readonly autoRemove?: boolean;
  readonly log?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  /** Volumes mounted read-only, unless said otherwise; nothing of the image is copied into an empty one. */
  readonly volumes?: readonly { readonly name: string; readonly path: string; readonly writable?: boolean }[];
}

/** Settings of a container's endpoint on a network. */
export interface Endpoint {
  /** Aliases besides its own name. */
  readonly names?: readonly string[];
  /** Its static address; without one the engine assigns any. */
  readonly address?: string;
}

/** A command in a container that runs for as long as this process keeps its standard input open. */
export interface Conversation {
  /** The first line it printed, or all it printed if it ended before a whole line. */
  readonly line: string;
  /** Settles when the command has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Writes to its standard input; does nothing once that is closed or the command has ended. */
  write(text: string): void;
  /** Closes its standard input and waits until it has ended. */
  end(): Promise<void>;
}

/** Options for removing a container. */
export interface Removal {
  /** Kills it if it runs. Default: true. */
  readonly force?: boolean;
  /** Removes its anonymous volumes too. Default: true. */
  readonly volumes?: boolean;
}

/** An image as the engine describes it. */
export interface ImageDetails {
  readonly id: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  /** Words of its entrypoint, then of its command; undefined where unknown. */
  readonly program?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Names with the digest a registry knows it by: `repository@sha256:…`. */
  readonly digests: readonly string[];
}

/** A followed log. */
export interface FollowedLog {
  /** Standard output and error, in the order they come; ends when the container stops. */
  readonly output: NodeJS.ReadableStream;
  close(): void;
}

/** An engine itself, apart from what is on it. */
export interface EngineInfo {
  /** The same at any address, and another for another engine at the same address. */
  readonly id: string;
  /** True for a worker of a swarm, which lists an overlay network only while a container there uses it. */
  readonly isSwarmWorker: boolean;
}

/**
 * Returns the path at which a file that is being replaced has its new contents while there is none at its own; otherwise
 * an empty file is there. Only who reads files with a program of a container has to know. Pure.
 */
export function waitingPath(path: string): string {
  return `${path}.new`;
}

/**
 * The part of a Docker engine this module uses. Containers are given by id or name. Something that does not exist is
 * `undefined` where a method says so; otherwise the engine's refusal is thrown, with its own message and HTTP status
 * (`isNotFound`, `isConflict`).
 */
export interface Engine {
  /** Describes the engine itself. */
  info(): Promise<EngineInfo>;

  containers(filter: ContainerFilter): Promise<ContainerSummary[]>;
  /** Describes a container; undefined when it does not exist, as none with the empty name does. */
  inspect(container: string): Promise<ContainerDetails | undefined>;
  /** Creates a container without starting it. @returns its id */
  create(order: ContainerOrder): Promise<string>;
  /**
   * Starts a container, or unpauses it; leaves a running one alone. Starts one at once that the engine is about to
   * restart by itself.
   */
  start(container: string): Promise<void>;
  /**
   * Stops a container gently; does nothing if it is stopped or gone.
   * @param withinSeconds until the engine kills it; by default the container's own stop timeout
   */
  stop(container: string, withinSeconds?: number): Promise<void>;
  /**
   * Restarts a container gently; starts a stopped one. One request, which the engine carries out to its end even if this
   * process dies meanwhile, so that a container which was to be restarted is never left stopped.
   */
  restart(container: string): Promise<void>;
  /** Sets when the engine starts a container again by itself, as `docker run` spells it. */
  setRestartPolicy(container: string, policy: string): Promise<void>;
  /**
   * Removes a container, if it still exists; waits for a removal that is already in progress. Without force, the engine
   * refuses to remove a running one (409).
   */
  remove(container: string, how?: Removal): Promise<void>;
  /** Waits until a container has stopped. @returns its exit code */
  wait(container: string): Promise<number>;

  /**
   * Runs a command in a running container and waits for its end.
   * @param onLine called with each line as it comes
   * @throws when the engine refuses (no such container, not running); never for the command's own exit code
   */
  exec(container: string, command: readonly string[], onLine?: (line: string) => void): Promise<ExecResult>;
  /** Does the same as `exec`, for a command whose streams are large or live. @param environment `NAME=value` */
  attach(container: string, command: readonly string[], environment?: readonly string[]): Promise<Attached>;
  /** Does the same as `exec`, with standard output and error apart. @param input for its standard input */
  capture(
    container: string,
    command: readonly string[],
    environment?: readonly string[],
    input?: string,
  ): Promise<Ended & { readonly output: string }>;
  /**
   * Starts a command that runs for as long as this process holds it. Undefined when the container does not exist or
   * does not run.
   */
  hold(container: string, command: readonly string[]): Promise<Conversation | undefined>;

  /** Reads a file from a container, running or not. Undefined when the file or the container does not exist. */
  readFile(container: string, path: string): Promise<string | undefined>;
  /**
   * Writes a file into the volume of a container, running or not; whole or not at all, unless the engine's machine loses
   * power just then.
   */
  writeFile(container: string, path: string, contents: string): Promise<void>;
  /** Returns the names of a folder's files, relative to it. Empty when the folder or the container does not exist. */
  fileNames(container: string, folder: string): Promise<string[]>;

  /** Returns the last lines of a container's log, both streams. Empty for one that never ran. */
  lastLines(container: string, count: number): Promise<string[]>;
  /** Returns everything a container has logged since a moment (epoch seconds, fractions allowed). */
  logSince(container: string, since: number): Promise<string>;
  /** Follows a container's log from a moment on (epoch seconds, fractions allowed). */
  followLog(container: string, since: number): Promise<FollowedLog>;

  /** Describes an image; undefined when the engine does not have it. */
  image(name: string): Promise<ImageDetails | undefined>;
  /**
   * Asks an image's registry for its description, without pulling it. Rejects when the registry refuses or does not
   * have it, or the signal aborts.
   */
  askRegistry(image: string, signal: AbortSignal): Promise<void>;
  /** Pulls an image; rejects when its registry refuses or does not have it. */
  pull(image: string): Promise<void>;
  /** Gives an existing image a further name, `repository:tag`. */
  tagImage(image: string, name: string): Promise<void>;

  /** Lists the networks that have every label (`name` or `name=value`). */
  networks(labels: readonly string[]): Promise<NetworkSummary[]>;
  /** Connects a container, running or not, to a network; rejects when it is connected already. */
  connectNetwork(network: string, container: string, how?: Endpoint): Promise<void>;
  /** Disconnects a container in any state from a network; does nothing if it is not connected. */
  disconnectNetwork(network: string, container: string): Promise<void>;
  /** Removes a network, if it still exists; the engine refuses (403) while a container is connected to it. */
  removeNetwork(network: string): Promise<void>;
  /** Lists the volumes that have every label (`name` or `name=value`). */
  volumes(labels: readonly string[]): Promise<Labelled[]>;
  /** True if the engine has a volume of this name. */
  hasVolume(name: string): Promise<boolean>;
  /** Removes a volume, if it still exists. */
  removeVolume(name: string): Promise<void>;
  /** Creates a volume; leaves an existing one as it is. */
  createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void>;
}

/** A refusal by the engine, with its HTTP status. */
export class EngineError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
    this.name = "EngineError";
  }
}

/** Returns the HTTP status of the engine's refusal; undefined for any other error. */
export function statusOf(thrown: unknown): number | undefined {
  return (thrown as { statusCode?: number } | undefined)?.statusCode;
}

/** True when the engine refused because something does not exist. */
export function isNotFound(thrown: unknown): boolean {
  return statusOf(thrown) === 404;
}

/** Ignores the engine's refusal of something that does not exist. @throws any other error */
export function unlessMissing(thrown: unknown): undefined {
  if (!isNotFound(thrown)) throw thrown;
}

/**
 * True when the engine refused because of the state something is in: a container that does not run, or is being
 * removed.
 */
export function isConflict(thrown: unknown): boolean {
  return statusOf(thrown) === 409;
}

/** True when the engine answered and refused, for whatever reason. */
export function isRefused(thrown: unknown): boolean {
  return statusOf(thrown) !== undefined;
}

/** Describes a container that must exist. @throws EngineError when it does not, in the engine's words */
export async function details(engine: Engine, container: string): Promise<ContainerDetails> {
  const found = await engine.inspect(container);
  if (found === undefined)
    throw new EngineError(404, `(HTTP code 404) no such container - No such container: ${container} `);
  return found;
}
