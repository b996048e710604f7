import Docker from "dockerode";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { dockerDefaultContext } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import { currentContext, dockerFolder } from "./connection/context";
import { engineOver } from "./docker/dockerEngine";
import type { Engine } from "./engine";
import { sshAgent } from "./connection/ssh";
import { isSystemService } from "./connection/systemService";

/**
 * Connects to a Docker engine: the given one, else DOCKER_HOST, else the current Docker context, else the local socket.
 * @param host `unix://`, `npipe://`, `tcp://` or `ssh://`
 */
export function connect(host?: string, environment: NodeJS.ProcessEnv = process.env): Engine {
  return engineOver(connectDocker(host, environment), environment);
}

/** Connects as `connect` does, and returns dockerode's own interface, for the lab and the tests. */
export function connectDocker(host?: string, environment: NodeJS.ProcessEnv = process.env): Docker {
  return new Docker(dockerOptions(host ?? engineHost(environment), environment));
}

/**
 * Returns the host of the engine the docker command line would use; undefined for its built-in default.
 * @throws OperatorError when the context chosen does not exist
 */
export function engineHost(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.DOCKER_HOST) return environment.DOCKER_HOST;
  const context = currentContext(environment);
  if (context !== undefined && context.host === undefined) {
    throw new OperatorError({
      what: `The Docker context ${context.name} is selected but does not exist.`,
      type: dockerDefaultContext,
    });
  }
  return context?.host;
}

/** Returns true where `restartDocker`, typed on this machine, restarts the engine `connect` would connect to. */
export function canBeRestarted(host: string | undefined, environment: NodeJS.ProcessEnv): boolean {
  return isSystemService(dockerOptions(host ?? engineHost(environment), environment).socketPath);
}

/** Overrides of everything dockerode would take from this process's own environment. */
const nothingElse = { socketPath: undefined, host: undefined, ca: undefined, cert: undefined, key: undefined };

/**
 * Returns dockerode's options for a host. dockerode would read DOCKER_HOST by itself, but only from this process's own
 * environment, which is not always the one a command is for.
 * @throws OperatorError when the host cannot be read, or a certificate it needs
 */
export function dockerOptions(host: string | undefined, environment: NodeJS.ProcessEnv): Docker.DockerOptions {
  const { scheme, rest } = partsOf(host ?? "unix://");
  if (scheme === "unix" || scheme === "npipe") return { ...nothingElse, socketPath: rest || defaultSocket() };
  if (scheme === "ssh") {
    // Only the Host header uses this name: the agent makes the connection.
    const through = { agent: sshAgent(host ?? "", environment) };
    return { ...nothingElse, protocol: "http", host: "docker", ...through };
  }
  const { hostname, port } = addressOf(host ?? "", rest);
  const folder = certificateFolder(host, environment);
  const at = { host: hostname, port, pathPrefix: "/", timeout: timeoutOf(environment) };
  return {
    ...nothingElse,
    ...at,
    protocol: usesTls(host, environment) ? "https" : "http",
    ...(folder === undefined ? {} : certificates(folder)),
  };
}

/**
 * Returns the folder with ca.pem, cert.pem and key.pem for an engine over TCP: that of the Docker context that names
 * the engine, else the environment's. Undefined without TLS, and where there is none.
 */
export function certificateFolder(host: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  if (!usesTls(host, environment)) return undefined;
  return (
    contextCertificates(host, environment) ??
    (environment.DOCKER_CERT_PATH || (environment.DOCKER_TLS_VERIFY ? dockerFolder(environment) : undefined))
  );
}

function usesTls(host: string | undefined, environment: NodeJS.ProcessEnv): boolean {
  const { scheme, rest } = partsOf(host ?? "unix://");
  if (["unix", "npipe", "ssh"].includes(scheme)) return false;
  if (scheme === "https" || environment.DOCKER_TLS_VERIFY) return true;
  return addressOf(host ?? "", rest).port === "2376" || contextCertificates(host, environment) !== undefined;
}

function contextCertificates(host: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  const context = currentContext(environment);
  return context?.host === host ? context?.certificates : undefined;
}

function partsOf(host: string): { scheme: string; rest: string } {
  const [, scheme = "tcp", rest = ""] = /^(?:(\w+):\/\/)?(.*)$/.exec(host) ?? [];
  return { scheme, rest };
}

function addressOf(host: string, rest: string): URL {
  if (URL.canParse(`tcp://${rest}`)) return new URL(`tcp://${rest}`);
  throw new OperatorError({
    what: `The Docker host ${host} cannot be read.`,
    why: "It is something like tcp://localhost:2375, ssh://user@scani.internal or unix:///var/run/docker.sock.",
  });
}

function certificates(folder: string): Pick<Docker.DockerOptions, "ca" | "cert" | "key"> {
  const read = (name: string): string => {
    const file = join(folder, name);
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      throw new OperatorError(
        {
          what: `The Docker engine wants TLS, and ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
          why: "ca.pem, cert.pem and key.pem are needed: in the Docker context, or in the folder DOCKER_CERT_PATH names.",
        },
        { cause: error },
      );
    }
  };
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

function timeoutOf({ DOCKER_CLIENT_TIMEOUT: limit }: NodeJS.ProcessEnv): number | undefined {
  return limit ? Number.parseInt(limit, 10) : undefined;
}

/** Returns the default local socket: Docker Desktop's, else the machine's own. */
function defaultSocket(): string {
  if (process.platform === "win32") return "//./pipe/docker_engine";
  const own = join(homedir(), ".docker", "run", "docker.sock");
  return existsSync(own) ? own : "/var/run/docker.sock";
}
