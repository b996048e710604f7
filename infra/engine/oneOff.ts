import type Docker from "dockerode";
import { text } from "node:stream/consumers";
import { HostFailure } from "./failure";
import { remove } from "./lifecycle";
import { mergedOutput } from "./merged";

/** A container that does one thing and goes. */
export interface OneOff {
  /** How it is created; `AutoRemove` is added, so that it goes also when this process dies. */
  readonly create: Docker.ContainerCreateOptions;
  /** Names of the networks it joins, at least one. */
  readonly networks: readonly string[];
  /** Seconds after which it is killed. */
  readonly limitSeconds: number;
}

/**
 * Runs a container to its end and gives what it printed, standard output and error in the order they came.
 * It is gone when this settles.
 * @throws HostFailure when it does not end in time; whatever the engine says when it cannot be made or started
 */
export async function runOnce(docker: Docker, { create, networks, limitSeconds }: OneOff): Promise<string> {
  const [first, ...others] = networks;
  const container = await docker.createContainer({ ...create, HostConfig: { ...create.HostConfig, AutoRemove: true, NetworkMode: first } });
  try {
    // Not given at its making: engines before API 1.44 take one network there.
    for (const network of others) await docker.getNetwork(network).connect({ Container: container.id });
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    const printed = text(mergedOutput(container, stream));
    printed.catch(() => undefined);
    await container.start();
    return await within(limitSeconds, printed);
  } finally {
    await remove(container);
  }
}

async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new HostFailure(`a container that should take a moment did not end within ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
