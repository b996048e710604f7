import type { Attached, Ended } from "./docker/attached";
import type { ExecResult } from "./docker/exec";

/** A container's state, in Docker's own words. */
export type ContainerState = "created" | "running" | "paused" | "restarting" | "exited" | "dead" | "removing";

/** One line of a list of containers. */
export interface ContainerSummary {
  readonly id: string;
  /** Without Docker's leading slash. Empty for a container that has lost its name. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  /** As Docker words it: `Up 3 minutes (healthy)`. */
  readonly status: string;
  /** Name of its image, or the image's id where the name now belongs to another image. */
  readonly image: string;
  readonly imageId: string;
  /** When it was created, epoch seconds. */
  readonly created: number;
  /** Names of the volumes it has mounted. */
  readonly volumes: readonly string[];
  /** IPv4 addresses of the host its ports are published on, `ip:port`; none while it does not run. */
  readonly published: readonly string[];
  /** Networks it is on, by name, whether it runs or not. */
  readonly networks: Readonly<Record<string, ListedEndpoint>>;
}

/** Where a container is on a network. */
export interface ListedEndpoint {
  /**
   * Id of the network: a container that was stopped when its network was removed keeps it, and does not start on another
   * network of the same name. Undefined where Docker has yet to look it up.
   */
  readonly networkId?: string;
  /** Address it was given for ever. */
  readonly address?: string;
  /** Address it has now; undefined where it does not run. */
  readonly current?: string;
}

/** Which containers to list: those with every label (`name` or `name=value`), any of the volumes and the network. */
export interface ContainerFilter {
  readonly labels?: readonly string[];
  readonly volumes?: readonly string[];
  readonly network?: string;
  /** Stopped ones too. Otherwise only those Docker counts as running: running, paused and restarting. */
  readonly all?: boolean;
}

/** What a container may do on its host, and how it resolves names. Docker's own values, passed on as they are. */
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
  /** As Docker counts it: paused and restarting containers count as running. */
  readonly running: boolean;
  readonly exitCode: number;
  /** By the engine's clock, ISO 8601; year 1 for one that has never started, or never stopped. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** How often its restart policy has restarted it since it was last started by a command. */
  readonly restarts: number;
  /** Name of the image it was created from. */
  readonly image: string;
  readonly imageId: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  /** Words of its health check, the first of which is its kind (`CMD`, `CMD-SHELL`); empty without one. */
  readonly healthCheck: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Words of what it runs; empty where it runs its arguments. */
  readonly entrypoint: readonly string[];
  /** Words its entrypoint gets. */
  readonly arguments: readonly string[];
  /** Names of its networks, in the engine's order. */
  readonly networks: readonly string[];
  /** Names by which others on its networks reach it, beside its own. */
  readonly aliases: readonly string[];
  /** What is mounted into it. */
  readonly mounts: readonly Mount[];
  /** Docker's own word: `no`, `always`, `unless-stopped`, `on-failure`. */
  readonly restartPolicy: string;
  /** What its health check says: `healthy`, `unhealthy`, `starting`; undefined without one. */
  readonly health?: string;
  /** Addresses of the host its ports are published on, `ip:port`, an IPv6 address in brackets. */
  readonly published: readonly string[];
  readonly confinement: Confinement;
  /** What it was created with that few containers are, in the words of `docker run`: `--dns 10.0.0.53`. */
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
}

/** A network or a volume, as the engine lists it. */
export interface Labelled {
  /** A volume's is its name. */
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One line of a list of networks. */
export interface NetworkSummary extends Labelled {
  /** Blocks its addresses are from, as Docker writes them. */
  readonly subnets: readonly string[];
  /** Part of each that is given out to containers without an address of their own; absent where all of it is. */
  readonly dynamic: readonly string[];
}

/** A container to be created. */
export interface ContainerOrder {
  /** Its name; without one the engine gives it any. */
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
  /** Its users are the host's, also on an engine that gives containers users of their own. */
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

/** How a container answers on a network. */
export interface Endpoint {
  /** Names beside its own. */
  readonly names?: readonly string[];
  /** Its address there; without one the engine gives it any. */
  readonly address?: string;
}

/** A command in a container that runs for as long as this process keeps its standard input open. */
export interface Conversation {
  /** The first line it printed, or all it printed if it ended before a whole line. */
  readonly line: string;
  /** Settles when the command has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Writes to its standard input; nothing once that is closed or the command has ended. */
  write(text: string): void;
  /** Closes its standard input and waits until it has ended. */
  end(): Promise<void>;
}

/** How a container is removed. */
export interface Removal {
  /** Kill it if it runs. Default: true. */
  readonly force?: boolean;
  /** Its anonymous volumes go with it. Default: true. */
  readonly volumes?: boolean;
}

/** An image as the engine describes it. */
export interface ImageDetails {
  readonly id: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  /** Words of its entrypoint and of what that gets; undefined where nobody says. */
  readonly program?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Names with the digest of what a registry calls it: `repository@sha256:…`. */
  readonly digests: readonly string[];
}

/** A followed log. */
export interface FollowedLog {
  /** Standard output and error, in the order they come; ends when the container stops. */
  readonly output: NodeJS.ReadableStream;
  close(): void;
}

/**
 * A Docker engine, as far as this module uses one. Containers are given by id or name. Something that does not exist is
 * `undefined` where a method says so; otherwise the engine's refusal is thrown, with its own message and HTTP status
 * (`isNotFound`, `isConflict`).
 */
export interface Engine {
  /**
   * Id of the engine itself, which stays the same under another address and differs for another engine at the same one.
   */
  identity(): Promise<string>;

