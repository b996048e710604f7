import { settingNamed } from "../../settings";
import { imageOf, partsOf, scaniServices, type ComposeContainer, type ComposeProject } from "./compose/project";

/* Names that an adopted project's images get, which keep meaning the same images. */

/**
 * Returns a name that always means the image compose's own Postgres runs, since another may sort text differently.
 * Where the image has neither such a name nor a digest, it has yet to be tagged with the returned one. Pure.
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

/** Returns the name a Postgres image is tagged with where it has none that always means it. Pure. */
export function ownPostgres(imageId: string): string {
  return `${ownRepository}/postgres:${tagOfId(imageId)}`;
}

/** Names of a release's images. */
export interface ImageNames {
  readonly repository: string;
  readonly pinned: string;
  /** Names that images which run now have to be tagged with, by image id. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Repository for images that have none in their names, such as those compose has built. */
const ownRepository = "scani-adopted";

/**
 * Returns the names of a release's images, which have one repository, their services' names and one tag. Images that
 * run under other names now, or whose tag moves or has moved, are to be tagged with them. Pure.
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
 * Returns a tag that names a version: the image's own, else its version label's, else one made of its id. Pure.
 * @param isSo whether the running images are those the tag means
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
