import type { Engine } from "../engine/engine";
import { label } from "../install/labels";
import { messageOf, type Problem } from "../../util/operatorError";

/** An image that is neither on the engine nor available from its registry. */
export interface MissingImage {
  readonly image: string;
  /** Error of the registry or of the network. */
  readonly why: string;
}

/** Milliseconds a registry may take to respond. */
const timeout = 10_000;

/**
 * Lists those of these images the engine neither has nor can pull. Asks registries for descriptions and pulls nothing. A
 * registry that demands authentication counts as having the image: the engine may be logged in. An image that has lost
 * its name, but that containers of this module were created from, is not missing: switching back to them needs no image.
 */
export async function missingImages(engine: Engine, images: readonly string[]): Promise<MissingImage[]> {
  const checked = await Promise.all(
    [...new Set(images)].map(async (image) => {
      const why = await whyMissing(engine, image);
      return why === undefined ? [] : [{ image, why }];
    }),
  );
  const missing = checked.flat();
  if (missing.length === 0) return [];
  const containers = await engine.containers({ labels: [label.install], all: true });
  const inUse = await Promise.all(
    containers.map(({ id }) =>
      engine.inspect(id).then(
        (found) => found?.image,
        () => undefined,
      ),
    ),
  );
  return missing.filter(({ image }) => !inUse.includes(image));
}

async function whyMissing(engine: Engine, name: string): Promise<string | undefined> {
  if ((await engine.image(name)) !== undefined) return undefined;
  return engine.askRegistry(name, AbortSignal.timeout(timeout)).then(
    () => undefined,
    (error: Error & { statusCode?: number }) => {
      if (error.name === "AbortError" || error.name === "TimeoutError") return `no answer in ${timeout / 1000} s`;
      return mayBePrivate(error)
        ? undefined
        : messageOf(error)
            .replace(/^\(HTTP code \d+\) [^-]* - /, "")
            .trim();
    },
  );
}

/**
 * True when a refusal may be one of missing authentication. Docker's own registry refuses images that do not exist in
 * the same way, so a refusal proves nothing. Pure.
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

/** Problem of missing images. Pure. @param type commands that name other images */
export function missingProblem(missing: readonly MissingImage[], type: readonly string[]): Problem {
  return {
    what: "These images are not on the engine and cannot be pulled. Nothing has been touched.",
    why: [
      ...missing.map(({ image, why }) => `${image}: ${why}`),
      "Bring them to the engine (docker pull, docker load) and type the same again, or name others:",
    ].join("\n"),
    type,
  };
}
