import type { ContainerDetails, Engine } from "../engine/engine";
import { loginCommand, registryOf } from "../engine/login";
import { label } from "../install/names/labels";
import { messageOf, type Problem } from "../../util/operatorError";

/** An image that is neither on the engine nor available from its registry. */
export interface MissingImage {
  readonly image: string;
  /** Error of the registry or of the network. */
  readonly why: string;
  /** Registry that refused docker's login, or its lack of one. */
  readonly login?: string;
}

/** Milliseconds a registry may take to respond. */
const timeout = 10_000;

/**
 * Lists images that `bringImages` could not bring. Asks registries for descriptions, with the login a pull would use,
 * and brings nothing.
 */
export async function missingImages(engine: Engine, images: readonly string[]): Promise<MissingImage[]> {
  const absent = await notOnEngine(engine, images);
  if (absent.length === 0) return [];
  const lost = await lostNames(engine, absent);
  const checked = await Promise.all(
    absent
      .filter((image) => lost[image] === undefined)
      .map(async (image) => {
        const reason = await whyMissing(engine, image);
        return reason === undefined ? [] : [{ image, ...reason }];
      }),
  );
  return checked.flat();
}

/**
 * Brings images onto the engine, so that nothing is taken away before its replacement is there. An image that has lost
 * its name, and that a container of this module was made from, gets it back.
 * @returns images that could not be brought
 */
export async function bringImages(engine: Engine, images: readonly string[]): Promise<MissingImage[]> {
  const absent = await notOnEngine(engine, images);
  if (absent.length === 0) return [];
  const lost = await lostNames(engine, absent);
  const brought = await Promise.all(
    absent.map(async (image) => {
      const id = lost[image];
      return (id === undefined ? engine.pull(image) : engine.tagImage(id, image)).then(
        () => [],
        (error: Error) => [{ image, ...reasonOf(image, error) }],
      );
    }),
  );
  return brought.flat();
}

/** Lists images the engine does not have under these names. */
async function notOnEngine(engine: Engine, images: readonly string[]): Promise<string[]> {
  const found = await Promise.all([...new Set(images)].map(async (name) => [name, await engine.image(name)] as const));
  return found.flatMap(([name, image]) => (image === undefined ? [name] : []));
}

/**
 * Returns ids of images that are on the engine and had these names when a container of this module was made from them.
 */
async function lostNames(engine: Engine, names: readonly string[]): Promise<Readonly<Partial<Record<string, string>>>> {
  const used = await usedImages(engine);
  const found = await Promise.all(
    names.map(async (name) => {
      const id = used.find(({ image }) => image === name)?.imageId;
      // A name with a digest always means the same image, and cannot be given to one.
      const given = id !== undefined && !name.includes("@") && (await engine.image(id)) !== undefined;
      return given ? [[name, id] as const] : [];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** Lists images that containers of this module were made from, by the name they had then. */
async function usedImages(engine: Engine): Promise<Pick<ContainerDetails, "image" | "imageId">[]> {
  const containers = await engine.containers({ labels: [label.install], all: true });
  const found = await Promise.all(containers.map(({ id }) => engine.inspect(id).catch(() => undefined)));
  return found.filter((one) => one !== undefined);
}

function whyMissing(engine: Engine, name: string): Promise<Omit<MissingImage, "image"> | undefined> {
  return engine.askRegistry(name, AbortSignal.timeout(timeout)).then(
    () => undefined,
    (error: Error) => reasonOf(name, error),
  );
}

/** Returns why a registry did not give an image. Pure. */
function reasonOf(name: string, error: Error & { readonly statusCode?: number }): Omit<MissingImage, "image"> {
  if (error.name === "AbortError" || error.name === "TimeoutError") return { why: `no answer in ${timeout / 1000} s` };
  const why = messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]* - /, "")
    .trim();
  return isRefusal(error) ? { why, login: registryOf(name) } : { why };
}

/**
 * True when a registry refused for lack of authentication. Docker's own refuses images that do not exist in the same
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

/**
 * Returns the problem of missing images. Pure. @param type commands that name other images; none where no other will do
 */
export function missingProblem(missing: readonly MissingImage[], type: readonly string[]): Problem {
  const logins = missing.flatMap(({ login }) => (login === undefined ? [] : [loginCommand(login)]));
  return {
    what: "These images are not on the engine and cannot be pulled. Nothing has been touched.",
    why: [
      ...missing.map(({ image, why }) => `${image}: ${why}`),
      `Bring them to the engine, pulled or loaded by hand, and type the same again${type.length === 0 ? "." : ", or name others:"}`,
    ].join("\n"),
    type: [...new Set(logins), ...type],
  };
}
