import { once } from "node:events";
import { PassThrough, Readable, type Duplex } from "node:stream";
import type { Link } from "../../../host/engine/containers/links";
import type { Attached, Ended } from "../../../host/engine/docker/attached";
import {
  EngineError,
  waitingPath,
  type Confinement,
  type ContainerDetails,
  type ContainerFilter,
  type ContainerOrder,
  type ContainerState,
  type ContainerSummary,
  type Conversation,
  type Endpoint,
  type Engine,
  type EngineInfo,
  type FollowedLog,
  type ImageDetails,
  type Labelled,
  type Mount,
  type NetworkSummary,
  type Removal,
} from "../../../host/engine/engine";
import { explained } from "../../../host/engine/refusal";
import type { ExecResult } from "../../../host/engine/docker/exec";
import { wholeLines } from "../../../util/progress/wholeLines";

/** A container of the fake, as a test sets it up and inspects it. */
export interface FakeContainer {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  state: ContainerState;
  readonly image: string;
  readonly imageId: string;
  readonly environment: readonly string[];
  readonly healthCheck: readonly string[];
  readonly entrypoint: readonly string[];
  readonly arguments: readonly string[];
  networks: string[];
  /** How it was connected to networks, by their names; its aliases on those it was created with. */
  readonly endpoints: Map<string, Endpoint>;
  readonly networkOwner?: string;
  /** Ids of networks that were removed while it was stopped, by name: it does not start until it has left them. */
  readonly goneNetworks: Map<string, string>;
  /** Address it has on each network while it runs. */
  readonly address?: string;
  readonly aliases: readonly string[];
  readonly links: readonly Link[];
  readonly published: readonly string[];
  readonly volumes: readonly string[];
  readonly confinement: Confinement;
  readonly options: readonly string[];
  readonly mounts: readonly Mount[];
  restartPolicy: string;
  health?: string;
  /** Contents by path. */
  readonly files: Map<string, string>;
  restarts: number;
  exitCode: number;
  startedAt: string;
  finishedAt: string;
  readonly created: number;
  /** Exit code with which it ends as soon as it has been started, for a one-off container. */
  endsWith?: number;
  readonly autoRemove?: boolean;
  /** True where the engine fails to remove it, as one whose files something still holds. */
  isBusy?: boolean;
  /** Lines it logs when it starts, and when it is stopped. */
  readonly atStart: readonly string[];
  readonly atStop: readonly string[];
  readonly log: { readonly at: number; readonly line: string }[];
}

/** Result of a command in a container. */
export interface FakeAnswer {
  readonly exitCode?: number;
  readonly output?: string;
  readonly errors?: string;
}

/** Way a command is run. */
export interface FakeCall {
  readonly method: "exec" | "attach" | "capture" | "hold";
  /** `NAME=value`. */
  readonly environment: readonly string[];
  /** Its standard input. */
  readonly input?: string;
}

/** Answers commands that are run in containers; undefined for an unknown one, which is an error of the test. */
export type Script = (
  container: FakeContainer,
  command: readonly string[],
  call: FakeCall,
) => FakeAnswer | undefined | Promise<FakeAnswer | undefined>;

/**
 * Kind of a fault at a call. `throw`: the engine refuses and does nothing. `hang`: nothing is done and no answer comes,
 * until the call's own signal, or the plan's, is aborted. `lose`: the call is done, but the answer is an error. `die`:
 * this process is killed before the call, which fails with `Died` like every later one; `gone`: the engine is killed with
 * it, at the one moment at which a file that is written has no name; `empty` and `half`: the machine loses power just
 * after the call, which leaves that of a written file.
 */
export type FaultKind = "throw" | "hang" | "lose" | "die" | Tear;

/** What a fault leaves of a file that is being written. */
export type Tear = "gone" | "empty" | "half";

/** A fault at the n-th call from now, the first being 1. */
export interface Fault {
  readonly at: number;
  readonly kind: FaultKind;
  /** Ends a hang. */
  readonly signal?: AbortSignal;
}

