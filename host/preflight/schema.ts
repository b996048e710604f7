import { setCommand } from "../../settings";
import type { Problem } from "../../util/operatorError";

/** A database that is newer than the images. */
export interface Newer {
  /** Migrations the database has had and the images do not ship. */
  readonly names: readonly string[];
  /** Tag of the images that are to serve. */
  readonly wantedTag: string;
  /** Tag of the images that serve now; undefined when nothing serves. */
  readonly servingTag?: string;
  /** Name of the Pulumi stack. */
  readonly stack: string;
}

/** Number of names that are listed; all those of a database that is a year ahead would fill the screen. */
const listed = 5;

/** Returns the problem of a database that is newer than the images. Pure. */
export function newerProblem({ names, wantedTag, servingTag, stack }: Newer): Problem {
  const more = names.length > listed ? ` and ${names.length - listed} more` : "";
  const known = servingTag !== undefined && servingTag !== wantedTag;
  return {
    what: `The database is newer than the images ${wantedTag}: it has had ${names.slice(0, listed).join(", ")}${more}, which they do not ship, and their migrator refuses it.`,
    why: `Use the release that ${known ? `serves (${servingTag})` : "migrated it, by its SCANI_IMAGE_TAG"}, or a later one; or restore the backup made before it.`,
    type: known ? setCommand("SCANI_IMAGE_TAG", stack, servingTag) : undefined,
  };
}

/** Returns the tag of an image's name; the whole name when it has none. Pure. */
export function tagOf(image: string): string {
  return /:([\w][\w.-]*)$/.exec(image)?.[1] ?? image;
}
