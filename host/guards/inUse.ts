import { details, type Engine } from "../engine/engine";
import { isUp } from "../install/facts";
import { environmentIn, type Environment } from "../install/services/environment";
import { label } from "../install/names/labels";

/** One container of a release that is in use: running, paused or restarting. Holds secrets. */
export interface ReleaseInUse {
  readonly tier: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
}

/** The same, with all that settings decide of it. */
export interface ContainerInUse extends ReleaseInUse {
  readonly release: string;
  readonly service: string;
  /** As it was named when the container was made. */
  readonly image: string;
  /** Variables the image itself sets; undefined where it is not on the engine any more. */
  readonly ofImage?: Environment;
  /** Memory limit, MiB; 0 is none. */
  readonly memory: number;
}

/** Tiers of the releases in use, as the subject of a sentence. Pure. */
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