/** Error of calls by a killed process: nothing it does afterwards counts. */
export class Died extends Error {
  constructor() {
    super("killed");
    this.name = "Died";
  }
}

/** States Docker counts as running. */
const running: readonly ContainerState[] = ["running", "paused", "restarting"];

/** Refuses what Docker refuses of a container that it is removing, or has failed to remove. */
function refuseLost({ id, state }: FakeContainer, status: number, what: string): void {
  if (state === "removing" || state === "dead")
    throw new EngineError(
      status,
      `(HTTP code ${status}) conflict - container ${id} is marked for removal and cannot be ${what} `,
    );
}

/** A Docker engine in memory that has Docker's states and error messages, and can fail at any call. */
export class FakeEngine implements Engine {
  readonly all: FakeContainer[] = [];
  readonly images = new Map<string, ImageDetails>();
  /** Images a registry has. */
  readonly registry = new Set<string>();
  readonly volumesThere: { name: string; labels: Record<string, string> }[] = [];
  /** Contents of volumes by path, for containers whose mounts name them. */
  readonly volumeFiles = new Map<string, Map<string, string>>();
  /** Names of networks whose endpoints the engine has miscounted: it does not remove them until it is restarted. */
  readonly miscounted = new Set<string>();
  readonly networksThere: (Labelled & Partial<NetworkSummary>)[] = [];
  /** Every call so far, as `method container command`. */
  readonly calls: string[] = [];
  /** Call at which the fault came; undefined before it. */
  faulted: string | undefined;

  /** The engine's own clock, epoch milliseconds. */
  clock: () => number = Date.now;
  /** Called when a call has been carried out, to check what must hold at every moment. */
  watch: (call: string) => void = () => undefined;
  /** Called when a container has joined a network. */
  joined: (container: FakeContainer) => void = () => undefined;
  /** Called when a stopped container has been started. */
  started: (container: FakeContainer) => void = () => undefined;
  /** Called when a call hangs, once it waits for its end. */
  onHung: () => void = () => undefined;

  private fault: Fault | undefined;
  private counted = 0;
  private dead = false;
  private made = 0;
  private readonly listeners = new Map<string, Set<(line: string | undefined) => unknown>>();

  constructor(private readonly script: Script = () => undefined) {}

  /** Plans a fault; calls are counted from now. Without an argument later calls work again, also after `die`. */
  plan(fault?: Fault): void {
    this.fault = fault;
    this.counted = 0;
    this.dead = false;
    this.faulted = undefined;
  }

  /** Number of calls since the last `plan`. */
  get count(): number {
    return this.counted;
  }

  /** Adds a container. */
  add(one: Partial<FakeContainer> & { readonly name: string }): FakeContainer {
    this.made += 1;
    const container: FakeContainer = {
      id: `id-of-${one.name}`,
      labels: {},
      state: "created",
      image: "image:1",
      imageId: "sha256:1",
      environment: [],
      healthCheck: ["CMD", "health"],
      entrypoint: [],
      arguments: [],
      networks: [],
      endpoints: new Map(),
      goneNetworks: new Map(),
      aliases: [],
      links: [],
      published: [],
      volumes: [],
      confinement: {},
      options: [],
      mounts: [],
      restartPolicy: "no",
      files: new Map(),
      restarts: 0,
      exitCode: 0,
      startedAt: new Date(0).toISOString(),
      finishedAt: new Date(0).toISOString(),
      created: this.made,
      atStart: [],
      atStop: [],
      log: [],
      ...one,
    };
    this.all.push(container);
    return container;
  }

  /** Finds a container by id or name; this does not count as a call. */
  find(container: string): FakeContainer | undefined {
    return this.all.find(({ id, name }) => id === container || name === container);
  }

  /** True on a worker of a swarm. */
  swarmWorker = false;

  info(): Promise<EngineInfo> {
    return this.call("info", () => ({ id: "FAKE", isSwarmWorker: this.swarmWorker }));
  }

