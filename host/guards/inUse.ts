import { details, type ContainerSummary, type Engine } from "../engine/engine";
import { isLost, isUp } from "../install/facts";
import { environmentIn, type Environment } from "../install/services/environment";
import { label } from "../install/names/labels";
import { isService, runsOf } from "../install/services/release";

/** A container of a release that is in use, whether it runs itself or not. Holds secrets. */
export interface ReleaseInUse {
  readonly tier: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
}

/** A container in use, with everything that settings decide. */
export interface ContainerInUse extends ReleaseInUse {
  readonly release: string;
  readonly service: string;
  /** Name of the image when the container was made. */
  readonly image: string;
  /** Variables the image itself sets; undefined where it is not on the engine any more. */
  readonly ofImage?: Environment;
  /** Memory limit, MiB; 0 is none. */
  readonly memory: number;
}

/** Returns the tiers of the releases in use, as the subject of a sentence. Pure. */
export function tiersOf(releases: readonly ReleaseInUse[]): string {
  return [...new Set(releases.map(({ tier }) => tier))].sort().join(" and ");
}

/**
 * Reads every container of an install's releases that is in use: one that runs, is paused or restarting, and one that is
 * stopped while others of its release are not, since the next `up` or a reboot starts it again.
 */
export async function readInUse(engine: Engine, install: string): Promise<ContainerInUse[]> {
  const labels = [`${label.install}=${install}`, label.service, label.release];
  return Promise.all(
    inUseAmong(await engine.containers({ labels, all: true })).map(async ({ id, labels }) => {
      const { image, imageId, environment, confinement } = await details(engine, id);
      const made = await engine.image(imageId);
      return {
        tier: labels[label.tier] ?? "a release",
        release: labels[label.release] ?? "",
        service: labels[label.service] ?? "",
        environment,
        image,
        ofImage: made && environmentIn(made.environment),
        memory: (confinement.Memory ?? 0) / 1024 ** 2,
      };
    }),
  );
}

/** Returns the containers in use. A migrator is only while it runs, and a lost one is never started again. Pure. */
function inUseAmong(containers: readonly ContainerSummary[]): ContainerSummary[] {
  const releaseOf = ({ labels }: ContainerSummary) => `${labels[label.tier]} ${labels[label.release]}`;
  const used = new Set(containers.filter(isUp).map(releaseOf));
  const startsAgain = (one: ContainerSummary): boolean => {
    const service = one.labels[label.service];
    return isService(service) && runsOf(service) !== "once" && !isLost(one) && used.has(releaseOf(one));
  };
  return containers.filter((one) => isUp(one) || startsAgain(one));
}
