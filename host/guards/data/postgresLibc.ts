import { variableIn } from "../../install/services/environment";

/** A C library, by which Postgres sorts text unless its collation says otherwise. */
export type Libc = "musl" | "glibc";

/**
 * Returns the C library an image's Postgres is built on: official images are Alpine's, or have packages of Debian's.
 * Tells it from the version every official image sets, else from the tag of an image called postgres. Undefined where
 * neither says it. Pure.
 * @param environment of the image or a container of it, `NAME=value`; absent where the image is not on the engine yet
 */
export function postgresLibc(image: string, environment: readonly string[] | undefined): Libc | undefined {
  if (environment === undefined) {
    const tag = /(?:^|\/)postgres:(\d[^@]*)/.exec(image)?.[1];
    return tag === undefined ? undefined : tag.includes("alpine") ? "musl" : "glibc";
  }
  const version = variableIn(environment, "PG_VERSION");
  return version === undefined ? undefined : version.includes("pgdg") ? "glibc" : "musl";
}