  containers({ labels = [], volumes, network, all = false }: ContainerFilter): Promise<ContainerSummary[]> {
    return this.call(`containers ${labels.join(" ")}`, () =>
      this.all
        .filter(
          (one) =>
            (all || running.includes(one.state)) &&
            hasLabels(one.labels, labels) &&
            (volumes === undefined || volumes.some((volume) => one.volumes.includes(volume))) &&
            (network === undefined || one.networks.includes(network)),
        )
        .map(({ id, name, labels, state, image, imageId, created, volumes, published, ...one }) => ({
          id,
          name,
          labels,
          state,
          status: state,
          image,
          imageId,
          created,
          volumes,
          published: running.includes(state) ? published : [],
          networks: Object.fromEntries(
            one.networks.map((network) => [
              network,
              { current: one.address, networkId: this.networkIdOf(one, network) },
            ]),
          ),
        })),
    );
  }

  inspect(container: string): Promise<ContainerDetails | undefined> {
    return this.call(`inspect ${this.called(container)}`, () => {
      const one = this.find(container);
      if (one === undefined) return undefined;
      const endpoints = Object.fromEntries(
        one.networks.map((network) => [
          network,
          { networkId: this.networkIdOf(one, network), ...(one.endpoints.get(network) ?? { names: one.aliases }) },
        ]),
      );
      return { ...one, running: running.includes(one.state), networks: [...one.networks], endpoints };
    });
  }

  create(order: ContainerOrder): Promise<string> {
    return this.call(`create ${order.image}`, () => {
      const image = [...this.images].find(([name, { id }]) => name === order.image || id === order.image);
      if (image === undefined)
        throw new EngineError(404, `(HTTP code 404) no such container - No such image: ${order.image} `);
      if (order.name !== undefined && this.find(order.name) !== undefined)
        throw new EngineError(
          409,
          `(HTTP code 409) unexpected - The container name "/${order.name}" is already in use `,
        );
      return this.add({
        name: order.name ?? `unnamed-${this.made + 1}`,
        labels: order.labels,
        image: image[0],
        imageId: image[1].id,
        environment: [...(order.environment ?? [])],
        arguments: [...(order.entrypoint ?? []), ...(order.command ?? [])],
        healthCheck: [],
        networks: order.network === undefined || order.network === "none" ? [] : [order.network],
        volumes: (order.volumes ?? []).map(({ name }) => name),
        mounts: (order.volumes ?? []).map(({ name, path }) => ({ type: "volume", source: name, path })),
        confinement: order.confinement ?? {},
        autoRemove: order.autoRemove,
      }).id;
    });
  }

  start(container: string): Promise<void> {
    return this.call(`start ${this.called(container)}`, () => {
      const one = this.there(container);
      if (one.state === "running") return;
      if (one.state === "paused") {
        one.state = "running";
        return;
      }
      this.begins(one);
    });
  }

  stop(container: string): Promise<void> {
    return this.call(`stop ${this.called(container)}`, () => {
      const one = this.find(container);
      if (one !== undefined) this.stops(one);
    });
  }

  restart(container: string): Promise<void> {
    return this.call(`restart ${this.called(container)}`, () => {
      const one = this.there(container);
      this.stops(one);
      this.begins(one);
    });
  }

  setRestartPolicy(container: string, policy: string): Promise<void> {
    return this.call(`setRestartPolicy ${this.called(container)} ${policy}`, () => {
      const one = this.there(container);
      refuseLost(one, 409, "updated");
      one.restartPolicy = policy;
    });
  }

