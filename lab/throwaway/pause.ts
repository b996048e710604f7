import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "dockerode";

/** Milliseconds between two tries, and until the last. */
const [tryInterval, timeout] = [100, 20_000];

/**
 * Pauses a container. On control groups of version 1 runc looks a fixed number of times whether it is frozen, and gives
 * up on a busy machine though the container could be paused; the engine then leaves it running. Source:
 * opencontainers/runc/libcontainer/cgroups/fs/freezer.go.
 * @throws the engine's error for anything else
 */
export async function pause(container: Pick<Container, "pause">): Promise<void> {
  for (const until = Date.now() + timeout; ; await sleep(tryInterval)) {
    try {
      await container.pause();
      return;
    } catch (error) {
      if (!/unable to freeze/.test((error as Error).message) || Date.now() > until) throw error;
    }
  }
}
