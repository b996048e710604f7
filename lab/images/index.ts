import type Dockerode from "dockerode";
import { fromRegistry, madeHere, type Infrastructure } from "./infrastructure";
import { ensure, isPresent, type Builder } from "./recipe";
import { registryAnswers } from "./registry";
import { ensureStandins, NEXT_TAG, REPOSITORY, TAG } from "./standins";

export { REPOSITORY, SERVICES, VARIANTS, variantTag, type Service, type Variant } from "./standins";

/** References of the images that a test gives to the program. */
export interface ImageSet {
  /** Images are `<scaniRepository>/api:<tag>` and so on. */
  scaniRepository: string;
  scaniTag: string;
  /** A release after `scaniTag`, with one more migration. */
  nextTag: string;
  postgres: string;
  redis: string;
  storage: string;
  mail: string;
  gateway: string;
}

/** Images of the services Scani needs. */
export const INFRASTRUCTURE = ["postgres", "redis", "storage", "mail", "gateway"] as const;
const NAMES = [...INFRASTRUCTURE, "scani"] as const;
type Name = (typeof NAMES)[number];

/**
 * Makes sure that every image of the tests is on this engine, and returns their names. Infrastructure is real:
 * published images if a registry answers, else the same programs from packages. Images that are present and up to date
 * are reused, so a second call takes well under a second.
 *
 * @param opts.only some of `postgres`, `redis`, `storage`, `mail`, `gateway`, `scani` (all stand-ins); all by default
 * @throws when an image cannot be made, with the last lines of the build
 */
export async function ensureImages(opts: {
  docker: Dockerode;
  log(line: string): void;
  only?: string[];
}): Promise<ImageSet> {
  const wanted = (opts.only ?? NAMES).map(knownName);
  const from = await chooseInfrastructure(opts, wanted);
  const infrastructure = INFRASTRUCTURE.filter((name) => wanted.includes(name)).map((name) => ensure(opts, from[name]));
  const standins = wanted.includes("scani") ? [ensureStandins(opts, from)] : [];
  await Promise.all([...infrastructure, ...standins]);
  const references = Object.fromEntries(INFRASTRUCTURE.map((name) => [name, from[name].tag])) as Record<
    (typeof INFRASTRUCTURE)[number],
    string
  >;
  return { scaniRepository: REPOSITORY, scaniTag: TAG, nextTag: NEXT_TAG, ...references };
}

function knownName(name: string): Name {
  const known = NAMES.find((one) => one === name);
  if (!known) throw new Error(`no image is called ${name}; there are ${NAMES.join(", ")}`);
  return known;
}

/** Prefers the images an earlier run got; asks a registry only if one is missing. */
async function chooseInfrastructure(builder: Builder, wanted: Name[]): Promise<Infrastructure> {
  const [registry, local] = [fromRegistry(), madeHere()];
  if (await hasAll(builder.docker, registry, wanted)) return registry;
  if (await hasAll(builder.docker, local, wanted)) return local;
  if (await registryAnswers(builder, registry.mail.tag)) return registry;
  builder.log("no image registry answers: making the images from packages");
  return local;
}

async function hasAll(docker: Dockerode, from: Infrastructure, wanted: Name[]): Promise<boolean> {
  const recipes = wanted.flatMap((name) => (name === "scani" ? [from.base, from.node.parent] : [from[name]]));
  return (await Promise.all(recipes.map((recipe) => isPresent(docker, recipe)))).every(Boolean);
}
