import type { Engine } from "../engine/engine";
import { loginCommand, registryOf } from "../engine/login";
import { label } from "../install/labels";
import { messageOf, type Problem } from "../../util/operatorError";

/** An image that is neither on the engine nor available from its registry. */
export interface MissingImage {
  readonly image: string;
  /** Error of the registry or of the network. */
  readonly why: string;
  /** The registry, where it refused the login that docker has, or its lack of one. */
  readonly login?: string;
}

/** Milliseconds a registry may take to respond. */
const timeout = 10_000;

/**
 * Lists those of these images the engine neither has nor can pull. Asks registries for descriptions and pulls nothing,
 * with the login whoever pulls would use. An image that has lost its name, but that containers of this module were
 * created from, is not missing: switching back to them needs no image.
 */
export async function missingImages(engine: Engine, images: readonly string[]): Promise<MissingImage[]> {
  const checked = await Promise.all(
    [...new Set(images)].map(async (image) => {
      const reason = await whyMissing(engine, image);
      return reason === undefined ? [] : [{ image, ...reason }];
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

async function whyMissing(engine: Engine, name: string): Promise<Omit<MissingImage, "image"> | undefined> {
  if ((await engine.image(name)) !== undefined) return undefined;
  return engine.askRegistry(name, AbortSignal.timeout(timeout)).then(
    () => undefined,
    (error: Error & { statusCode?: number }) => {
      if (error.name === "AbortError" || error.name === "TimeoutError")
        return { why: `no answer in ${timeout / 1000} s` };
      const why = messageOf(error)
        .replace(/^\(HTTP code \d+\) [^-]* - /, "")
        .trim();
      return isRefusal(error) ? { why, login: registryOf(name) } : { why };
    },
  );
}

/**
 * True when a registry refused for want of authentication. Docker's own refuses images that do not exist in the same
 * way. Pure.
 */
export function isRefusal({
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
  const logins = missing.flatMap(({ login }) => (login === undefined ? [] : [loginCommand(login)]));
  return {
    what: "These images are not on the engine and cannot be pulled. Nothing has been touched.",
    why: [
      ...missing.map(({ image, why }) => `${image}: ${why}`),
      "Bring them to the engine (docker pull, docker load) and type the same again, or name others:",
    ].join("\n"),
    type: [...new Set(logins), ...type],
  };
}