  remove(container: string, { force = true }: Removal = {}): Promise<void> {
    return this.call(`remove ${this.called(container)}`, () => {
      const one = this.find(container);
      if (one === undefined) return;
      if (running.includes(one.state) && !force)
        throw new EngineError(
          409,
          `(HTTP code 409) unexpected - You cannot remove a ${one.state} container ${one.id}. Stop the container before attempting removal or force remove `,
        );
      if (running.includes(one.state)) this.ends(one, 137);
      if (one.isBusy === true) {
        one.state = "dead";
        throw new EngineError(
          500,
          `(HTTP code 500) server error - unable to remove ${one.id}: device or resource busy `,
        );
      }
      this.drop(one);
    });
  }

  wait(container: string): Promise<number> {
    return this.call(`wait ${this.called(container)}`, async () => {
      const one = this.there(container);
      while (running.includes(one.state))
        await new Promise<void>((resolve) => {
          this.listen(one, () => resolve());
        });
      return one.exitCode;
    });
  }

  exec(container: string, command: readonly string[], onLine?: (line: string) => void): Promise<ExecResult> {
    return this.call(`exec ${this.called(container)} ${wordsOf(command)}`, async () => {
      const { exitCode = 0, output = "", errors = "" } = await this.run(container, command, "exec");
      const lines = onLine && wholeLines(onLine);
      lines?.take(output + errors);
      lines?.end();
      return { exitCode, output: (output + errors).trim() };
    });
  }

  attach(container: string, command: readonly string[], environment: readonly string[] = []): Promise<Attached> {
    return this.call(`attach ${this.called(container)} ${wordsOf(command)}`, async () => {
      const { exitCode = 0, output = "", errors = "" } = await this.run(container, command, "attach", environment);
      const stdin: Duplex = new PassThrough().resume();
      const stdout = Readable.from([Buffer.from(output)], { objectMode: false });
      const ended = once(stdout, "end").then(() => ({ exitCode, errors: errors.trim() }));
      ended.catch(() => undefined);
      return {
        stdin,
        stdout,
        ended,
        cut: () => {
          stdout.destroy();
          stdin.destroy();
        },
      };
    });
  }

  capture(
    container: string,
    command: readonly string[],
    environment: readonly string[] = [],
    input?: string,
  ): Promise<Ended & { output: string }> {
    return this.call(`capture ${this.called(container)} ${wordsOf(command)}`, async () => {
      const {
        exitCode = 0,
        output = "",
        errors = "",
      } = await this.run(container, command, "capture", environment, input);
      return { exitCode, output, errors: errors.trim() };
    });
  }

  hold(container: string, command: readonly string[]): Promise<Conversation | undefined> {
    return this.call(`hold ${this.called(container)} ${wordsOf(command)}`, async () => {
      const one = this.find(container);
      if (one?.state !== "running") return undefined;
      const { output = "" } = await this.run(container, command, "hold");
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      this.listen(one, (line) => {
        if (line === undefined) end();
      });
      return {
        line: output.split("\n")[0],
        ended,
        write: () => undefined,
        end: () => {
          end();
          return ended;
        },
      };
    });
  }

  readFile(container: string, path: string): Promise<string | undefined> {
    return this.call(`readFile ${this.called(container)} ${path}`, () => {
      const [files, name] = this.filesAt(this.find(container), path);
      return files?.get(name) ?? files?.get(waitingPath(name));
    });
  }

  writeFile(container: string, path: string, contents: string): Promise<void> {
    const at = () => this.filesAt(this.there(container), path);
    const torn = (tear: Tear): void => {
      const [files, name] = at();
      if (tear === "gone") files?.delete(name);
      if (tear === "gone") files?.set(waitingPath(name), contents);
      else files?.set(name, tear === "empty" ? "" : contents.slice(0, contents.length / 2));
    };
    const write = (): void => {
      const [files, name] = at();
      files?.delete(waitingPath(name));
      files?.set(name, contents);
    };
    return this.call(`writeFile ${this.called(container)} ${path}`, write, undefined, torn);
  }