  containers(filter: ContainerFilter): Promise<ContainerSummary[]>;
  /** Undefined when there is no such container. */
  inspect(container: string): Promise<ContainerDetails | undefined>;
  /** Creates a container without starting it. @returns its id */
  create(order: ContainerOrder): Promise<string>;
  /**
   * Starts a container, or lets one that is paused go on; one that runs already is left alone. One that the engine is
   * about to restart by itself is started now.
   */
  start(container: string): Promise<void>;
  /**
   * Stops a container gently; does nothing if it is stopped or gone.
   * @param withinSeconds until the engine kills it; by default the container's own stop timeout
   */
  stop(container: string, withinSeconds?: number): Promise<void>;
  /** Sets when the engine starts a container again by itself, in Docker's own words. */
  setRestartPolicy(container: string, policy: string): Promise<void>;
  /**
   * Removes a container, if it still exists; waits for a removal that is already in progress. Without force, one that runs
   * is refused (409).
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
  /** As `exec`, for a command whose streams are large or live. @param environment `NAME=value` */
  attach(container: string, command: readonly string[], environment?: readonly string[]): Promise<Attached>;
  /** As `exec`, with standard output and error apart. @param input for its standard input */
  capture(
    container: string,
    command: readonly string[],
    environment?: readonly string[],
    input?: string,
  ): Promise<Ended & { readonly output: string }>;
  /**
   * Starts a command that runs for as long as this process holds it. Undefined when the container does not exist or does
   * not run.
   */
  hold(container: string, command: readonly string[]): Promise<Conversation | undefined>;

  /** Reads a file from a container, running or not. Undefined when the file or the container does not exist. */
  readFile(container: string, path: string): Promise<string | undefined>;
  /** Writes a file into a container's volume, whole or not at all as far as the engine allows. Running or not. */
  writeFile(container: string, path: string, contents: string): Promise<void>;
  /** Names of a folder's files, relative to the folder. Empty when the folder or the container does not exist. */
  fileNames(container: string, folder: string): Promise<string[]>;

  /** The last lines of a container's log, both streams. Empty for one that never ran. */
  lastLines(container: string, count: number): Promise<string[]>;
  /** Everything a container has logged since a moment (epoch seconds, fractions allowed). */
  logSince(container: string, since: number): Promise<string>;
  /** Follows a container's log from a moment on (epoch seconds, fractions allowed). */
  followLog(container: string, since: number): Promise<FollowedLog>;

  /** Undefined when the engine has no such image. */
  image(name: string): Promise<ImageDetails | undefined>;
  /**
   * Asks an image's registry for its description, without pulling it. Rejects when the registry refuses or does not have
   * it, or the signal aborts.
   */
  askRegistry(image: string, signal: AbortSignal): Promise<void>;
  /** Pulls an image; rejects when its registry refuses or does not have it. */
  pull(image: string): Promise<void>;
  /** Gives an image that is there a further name, `repository:tag`. */
  tagImage(image: string, name: string): Promise<void>;

  /** Networks that have every label (`name` or `name=value`). */
  networks(labels: readonly string[]): Promise<NetworkSummary[]>;
  /** Puts a container on a network, running or not; rejects when it is on it already. */
  connectNetwork(network: string, container: string, how?: Endpoint): Promise<void>;
  /** Takes a container off a network, in whatever state it is; does nothing if it is not on it. */
  disconnectNetwork(network: string, container: string): Promise<void>;
  /** Removes a network, if it still exists; one that a container is on is refused (403). */
  removeNetwork(network: string): Promise<void>;
  /** Volumes that have every label (`name` or `name=value`). */
  volumes(labels: readonly string[]): Promise<Labelled[]>;
  /** True if the engine has a volume of this name. */
  hasVolume(name: string): Promise<boolean>;
  /** Removes a volume, if it still exists. */
  removeVolume(name: string): Promise<void>;
  /** Creates a volume; one that is there is left as it is. */
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

/** HTTP status of the engine's refusal; undefined for any other error. */
export function statusOf(thrown: unknown): number | undefined {
  return (thrown as { statusCode?: number } | undefined)?.statusCode;
}

/** True when the engine refused because something does not exist. */
export function isNotFound(thrown: unknown): boolean {
  return statusOf(thrown) === 404;
}

/** Lets the engine's refusal of what does not exist pass. @throws any other error */
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

/** As `inspect`, for a container that must exist. @throws EngineError when it does not, in the engine's words */
export async function details(engine: Engine, container: string): Promise<ContainerDetails> {
  const found = await engine.inspect(container);
  if (found === undefined)
    throw new EngineError(404, `(HTTP code 404) no such container - No such container: ${container} `);
  return found;
}
