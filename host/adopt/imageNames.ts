import { settingNamed } from "../../settings";
import { imageOf, partsOf, scaniServices, type ComposeContainer, type ComposeProject } from "./compose/project";

/* What the images of an adopted project are called from then on: by names that go on meaning them. */

/**
 * Name that means the image compose's own Postgres runs, and no other one: another may sort text differently. It is a
 * name to give, where the image has none and no digest. Pure.
 */
export function pinnedImage({
  image,
  imageId,
  namedId,
  digests,
}: Pick<ComposeContainer, "image" | "imageId" | "namedId" | "digests">): string {
  if (namedId === imageId && settingNamed("postgresImage").schema.safeParse(image).success) return image;
  return digests[0] ?? ownPostgres(imageId);
}

/** Name an image of Postgres gets where it has none that means it for good. Pure. */
export function ownPostgres(imageId: string): string {
  return `${ownRepository}/postgres:${tagOfId(imageId)}`;
}

/** What the release's images are called. */
export interface ImageNames {
  readonly repository: string;
  readonly pinned: string;
  /** Names that images which run now have to get for it, by the image. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Repository of images that have none in their names, as those compose has built. */
const ownRepository = "scani-adopted";

/**
 * Scani's images of a release have one repository, their services' names and one tag. Where the images that run now are
 * called otherwise, or their tag moves or has moved, they get such names. Pure.
 */
export function namesOf(project: ComposeProject): ImageNames {
  const parts = partsOf(project);
  const all = scaniServices.flatMap((service) => {
    const found = parts[service];
    return found === undefined ? [] : [{ ...found, ...imageOf(found), as: service }];
  });
  const repository = all[0]?.repository || ownRepository;
  const tag = all[0]?.tag ?? "latest";
  const isSo = all.every(
    (one) => one.repository === repository && one.name === one.as && one.tag === tag && one.namedId === one.imageId,
  );
  const pinned = all[0] === undefined ? tag : pinnedTag(all[0], tag, isSo);
  const wanted = [
    ...all,
    ...(project.migrator === undefined
      ? []
      : [{ ...project.migrator, namedId: project.migrator.imageId, as: "migrate" }]),
  ];
  const tags = wanted
    .map((one) => ({ ...one, name: `${repository}/${one.as}:${pinned}` }))
    .filter(({ image, imageId, namedId, name }) => image !== name || namedId !== imageId);
  return { repository, pinned, tags: Object.fromEntries(tags.map(({ imageId, name }) => [imageId, name])) };
}

/**
 * A tag that names a version: the image's own, else its version's, else one made of its id. Pure.
 * @param isSo whether the images that run are those of that tag
 */
export function pinnedTag(
  { imageLabels, imageId }: Pick<ComposeContainer, "imageLabels" | "imageId">,
  tag: string,
  isSo = true,
): string {
  const names = (text: string) => settingNamed("SCANI_IMAGE_TAG").schema.safeParse(text).success;
  if (isSo && names(tag)) return tag;
  const version = imageLabels["org.opencontainers.image.version"] ?? "";
  return version !== tag && names(version) ? version : tagOfId(imageId);
}

const tagOfId = (imageId: string): string => `adopted-${imageId.replace(/^sha256:/, "").slice(0, 12)}`;
