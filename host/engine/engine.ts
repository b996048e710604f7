import type { Attached, Ended } from "./attached";
import type { Conversation } from "./conversation";
import type { ExecResult } from "./exec";

/** A container's state, in Docker's own words. */
export type ContainerState = "created" | "running" | "paused" | "restarting" | "exited" | "dead" | "removing";

/** One line of a list of containers. */
export interface ContainerSummary {
  readonly id: string;
  /** Without the slash Docker puts before it. Empty for one that has lost its name. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  /** As Docker words it: `Up 3 minutes (healthy)`. */
  readonly status: string;
  /** Name of its image, or the image's id where the name has been taken away. */
  readonly image: string;
  readonly imageId: string;
  /** When it was made, epoch seconds. */
  readonly created: number;
  /** Names of the volumes it has mounted. */
  readonly volumes: readonly string[];
}

/** Which containers to list: those that have every label (`name` or `name=value`), and any of the volumes. */
export interface ContainerFilter {
  readonly labels?: readonly string[];
  readonly volumes?: readonly string[];
  /** Stopped ones too. Without it those that Docker counts as running: running, paused and restarting. */
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
  readonly Dns?: string[];
  readonly DnsOptions?: string[];
  readonly DnsSearch?: string[];
  readonly ExtraHosts?: string[];
}

/** What the engine tells of one container. */
export interface ContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly state: ContainerState;
  /** As Docker counts it: a paused container runs, and so does one that is being restarted. */
  readonly running: boolean;
  readonly exitCode: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** How often its restart policy has started it again. */
  readonly restarts: number;
  /** Name of the image it was made of. */
  readonly image: string;
  readonly imageId: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  /** Words of its health check, the first of which says how they are run; empty without one. */
  readonly healthCheck: readonly string[];
  /** Names of the networks it is in, in the order the engine tells them. */
  readonly networks: readonly string[];
  readonly confinement: Confinement;
}

/** A container to be created. */
export interface ContainerOrder {
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** `NAME=value`. */
  readonly environment?: readonly string[];
  /** Its image's health check is not run. */
  readonly noHealthCheck?: boolean;
  /** The network it is in, by name; `none` for no network. */
  readonly network?: string;
  readonly confinement?: Confinement;
  /** Runs an init process that reaps children. */
  readonly init?: boolean;
  /** The engine removes it as soon as it stops. */
  readonly autoRemove?: boolean;
  readonly log?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  /** Volumes mounted read-only, as they are: nothing is copied into an empty one. */
  readonly volumes?: readonly { readonly name: string; readonly path: string }[];
}

/** How a container is removed. */
export interface Removal {
  /** Kill it if it runs. Default: true. */
  readonly force?: boolean;
  /** Its anonymous volumes go with it. Default: true. */
  readonly volumes?: boolean;
}

/** What the engine tells of an image. */
export interface ImageDetails {
  readonly id: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
}

/** A log that is being followed. */
export interface FollowedLog {
  /** Standard output and error, in the order they come; ends when the container stops. */
  readonly output: NodeJS.ReadableStream;
  close(): void;
}

/**
 * A Docker engine, as far as this module uses one. Containers are named by id or name. What is not there is `undefined`
 * where a method says so; otherwise the engine's refusal is thrown, with the engine's own words and its HTTP status
 * (`isNotFound`, `isConflict`).
 */
export interface Engine {
  /**
   * Id of the engine itself: two hosts with one address in turn, or one host with two addresses, are told apart by it.
   */
  identity(): Promise<string>;

  containers(filter: ContainerFilter): Promise<ContainerSummary[]>;
  /** Undefined when there is no such container. */
  inspect(container: string): Promise<ContainerDetails | undefined>;
  /** Creates a container, which is not started. @returns its id */
  create(order: ContainerOrder): Promise<string>;
  /** Starts a container, or lets one that is paused go on; one that runs already is left alone. */
  start(container: string): Promise<void>;
  /**
   * Stops a container gently; one that is stopped or gone is fine.
   * @param withinSeconds until the engine kills it; without them the container's own stop timeout
   */
  stop(container: string, withinSeconds?: number): Promise<void>;
  /** Removes a container; one that is gone is fine. With force, one that is on its way out by itself is waited for. */
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
   * Starts a command that goes on for as long as this process holds it. Undefined when the container is not there or
   * does not run.
   */
  hold(container: string, command: readonly string[]): Promise<Conversation | undefined>;

  /** Reads a file from a container, running or not. Undefined when there is none, or no such container. */
  readFile(container: string, path: string): Promise<string | undefined>;
  /** Writes a file into a container's volume, whole or not at all as far as the engine allows. Running or not. */
  writeFile(container: string, path: string, contents: string): Promise<void>;
  /** Names of a folder's files, relative to the folder. Empty when there is no such folder, or no such container. */
  fileNames(container: string, folder: string): Promise<string[]>;

  /** The last lines a container logged, both streams. Empty for one that never ran. */
  lastLines(container: string, count: number): Promise<string[]>;
  /** Everything a container has logged since a moment (epoch seconds, fractions allowed). */
  logSince(container: string, since: number): Promise<string>;
  /** Follows a container's log from a moment on (epoch seconds, fractions allowed). */
  followLog(container: string, since: number): Promise<FollowedLog>;

  /** Undefined when the engine has no such image. */
  image(name: string): Promise<ImageDetails | undefined>;
  /**
   * Asks an image's registry for its description; nothing is pulled. Rejects when it is not to be had, or the signal
   * aborts.
   */
  askRegistry(image: string, signal: AbortSignal): Promise<void>;
  pull(image: string): Promise<void>;

  networks(labels: readonly string[]): Promise<{ readonly id: string; readonly name: string }[]>;
  connectNetwork(network: string, container: string): Promise<void>;
  removeNetwork(network: string): Promise<void>;
  hasVolume(name: string): Promise<boolean>;
}

/** A refusal of the engine's, as it comes over HTTP. */
export class EngineError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
    this.name = "EngineError";
  }
}

function statusOf(thrown: unknown): number | undefined {
  return (thrown as { statusCode?: number } | undefined)?.statusCode;
}

/** True when the engine refused because something named is not there. */
export function isNotFound(thrown: unknown): boolean {
  return statusOf(thrown) === 404;
}

/**
 * True when the engine refused because of the state something is in: a container that does not run, or is being
 * removed.
 */
export function isConflict(thrown: unknown): boolean {
  return statusOf(thrown) === 409;
}

/** As `inspect`, of a container that has to be there. @throws EngineError when it is not, in the engine's words */
export async function details(engine: Engine, container: string): Promise<ContainerDetails> {
  const found = await engine.inspect(container);
  if (found === undefined)
    throw new EngineError(404, `(HTTP code 404) no such container - No such container: ${container} `);
  return found;
}
