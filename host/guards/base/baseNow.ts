import { details, type Engine } from "../../engine/engine";
import type { Limits } from "../../install/drift/alteration";
import { hasBaseName, isOfBase } from "../../install/names/containerName";
import { label } from "../../install/names/labels";
import { readInUse, type ReleaseInUse } from "../inUse";

/** A container of base, whether it runs or not. Holds secrets. */
export interface BaseContainer {
  readonly container: string;
  readonly image: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  /** `ip:port` on the host. */
  readonly published: readonly string[];
  readonly limits: Limits;
}

/** Install on its engine before base is declared, for `baseRefusals` to compare with. */
export interface BaseNow {
  /** Base's containers by service. */
  readonly services: Readonly<Record<string, BaseContainer>>;
  readonly releases: readonly ReleaseInUse[];
  /** Variables (`NAME=value`) that images base is declared with set, by name; without those not on the engine. */
  readonly images: Readonly<Record<string, readonly string[]>>;
}

/** True where an existing container has another image, or other ports on the host, than declared. Pure. */
export function differs(
  there: BaseContainer | undefined,
  { image, published }: Pick<BaseContainer, "image" | "published">,
): boolean {
  if (there === undefined) return true;
  return there.image !== image || [...there.published].sort().join() !== [...published].sort().join();
}

/**
 * Reads base's services and the releases in use off the engine.
 * @param declared names of the images base is about to be declared with
 */
export async function readBaseNow(engine: Engine, install: string, declared: readonly string[]): Promise<BaseNow> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.service], all: true });
  // Leaves out temporary containers, such as one that asks a managed database.
  const ofBase = all.filter(isOfBase);
  // A container with base's own name comes last, and wins: another may be somebody's own, of an image that keeps the
  // labels.
  ofBase.sort((a, b) => Number(hasBaseName(a)) - Number(hasBaseName(b)));
  const [services, releases, images] = await Promise.all([
    Promise.all(
      ofBase.map(async ({ id, name, labels }) => {
        const { image, environment, published, confinement, restartPolicy } = await details(engine, id);
        const limits = { memory: confinement.Memory ?? 0, restartPolicy };
        return [labels[label.service], { container: name, image, environment, published, limits }] as const;
      }),
    ),
    readInUse(engine, install),
    Promise.all(
      declared.map(async (name) => {
        const image = await engine.image(name);
        return image === undefined ? [] : [[name, image.environment] as const];
      }),
    ),
  ]);
  return { services: Object.fromEntries(services), releases, images: Object.fromEntries(images.flat()) };
}
