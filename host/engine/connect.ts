import Docker from "dockerode";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { currentContextHost } from "./context";
import { engineOver } from "./dockerEngine";
import type { Engine } from "./engine";

/**
 * Connects to a Docker engine: the given one, else DOCKER_HOST, else the current Docker context, else the local socket.
 * @param host `unix://`, `npipe://`, `tcp://` or `ssh://`
 */
export function connect(host?: string, environment: NodeJS.ProcessEnv = process.env): Engine {
  return engineOver(connectDocker(host, environment));
}

/** As `connect`, with dockerode's own interface, for the lab and the tests. */
export function connectDocker(host?: string, environment: NodeJS.ProcessEnv = process.env): Docker {
  return new Docker(dockerOptions(host ?? engineHost(environment), environment));
}

/** Host of the engine the docker command line would use; undefined for its built-in default. */
export function engineHost(environment: NodeJS.ProcessEnv): string | undefined {
  return environment.DOCKER_HOST || currentContextHost(environment);
}

/**
 * A host in dockerode's words. It would read DOCKER_HOST by itself, but from this process's own environment only, which
 * is not always the one a command is for.
 * @throws Error when the host cannot be read, or a certificate it needs
 */
export function dockerOptions(host: string | undefined, environment: NodeJS.ProcessEnv): Docker.DockerOptions {
  const [, scheme = "tcp", rest = ""] = /^(?:(\w+):\/\/)?(.*)$/.exec(host ?? "unix://") ?? [];
  if (scheme === "unix" || scheme === "npipe") return { host: undefined, socketPath: rest || defaultSocket() };
  if (!URL.canParse(`tcp://${rest}`))
    throw new Error(`The Docker host ${host} cannot be read; it is something like tcp://localhost:2375`);
  const { hostname, port, username } = new URL(`tcp://${rest}`);
  const at = { socketPath: undefined, host: hostname, port, pathPrefix: "/", timeout: timeoutOf(environment) };
  if (scheme === "ssh") return { ...at, protocol: "ssh", username, sshOptions: { agent: environment.SSH_AUTH_SOCK } };
  const tls = scheme === "https" || environment.DOCKER_TLS_VERIFY === "1" || port === "2376";
  return { ...at, protocol: tls ? "https" : "http", ...certificates(environment.DOCKER_CERT_PATH) };
}

function certificates(folder: string | undefined): Pick<Docker.DockerOptions, "ca" | "cert" | "key"> {
  if (!folder) return {};
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => readFileSync(join(folder, `${name}.pem`), "utf8"));
  return { ca, cert, key };
}

function timeoutOf({ DOCKER_CLIENT_TIMEOUT: limit }: NodeJS.ProcessEnv): number | undefined {
  return limit ? Number.parseInt(limit, 10) : undefined;
}

/** Where an engine listens that nothing names: Docker Desktop's socket, else the machine's own. */
function defaultSocket(): string {
  if (process.platform === "win32") return "//./pipe/docker_engine";
  const own = join(homedir(), ".docker", "run", "docker.sock");
  return existsSync(own) ? own : "/var/run/docker.sock";
}
