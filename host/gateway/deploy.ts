import { serviceStates } from "./state";

/** A service of the gateway: the paths it answers, and the target that answers them. */
export interface Deployment {
  /** Name by which the gateway knows it. */
  readonly name: string;
  /** `host:port` inside the gateway's networks. */
  readonly target: string;
  readonly prefixes: readonly string[];
  /** Forward the path without its prefix. */
  readonly strip: boolean;
  /** Path that answers 200 while the target is ready. */
  readonly healthPath: string;
  /** Seconds a request that began before a change of target may still take. */
  readonly drainSeconds: number;
  /** Bytes a request's body may have; without it there is no limit, and bodies are not held at the gateway. */
  readonly maxBodyBytes?: number;
}

/** Seconds a target may take until it begins to respond, as in Scani's own nginx. */
const responseSeconds = 90;

/** Seconds the gateway waits for a target that was ready a moment ago. */
const deploySeconds = 10;

/**
 * Returns the words of `kamal-proxy deploy` for one service. Source: kamal-proxy 0.9.2, internal/cmd/deploy.go. Pure.
 */
export function deployCommand({
  name,
  target,
  prefixes,
  strip,
  healthPath,
  drainSeconds,
  maxBodyBytes,
}: Deployment): string[] {
  return [
    "kamal-proxy",
    "deploy",
    name,
    `--target=${target}`,
    `--path-prefix=${prefixes.join(",")}`,
    `--strip-path-prefix=${strip}`,
    `--health-check-path=${healthPath}`,
    "--health-check-interval=50ms",
    `--deploy-timeout=${deploySeconds}s`,
    `--drain-timeout=${drainSeconds}s`,
    `--target-timeout=${responseSeconds}s`,
    ...(maxBodyBytes === undefined ? [] : ["--buffer-requests", `--max-request-body=${maxBodyBytes}`]),
  ];
}

/** Returns the words of `kamal-proxy remove` for one service. Pure. */
export function removeCommand(name: string): string[] {
  return ["kamal-proxy", "remove", name];
}

/**
 * Returns the words of `kamal-proxy pause` for one service: requests in flight end, new ones wait. Source: kamal-proxy
 * 0.9.2, internal/cmd/pause.go. Pure.
 * @param drainSeconds until requests in flight are cut
 * @param waitSeconds until a request that waits is refused
 */
export function pauseCommand(name: string, drainSeconds: number, waitSeconds: number): string[] {
  return ["kamal-proxy", "pause", name, `--drain-timeout=${drainSeconds}s`, `--max-pause=${waitSeconds}s`];
}

/** Returns the words of `kamal-proxy resume` for one service. Pure. */
export function resumeCommand(name: string): string[] {
  return ["kamal-proxy", "resume", name];
}

/** Command of the gateway's container, as words. */
export const proxyCommand = ["kamal-proxy", "run"];

/** Shell command that exits 0 while the gateway answers. */
export const proxyHealth = "kamal-proxy list > /dev/null";

/** Seconds a gateway may take to list its services. A stopped process accepts the connection and never answers. */
const listSeconds = 10;

/** `kamal-proxy list`, as words, within a limit. */
export const listCommand: readonly string[] = ["timeout", String(listSeconds), "kamal-proxy", "list"];

/** Returns what is wrong where `listCommand` exits with a code other than 0. Pure. */
export function listProblem(exitCode: number, output: string): string {
  return exitCode === timedOut ? `no answer within ${listSeconds} s` : output;
}

/** Exit code of `timeout` (coreutils) once the time is over. */
const timedOut = 124;

/** Host listed for a service that answers to every host name. */
export const allHosts = "*";

/** A service as `kamal-proxy list` shows it. */
export interface Listed {
  readonly name: string;
  /** Host names it answers to, joined by commas; `*` for all. */
  readonly host: string;
  /** Path prefixes, joined by commas. */
  readonly path: string;
  readonly target: string;
  /** `running`, `paused` or `stopped`. */
  readonly state: string;
}

/**
 * Parses the output of `kamal-proxy list`. A line without a service's state is the heading, or no service, and is
 * skipped. Pure.
 */
export function parseListing(listing: string): Listed[] {
  return listing
    .replace(/\u001b\[[0-9;]*m/g, "")
    .split("\n")
    .flatMap((line) => {
      const [name = "", host = "", path = "", target = "", state = ""] = line.trim().split(/\s+/);
      return (serviceStates as readonly string[]).includes(state) ? [{ name, host, path, target, state }] : [];
    });
}

/** True for a service that answers to every host name. Pure. */
export function isForAllHosts({ host }: Pick<Listed, "host">): boolean {
  return host === allHosts;
}

/**
 * True for a service that lets no request through: if it is paused they wait, if it is stopped they are refused. Pure.
 */
export function isHeld({ state }: Pick<Listed, "state">): boolean {
  return state !== "running";
}
