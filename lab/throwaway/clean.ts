import type Docker from "dockerode";
import { rmSync } from "node:fs";
import { remove } from "../../host/engine/docker/lifecycle";
import { label } from "../../host/install/names/labels";
import { messageOf } from "../../util/operatorError";
import { unmarked, type Labelled } from "./mark";
import { removeNetwork } from "./network";
import type { Throwaway } from "./place";

/** A container, network or volume of an install. */
interface Item extends Labelled {
  remove(): Promise<void>;
}

/**
 * Removes everything a throwaway install of that name has on the engine; parts may already be gone. An install that is
 * not labelled a throwaway is left as it is.
 * @returns parts that remain, each with its reason; empty when nothing is left
 */
export async function removeInstall(docker: Docker, install: string): Promise<string[]> {
  const filters = { label: [`${label.install}=${install}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }).then((all) =>
      all.map(({ Id, Names, Labels }): Item => ({
        title: `container ${Names[0]?.slice(1)}`,
        labels: Labels,
        remove: () => remove(docker.getContainer(Id)),
      })),
    ),
    docker.listNetworks({ filters }).then((all) =>
      all.map(({ Id, Name, Labels }): Item => ({
        title: `network ${Name}`,
        labels: Labels ?? {},
        remove: () => removeNetwork(docker.getNetwork(Id)),
      })),
    ),
    docker.listVolumes({ filters }).then(({ Volumes }) =>
      Volumes.map(({ Name, Labels }): Item => ({
        title: `volume ${Name}`,
        labels: Labels,
        remove: () => docker.getVolume(Name).remove().catch(unlessGone),
      })),
    ),
  ]);
  const foreign = unmarked([...containers, ...networks, ...volumes]);
  if (foreign.length > 0) return foreign.map((title) => `${title} (not labelled ${label.throwaway})`);
  // Remove networks and volumes last: their labels show that a container without one is a throwaway's.
  const remaining = await remainingOf(containers);
  return remaining.length > 0 ? remaining : [...(await remainingOf(networks)), ...(await remainingOf(volumes))];
}

/**
 * Removes a throwaway install, its state and its settings. @throws Error that names what remains; its folder stays, so
 * that a later run tries again
 */
export async function cleanUp(docker: Docker, place: Throwaway): Promise<void> {
  const remaining = await removeInstall(docker, place.install);
  if (remaining.length > 0)
    throw new Error(
      `${place.install} cannot be removed whole, and is tried again by a later run: ${remaining.join("; ")}`,
    );
  rmSync(place.workDir, { recursive: true, force: true });
}

/** Removes all items at once. @returns titles of those whose removal failed, with the reasons */
async function remainingOf(items: readonly Item[]): Promise<string[]> {
  const reasons = await Promise.all(
    items.map((item) =>
      item.remove().then(
        () => [],
        (error: unknown) => [`${item.title} (${messageOf(error)})`],
      ),
    ),
  );
  return reasons.flat();
}

function unlessGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404) throw error;
}
