import type Docker from "dockerode";
import { rmSync } from "node:fs";
import { label } from "../../host/install/labels";
import { messageOf } from "../../util/operatorError";
import { remove } from "../../host/engine/lifecycle";
import { removeNetwork } from "./network";
import type { Throwaway } from "./place";

/**
 * Removes everything an install of that name has on the engine. What is gone already is fine.
 * @returns what the engine does not let go, each with its reason; empty when nothing is left
 */
export async function removeInstall(docker: Docker, install: string): Promise<string[]> {
  const filters = { label: [`${label.install}=${install}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const kept = await keptOf(
    containers.map(({ Id, Names }) => [`container ${Names[0]?.slice(1)}`, remove(docker.getContainer(Id))]),
  );
  const networks = await docker.listNetworks({ filters });
  kept.push(
    ...(await keptOf(networks.map(({ Id, Name }) => [`network ${Name}`, removeNetwork(docker.getNetwork(Id))]))),
  );
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  kept.push(
    ...(await keptOf(volumes.map(({ Name }) => [`volume ${Name}`, docker.getVolume(Name).remove().catch(unlessGone)]))),
  );
  return kept;
}

/**
 * Removes a throwaway install, its state and its settings. @throws Error that names what the engine does not let go;
 * its record stays, so that a later run tries again
 */
export async function cleanUp(docker: Docker, place: Throwaway): Promise<void> {
  const kept = await removeInstall(docker, place.install);
  if (kept.length > 0)
    throw new Error(`${place.install} cannot be removed whole, and is tried again by a later run: ${kept.join("; ")}`);
  rmSync(place.workDir, { recursive: true, force: true });
}

/** Names of those whose removal failed, with the reasons. */
async function keptOf(removals: readonly (readonly [name: string, removal: Promise<void>])[]): Promise<string[]> {
  const reasons = await Promise.all(
    removals.map(([name, removal]) =>
      removal.then(
        () => [],
        (error: unknown) => [`${name} (${messageOf(error)})`],
      ),
    ),
  );
  return reasons.flat();
}

function unlessGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404) throw error;
}
