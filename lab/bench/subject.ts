import type Docker from "dockerode";
import { ensureImages, INFRASTRUCTURE, type ImageSet } from "../images";
import { absent, missingImages, published, realTag, type ImageKind } from "../setup/realImages";
import type { Report as Say } from "../../util/progress/progress";

/** Images the bench puts under load. */
export interface Subject {
  readonly kind: ImageKind;
  /** `nextTag` is a tag that differs from `scaniTag`, for a new release within a tier. */
  readonly images: ImageSet;
  /** Removes what was made for this subject only. */
  release(): Promise<void>;
}

/**
 * Makes sure that every image is on the engine.
 * @param wanted kind of images; by default Scani's own if all five are on the engine, else stand-ins
 * @throws Error naming the missing images, if real ones are wanted
 */
export async function chooseSubject(docker: Docker, wanted: ImageKind | undefined, say: Say): Promise<Subject> {
  const tag = realTag(process.env);
  const missing = wanted === "stand-in" ? [] : await absent(docker, tag);
  if (wanted === "real" && missing.length > 0) throw new Error(missingImages(missing));
  if (wanted === "stand-in" || missing.length > 0) {
    return { kind: "stand-in", images: await ensureImages({ docker, log: say }), release: async () => undefined };
  }
  const images = await ensureImages({ docker, log: say, only: [...INFRASTRUCTURE] });
  const next = await nextTag(docker, tag);
  return {
    kind: "real",
    images: { ...images, scaniRepository: published, scaniTag: tag, nextTag: next.tag },
    release: next.remove,
  };
}

/** Returns `<tag>-b`; images that lack that tag get it as a second name while the bench runs. */
async function nextTag(docker: Docker, tag: string): Promise<{ tag: string; remove(): Promise<void> }> {
  const next = `${tag}-b`;
  const made = await absent(docker, next);
  await Promise.all(
    made.map((image) => docker.getImage(image.replace(/-b$/, "")).tag({ repo: image.split(":")[0], tag: next })),
  );
  return {
    tag: next,
    remove: async () => void (await Promise.all(made.map((image) => docker.getImage(image).remove({ noprune: true })))),
  };
}
