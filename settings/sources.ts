import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import type { Setting } from "./table";

/** Where somebody gave a value, in the order in which they are asked. */
export type GivenOrigin = "Pulumi config" | "the environment" | ".env";

/** Where a value comes from. */
export type Origin = GivenOrigin | "generated" | "its default";

/** A value as its source gave it. */
export interface Given {
  readonly value: string;
  readonly origin: GivenOrigin;
}

/** The three places a setting can be given; each answers undefined for what it does not hold. */
export interface Sources {
  readonly config: (name: string) => string | undefined;
  /** True when the stack's file holds that value encrypted; without it nothing is said about clear text. */
  readonly encrypted?: (name: string) => boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly dotenv: Readonly<Record<string, string | undefined>>;
}

/** Reads a `.env` file; a missing one is an empty one. Throws on a file that cannot be read. */
function readDotenv(path: string): Record<string, string> {
  return existsSync(path) ? parse(readFileSync(path)) : {};
}

/**
 * The two sources beside Pulumi config. A throwaway install is isolated: it takes nothing from the operator's own
 * settings.
 */
export function operatorSources(
  projectFolder: string,
  isolated: boolean,
  environment: NodeJS.ProcessEnv,
): Pick<Sources, "environment" | "dotenv"> {
  return isolated ? { environment: {}, dotenv: {} } : { environment, dotenv: readDotenv(join(projectFolder, ".env")) };
}

/**
 * Looks a setting up: Pulumi config, then the environment, then `.env`.
 * An empty value counts as not given, as in Scani's compose file (`${X:-}`).
 */
export function lookUp(setting: Setting, sources: Sources): Given | undefined {
  const candidates: [GivenOrigin, string | undefined][] = [
    ["Pulumi config", sources.config(setting.name)],
    ["the environment", sources.environment[setting.variable]],
    [".env", sources.dotenv[setting.variable]],
  ];
  for (const [origin, value] of candidates) {
    if (value !== undefined && value !== "") return { value, origin };
  }
  return undefined;
}
