import { createHash } from "node:crypto";
import type { Tier } from "../../settings";
import type { Environment } from "../../host/install/services/environment";
import type { Service } from "../../host/install/services/release";
import { canonical } from "../../util/canonical";

/** Everything that makes one release different from another. */
export interface ReleaseContents {
  readonly tier: Tier;
  readonly images: Readonly<Partial<Record<Service, string>>>;
  readonly environment: Readonly<Partial<Record<Service, Environment>>>;
  /** Ids of the images on the engine: a tag may come to name another image. */
  readonly imageIds?: Readonly<Partial<Record<Service, string>>>;
  /** Command a service runs instead of its image's own entrypoint. */
  readonly entrypoint?: Readonly<Partial<Record<Service, readonly string[]>>>;
  /** Certificate of a private authority, PEM. */
  readonly certificate?: string;
  /** Memory limits, MiB: a container with another limit is another container. */
  readonly memory: Readonly<Partial<Record<Service, number>>>;
}

/**
 * Returns the short name of a release: equal contents give equal names on every machine. 12 hex digits. Not a secret:
 * the digest is over several random 256-bit keys, so nothing can be guessed back from it.
 */
export function releaseId(contents: ReleaseContents): string {
  return createHash("sha256").update(canonical(contents)).digest("hex").slice(0, 12);
}

/** A container of a release that is on the engine. */
export interface MadeOfImage {
  readonly release: string;
  readonly service: string;
  readonly imageId: string;
}

/**
 * Returns the name of a release on this engine. The ids of its images are part of its contents, so that images pulled
 * or built under the same tag make another release. An existing release keeps its name, also where its images are no
 * longer on the engine, or where an earlier version of this module, or a first `up` that had yet to pull them, named it
 * without their ids.
 * @param ids of the images that the names mean now; those that are not on the engine have none
 * @param made containers of releases on the engine
 */
export function releaseIdOn(
  contents: ReleaseContents,
  ids: Readonly<Partial<Record<Service, string>>>,
  made: readonly MadeOfImage[],
): string {
  const byName = releaseId(contents);
  for (const release of new Set(made.map((one) => one.release))) {
    const madeOf = Object.fromEntries(
      made.filter((one) => one.release === release).map(({ service, imageId }) => [service, imageId]),
    ) as Partial<Record<Service, string>>;
    const moved = Object.entries(madeOf).some(([service, id]) => (ids[service as Service] ?? id) !== id);
    if (!moved && [byName, releaseId({ ...contents, imageIds: { ...ids, ...madeOf } })].includes(release))
      return release;
  }
  const known = Object.keys(contents.images).every((service) => ids[service as Service] !== undefined);
  return known ? releaseId({ ...contents, imageIds: ids }) : byName;
}
