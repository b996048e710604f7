import { details, type Engine } from "../engine/engine";
import { isUp } from "../install/facts";
import { environmentIn, type Environment } from "../install/services/environment";
import { label } from "../install/names/labels";

/** A container of a release that is in use: running, paused or restarting. Holds secrets. */
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

/** Reads every container of an install's releases that is in use. */
export async function readInUse(engine: Engine, install: string): Promise<ContainerInUse[]> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.service, label.release] });
  return Promise.all(
    all.filter(isUp).map(async ({ id, labels }) => {
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
