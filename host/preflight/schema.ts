/** What is known where a database is newer than the images. */
export interface Newer {
  /** Migrations the database has had and the images do not know. */
  readonly names: readonly string[];
  /** Tag of the images that are to serve. */
  readonly wantedTag: string;
  /** Tag of the images that serve now; undefined when nothing serves. */
  readonly servingTag?: string;
  /** Name of the Pulumi stack. */
  readonly stack: string;
}

/** Names that are shown; a database that is a year ahead would fill the screen. */
const shown = 5;

/** Why a database that is newer than the images stops a switch, and what to do. Pure. */
export function newerProblem({ names, wantedTag, servingTag, stack }: Newer): string {
  const more = names.length > shown ? ` and ${names.length - shown} more` : "";
  const tag = servingTag === undefined || servingTag === wantedTag ? "<tag>" : servingTag;
  return [
    `The database is newer than the images ${wantedTag}: it has had ${names.slice(0, shown).join(", ")}${more}, which they do not know, and their migrator refuses it.`,
    tag === "<tag>"
      ? "  Use the release that migrated it, or a later one; or restore the backup made before it."
      : `  Use the release that serves (${tag}), or a later one; or restore the backup made before it.`,
    `  type: pulumi config set SCANI_IMAGE_TAG ${tag} --stack ${stack}`,
  ].join("\n");
}

/** Tag of an image's name; the whole name when it has none. Pure. */
export function tagOf(image: string): string {
  return /:([\w][\w.-]*)$/.exec(image)?.[1] ?? image;
}
