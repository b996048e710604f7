import type { Engine } from "../engine/engine";
import { label } from "../install/labels";
import { messageOf } from "../../util/failure";

/** An image that is neither on the engine nor to be had. */
export interface MissingImage {
  readonly image: string;
  /** The registry's own words, or the network's. */
  readonly why: string;
}

/** Milliseconds a registry may take to say whether it has an image. */
const patience = 10_000;

/**
 * Which of these images the engine neither has nor can pull. A registry is asked for an image's description; none is
 * pulled. One that wants to know who asks is believed to have it: whoever pulls may be logged in there. An image whose
 * name was taken away, and of which containers of this module's are made, is needed by nobody: a way back to them is
 * not to be refused.
 */
export async function missingImages(engine: Engine, images: readonly string[]): Promise<MissingImage[]> {
  const looked = await Promise.all(
    [...new Set(images)].map(async (image) => {
      const why = await whyMissing(engine, image);
      return why === undefined ? [] : [{ image, why }];
    }),
  );
  const missing = looked.flat();
  if (missing.length === 0) return [];
  const containers = await engine.containers({ labels: [label.install], all: true });
  const made = await Promise.all(
    containers.map(({ id }) =>
      engine.inspect(id).then(
        (found) => found?.image,
        () => undefined,
      ),
    ),
  );
  return missing.filter(({ image }) => !made.includes(image));
}

async function whyMissing(engine: Engine, name: string): Promise<string | undefined> {
  if ((await engine.image(name)) !== undefined) return undefined;
  return engine.askRegistry(name, AbortSignal.timeout(patience)).then(
    () => undefined,
    (error: Error & { statusCode?: number }) => {
      if (error.name === "AbortError" || error.name === "TimeoutError") return `no answer in ${patience / 1000} s`;
      return mayBePrivate(error)
        ? undefined
        : messageOf(error)
            .replace(/^\(HTTP code \d+\) [^-]* - /, "")
            .trim();
    },
  );
}

/**
 * Docker's own registry says of what does not exist, too, that one has to be logged in; only a refusal is no proof.
 * Pure.
 */
export function mayBePrivate({
  message,
  statusCode,
}: {
  readonly message: string;
  readonly statusCode?: number;
}): boolean {
  return (
    statusCode === 401 ||
    statusCode === 403 ||
    /unauthorized|authentication required|no basic auth|denied/i.test(message)
  );
}

/** Why missing images stop a stack, and what to do. Pure. @param type what to type to name others */
export function missingProblem(missing: readonly MissingImage[], type: readonly string[]): string {
  return [
    "These images are not on the engine, and cannot be pulled. Nothing has been touched.",
    ...missing.map(({ image, why }) => `  ${image}: ${why}`),
    `  Bring them to the engine (docker pull, docker load) and type the same again, or name others:`,
    ...type.map((command) => `  type: ${command}`),
  ].join("\n");
}
