import Docker from "dockerode";
import { currentContextHost } from "./context";
import { engineOver } from "./dockerEngine";
import type { Engine } from "./engine";

/**
 * Connects to a Docker engine: the given one, else DOCKER_HOST, else the current Docker context, else the local socket.
 * @param host `unix://`, `tcp://` or `ssh://`
 */
export function connect(host?: string): Engine {
  return engineOver(connectDocker(host));
}

/** As `connect`, with dockerode's own interface, for the lab and the tests. */
export function connectDocker(host?: string): Docker {
  const chosen = host ?? engineHost(process.env);
  if (chosen === undefined) return new Docker();
  // docker-modem understands every form of host, ssh with its agent included, but only from the environment.
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = chosen;
  try {
    return new Docker();
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
}

/** Host of the engine the docker command line would use; undefined for its built-in default. */
export function engineHost(environment: NodeJS.ProcessEnv): string | undefined {
  return environment.DOCKER_HOST || currentContextHost(environment);
}
