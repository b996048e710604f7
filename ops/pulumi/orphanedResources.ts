import { isConflict, type Engine } from "../../host/engine/engine";
import { label } from "../../host/install/names/labels";
import type { PendingOperations } from "./pendingOperations";

/**
 * Removes containers and networks that a killed run created on the engine and Pulumi's state does not know: nothing
 * else would ever remove them, and those with a name of base would block the next run. Volumes stay, whatever they
 * hold.
 * @returns the names of what was removed
 */
export async function removeOrphans(engine: Engine, { orphans, known }: PendingOperations): Promise<string[]> {
  const [containers, networks] = await Promise.all([
    engine.containers({ labels: [label.install], all: true }),
    engine.networks([label.install]),
  ]);
  const removed: string[] = [];
  for (const { kind, name } of orphans) {
    const container = kind === "container" && containers.find((one) => one.name === name && !known.has(one.id));
    const network = kind === "network" && networks.find((one) => one.name === name && !known.has(one.id));
    if (container) {
      await engine.stop(container.id).catch(unlessRefused);
      await engine.remove(container.id, { force: false, volumes: false });
    } else if (network) {
      await engine.removeNetwork(network.id);
    } else continue;
    removed.push(name);
  }
  return removed;
}

/** Ignores a conflict: a container that is being removed cannot be stopped any more. */
function unlessRefused(error: unknown): void {
  if (!isConflict(error)) throw error;
}
