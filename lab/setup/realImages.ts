import type Docker from "dockerode";
import { services } from "../../host/install/services/release";
import { settingNamed } from "../../settings";

/** Kind of images a command is to use: Scani's own, or the tests' stand-ins. */
export type ImageKind = "real" | "stand-in";

/** Repository in which Scani publishes its images. */
export const published = "scani";

/** Returns the tag of the release to use: SCANI_IMAGE_TAG, else the one this module was made for. */
export function realTag(environment: NodeJS.ProcessEnv): string {
  return environment.SCANI_IMAGE_TAG || (settingNamed("SCANI_IMAGE_TAG").fallback as string);
}

/** Lists Scani's own images of a tag that are not on the engine. */
export async function absent(docker: Docker, tag: string): Promise<string[]> {
  const images = services.map((service) => `${published}/${service}:${tag}`);
  const there = await Promise.all(
    images.map((image) =>
      docker
        .getImage(image)
        .inspect()
        .then(() => true, isMissing),
    ),
  );
  return images.filter((_, i) => !there[i]);
}

/** Renders the error for missing images, with the command that pulls them. Pure. */
export function missingImages(missing: readonly string[]): string {
  return `These images are not on the engine: ${missing.join(", ")}.\n  type: ${missing.map((image) => `docker pull ${image}`).join(" && ")}`;
}

function isMissing(error: { statusCode?: number }): false {
  if (error.statusCode !== 404) throw error;
  return false;
}
