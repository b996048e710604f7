import { variableIn } from "../../install/services/environment";

/**
 * Returns the major version of Postgres in an image: from the environment every official image sets, else from the tag
 * of an image called postgres. Undefined where neither says it. Pure.
 * @param environment of the image, `NAME=value`; absent where the image is not on the engine yet
 */
export function postgresMajor(image: string, environment: readonly string[] | undefined): string | undefined {
  const set = environment && variableIn(environment, "PG_MAJOR");
  return set ?? /(?:^|\/)postgres:(\d+)(?:[.-]|$)/.exec(image.replace(/@.*/, ""))?.[1];
}
