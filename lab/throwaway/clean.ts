import type Docker from "dockerode";
import { rmSync } from "node:fs";
import { remove } from "../../host/engine/docker/lifecycle";
import { label } from "../../host/install/names/labels";
import { messageOf } from "../../util/operatorError";
import { unmarked, type Labelled } from "./mark";
import { MiscountedNetwork, removeNetwork } from "./network";
import type { Throwaway } from "./place";

/** A container, network or volume of an install. */
interface Item extends Labelled {
  remove(): Promise<void>;
}

/** Something of an install that could not be removed. */
export interface Remnant {
  readonly title: string;
  /** The engine's refusal, or that it is no throwaway's. */
  readonly reason: string;
  /** True for a network that only a restart of the engine frees; see `MiscountedNetwork`. */
  readonly isMiscounted: boolean;
}

/**
 * Removes everything a throwaway install of that name has on the engine; parts may already be gone. An install that is
 * not labelled a throwaway is left as it is.
 */
export async function removeInstall(docker: Docker, install: string): Promise<Remnant[]> {
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
  if (foreign.length > 0)
    return foreign.map((title) => ({ title, reason: `not labelled ${label.throwaway}`, isMiscounted: false }));
  // Remove networks and volumes last: their labels show that a container without one is a throwaway's.
  const remaining = await remainingOf(containers);
  return remaining.length > 0 ? remaining : [...(await remainingOf(networks)), ...(await remainingOf(volumes))];
}

/** Returns what remains as words: `network net (has active endpoints); volume data (…)`. Pure. */
export function remnantsInWords(remnants: readonly Remnant[]): string {
  return remnants.map(({ title, reason }) => `${title} (${reason})`).join("; ");
}

/**
 * Removes a throwaway install from the engine as `removeInstall` does.
 * @param report receives a line about networks that only a restart of the engine frees
 * @returns false where there are such networks
 * @throws Error that names what else remains
 */
export async function removeWhole(docker: Docker, install: string, report = console.warn): Promise<boolean> {
  const remnants = await removeInstall(docker, install);
  if (remnants.length === 0) return true;
  const line = `${install} cannot be removed whole: ${remnantsInWords(remnants)}`;
  if (!remnants.every(({ isMiscounted }) => isMiscounted)) throw new Error(line);
  report(line);
  return false;
}

/**
 * Removes a throwaway install, its state and its settings. Where something remains, its folder stays, so that a later
 * run tries again. Parameter and errors are `removeWhole`'s.
 */
export async function cleanUp(docker: Docker, place: Throwaway, report = console.warn): Promise<void> {
  if (await removeWhole(docker, place.install, report)) rmSync(place.workDir, { recursive: true, force: true });
}

/** Removes all items at once, and returns those whose removal failed. */
async function remainingOf(items: readonly Item[]): Promise<Remnant[]> {
  const remnants = await Promise.all(
    items.map((item) =>
      item.remove().then(
        () => [],
        (error: unknown): Remnant[] => [
          { title: item.title, reason: messageOf(error), isMiscounted: error instanceof MiscountedNetwork },
        ],
      ),
    ),
  );
  return remnants.flat();
}

function unlessGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404) throw error;
}