  fileNames(container: string, folder: string): Promise<string[]> {
    return this.call(`fileNames ${this.called(container)} ${folder}`, () =>
      [...(this.find(container)?.files.keys() ?? [])]
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1)),
    );
  }

  lastLines(container: string, count: number): Promise<string[]> {
    return this.call(`lastLines ${this.called(container)}`, () =>
      this.there(container)
        .log.slice(-count)
        .map(({ line }) => line),
    );
  }

  logSince(container: string, since: number): Promise<string> {
    return this.call(`logSince ${this.called(container)}`, () =>
      this.there(container)
        .log.filter(({ at }) => at >= since)
        .map(({ line }) => `${line}\n`)
        .join(""),
    );
  }

  followLog(container: string, since: number): Promise<FollowedLog> {
    return this.call(`followLog ${this.called(container)}`, () => {
      const [one, output] = [this.there(container), new PassThrough()];
      for (const { at, line } of one.log) if (at >= since) output.write(`${line}\n`);
      const unlisten = this.listen(one, (line) => {
        if (line !== undefined) return output.write(`${line}\n`);
        unlisten();
        return output.end();
      });
      if (!running.includes(one.state)) {
        unlisten();
        output.end();
      }
      return {
        output,
        close: () => {
          unlisten();
          output.destroy();
        },
      };
    });
  }

  image(name: string): Promise<ImageDetails | undefined> {
    return this.call(
      `image ${name}`,
      () => this.images.get(name) ?? [...this.images.values()].find(({ id }) => id === name),
    );
  }

  askRegistry(image: string, signal: AbortSignal): Promise<void> {
    return this.call(
      `askRegistry ${image}`,
      () => {
        if (!this.registry.has(image))
          throw new EngineError(404, `(HTTP code 404) no such image - manifest unknown: ${image} `);
      },
      signal,
    );
  }

  pull(image: string): Promise<void> {
    return this.call(`pull ${image}`, () => {
      if (!this.registry.has(image))
        throw new EngineError(404, `(HTTP code 404) no such image - manifest unknown: ${image} `);
      // The official image of Postgres names the folder of its data.
      const environment = image.startsWith("postgres:") ? ["PGDATA=/var/lib/postgresql/data"] : [];
      this.images.set(image, { id: `sha256:${image}`, environment, labels: {}, digests: [] });
    });
  }

  tagImage(image: string, name: string): Promise<void> {
    return this.call(`tagImage ${image} ${name}`, () => {
      const found = [...this.images].find(([known, { id }]) => known === image || id === image);
      if (found === undefined) throw new EngineError(404, `(HTTP code 404) no such image - No such image: ${image} `);
      this.images.set(name, found[1]);
    });
  }

  networks(labels: readonly string[]): Promise<NetworkSummary[]> {
    return this.call(`networks ${labels.join(" ")}`, () =>
      this.networksThere
        .filter((one) => hasLabels(one.labels, labels))
        .map((one) => ({ subnets: [], dynamic: [], created: new Date(0).toISOString(), ...one })),
    );
  }

  connectNetwork(network: string, container: string, how: Endpoint = {}): Promise<void> {
    return this.call(`connectNetwork ${network} ${this.called(container)}`, () => {
      const one = this.there(container);
      refuseLost(one, 500, "connected or disconnected");
      one.networks.push(network);
      one.endpoints.set(network, how);
      this.joined(one);
    });
  }

  disconnectNetwork(network: string, container: string): Promise<void> {
    return this.call(`disconnectNetwork ${network} ${this.called(container)}`, () => {
      const one = this.find(container);
      if (one === undefined) return;
      refuseLost(one, 500, "connected or disconnected");
      one.networks = one.networks.filter((name) => name !== network);
      one.endpoints.delete(network);
      one.goneNetworks.delete(network);
    });
  }

  removeVolume(name: string): Promise<void> {
    return this.call(`removeVolume ${name}`, () => {
      const holders = this.all.filter(({ volumes }) => volumes.includes(name)).map((one) => one.name);
      if (holders.length > 0)
        throw explained(
          new EngineError(409, `(HTTP code 409) unexpected - remove ${name}: volume is in use - [${holders[0]}] `),
          { kind: "volume", name, holders },
        );
      const at = this.volumesThere.findIndex((one) => one.name === name);
      if (at >= 0) this.volumesThere.splice(at, 1);
      this.volumeFiles.delete(name);
    });
  }

  removeNetwork(network: string): Promise<void> {
    return this.call(`removeNetwork ${network}`, () => {
      const found = this.networkCalled(network);
      if (found === undefined) return;
      const { id, name } = found;
      const users = this.all.filter(({ networks }) => networks.includes(name));
      if (this.miscounted.has(name) || users.some(({ state }) => running.includes(state)))
        throw explained(
          new EngineError(
            403,
            `(HTTP code 403) unexpected - error while removing network: ${name} has active endpoints `,
          ),
          { kind: "network", name, holders: users.map((user) => user.name) },
        );
      for (const { goneNetworks } of users) goneNetworks.set(name, id);
      this.networksThere.splice(this.networksThere.indexOf(found), 1);
    });
  }

  volumes(labels: readonly string[]): Promise<Labelled[]> {
    return this.call(`volumes ${labels.join(" ")}`, () =>
      this.volumesThere.filter((one) => hasLabels(one.labels, labels)).map((one) => ({ ...one, id: one.name })),
    );
  }

  hasVolume(name: string): Promise<boolean> {
    return this.call(`hasVolume ${name}`, () => this.volumesThere.some((one) => one.name === name));
  }

  createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    return this.call(`createVolume ${name}`, () => {
      if (!this.volumesThere.some((one) => one.name === name)) this.volumesThere.push({ name, labels: { ...labels } });
    });
  }

  /** Adds a line to a container's log, as if the container had logged it. */
  say(container: FakeContainer, line: string): void {
    container.log.push({ at: this.clock() / 1000, line });
    for (const listener of this.listeners.get(container.id) ?? []) listener(line);
  }

  private begins(one: FakeContainer): void {
    refuseLost(one, 409, "started");
    for (const gone of one.goneNetworks.values())
      throw new EngineError(404, `(HTTP code 404) no such container - network ${gone} not found `);
    one.state = "running";
    one.startedAt = new Date(this.clock()).toISOString();
    one.restarts = 0;
    this.started(one);
    for (const line of one.atStart) this.say(one, line);
    if (one.endsWith !== undefined) this.ends(one, one.endsWith);
  }

  private stops(one: FakeContainer): void {
    if (!running.includes(one.state)) return;
    for (const line of one.atStop) this.say(one, line);
    this.ends(one, 0);
  }

  /** Lets a container end by itself. */
  ends(container: FakeContainer, exitCode: number): void {
    container.state = "exited";
    container.exitCode = exitCode;
    container.finishedAt = new Date(this.clock()).toISOString();
    for (const listener of [...(this.listeners.get(container.id) ?? [])]) listener(undefined);
    if (container.autoRemove === true) this.drop(container);
  }

  /** Makes a call, with the planned fault if it is due. @param torn does what a tear does to it */
  private async call<T>(
    name: string,
    work: () => T | Promise<T>,
    signal?: AbortSignal,
    torn: (tear: Tear) => void = () => undefined,
  ): Promise<T> {
    // As over a socket, the answer never comes at once.
    await Promise.resolve();
    if (this.dead) throw new Died();
    this.calls.push(name);
    this.counted += 1;
    const fault = this.fault?.at === this.counted ? this.fault : undefined;
    const carryOut = async (): Promise<T> => {
      try {
        return await work();
      } finally {
        this.watch(name);
      }
    };
    if (fault === undefined) return carryOut();
    this.faulted = name;
    switch (fault.kind) {
      case "throw":
        throw new EngineError(500, `(HTTP code 500) server error - fault at ${name} `);
      case "hang": {
        const hung = untilAborted([signal, fault.signal]);
        this.onHung();
        return hung;
      }
      case "lose":
        await carryOut();
        throw new EngineError(500, `(HTTP code 500) server error - lost the answer to ${name} `);
      case "die":
        this.dead = true;
        throw new Died();
      case "gone":
      case "empty":
      case "half":
        torn(fault.kind);
        this.dead = true;
        throw new Died();
    }
  }

  private async run(
    container: string,
    command: readonly string[],
    method: FakeCall["method"],
    environment: readonly string[] = [],
    input?: string,
  ): Promise<FakeAnswer> {
    const one = this.there(container);
    if (one.state === "paused")
      throw new EngineError(
        409,
        `(HTTP code 409) unexpected - Container ${one.name} is paused, unpause the container before exec `,
      );
    if (one.state === "restarting")
      throw new EngineError(
        409,
        `(HTTP code 409) unexpected - Container ${one.name} is restarting, wait until the container is running `,
      );
    if (one.state !== "running")
      throw new EngineError(409, `(HTTP code 409) unexpected - Container ${one.name} is not running `);
    const answer = await this.script(one, command, { method, environment, input });
    if (answer === undefined) throw new Error(`the fake has no answer to ${command.join(" ")} in ${one.name}`);
    return answer;
  }

  /** Returns the files a path of a container belongs to, a volume's or the container's own, and its name there. */
  private filesAt(container: FakeContainer | undefined, path: string): [Map<string, string> | undefined, string] {
    const mount = container?.mounts.find((one) => one.type === "volume" && path.startsWith(`${one.path}/`));
    if (mount === undefined) return [container?.files, path];
    const files = this.volumeFiles.get(mount.source) ?? new Map<string, string>();
    this.volumeFiles.set(mount.source, files);
    return [files, path.slice(mount.path.length + 1)];
  }

  private there(container: string): FakeContainer {
    const one = this.find(container);
    if (one === undefined)
      throw new EngineError(404, `(HTTP code 404) no such container - No such container: ${container} `);
    return one;
  }

  /**
   * Adds a listener that gets each logged line, and undefined when the container ends. @returns removes the listener
   */
  private listen(container: FakeContainer, listener: (line: string | undefined) => unknown): () => void {
    const all = this.listeners.get(container.id) ?? new Set();
    this.listeners.set(container.id, all.add(listener));
    return () => {
      all.delete(listener);
    };
  }

  private drop(container: FakeContainer): void {
    const at = this.all.indexOf(container);
    if (at >= 0) this.all.splice(at, 1);
  }

  private networkCalled(network: string): FakeEngine["networksThere"][number] | undefined {
    return this.networksThere.find(({ id, name }) => id === network || name === network);
  }

  private networkIdOf({ goneNetworks }: Pick<FakeContainer, "goneNetworks">, network: string): string | undefined {
    return goneNetworks.get(network) ?? this.networkCalled(network)?.id;
  }

  private called(container: string): string {
    return this.find(container)?.name ?? container;
  }
}

/** Returns words that identify a command in `calls`: a known part of a script, or its first word. */
function wordsOf(command: readonly string[]): string {
  const text = command.join(" ");
  const known = [
    /kamal-proxy deploy/,
    /kamal-proxy (pause|resume \S+|list|remove \S+)/,
    /trpc\/[\w.]+/,
    /psql/,
    /curl/,
    /\buntil\b/,
  ]
    .map((pattern) => pattern.exec(text)?.[0])
    .find((match) => match !== undefined);
  return known ?? command[0] ?? "";
}

function hasLabels(labels: Readonly<Record<string, string>>, wanted: readonly string[]): boolean {
  return wanted.every((one) => {
    const [name, value] = one.split("=") as [string, string | undefined];
    return value === undefined ? name in labels : labels[name] === value;
  });
}

function untilAborted(signals: readonly (AbortSignal | undefined)[]): Promise<never> {
  const signal = AbortSignal.any(signals.filter((one) => one !== undefined));
  return new Promise((_, reject) => {
    const stop = (): void => reject(Object.assign(new Error("The operation was aborted"), { name: "AbortError" }));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
}
