import { readFileSync } from "node:fs";

/** Reads the version of an installed npm package. Pulumi's SDK of a provider has the version of its plugin. */
export function packageVersion(name: string): string {
  return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")).version;
}
