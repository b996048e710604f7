import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { convertFile, listFile, spellDotenv } from "../util/commands";
import { OperatorError, type Problem } from "../util/operatorError";
import { parseDotenv } from "./dotenv";
import type { StackKind } from "./spec";
import { catalogue, type Setting } from "./table";

/** Sources a value can be given in, in the order in which they are read. */
export type GivenOrigin = "Pulumi config" | "the shell's environment" | ".env";

/** Origin of a value, given or not. */
export type Origin = GivenOrigin | "generated" | "its default";

/** A value as its source gave it. */
export interface Given {
  readonly value: string;
  readonly origin: GivenOrigin;
}

/** The three places a setting can be given; each gives undefined for a setting it does not hold. */
export interface Sources {
  readonly config: (name: string) => string | undefined;
  /** Names in Pulumi config, each of which must be a setting's; without them none is reported as misspelt. */
  readonly configNames?: readonly string[];
  /** Names the stack's own file gives a value; without them none is reported as set for the wrong stack. */
  readonly ownNames?: readonly string[];
  /** Names of the install's stacks; without them those that stacks have where there is one install. */
  readonly stacks?: Readonly<Record<StackKind, string>>;
  /** True when the stack's file holds that value encrypted; without it no unencrypted value is reported. */
  readonly encrypted?: (name: string) => boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly dotenv: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads a `.env` file as docker compose reads it; a missing file counts as empty, and so does a folder of that name.
 * @throws OperatorError with everything compose would read otherwise, or not at all
 */
function readDotenv(path: string, environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const { values, assignments, refused, unset } = parseDotenv(dotenvText(path), environment);
  spellDotenv({ path, assignments });
  const problems: Problem[] = [
    ...(refused === undefined
      ? []
      : [{ what: `${path} cannot be read, ${refused}`, why: "Nothing has been touched." }]),
    ...catalogue.flatMap(({ variable }) => {
      const names = [...(unset.get(variable) ?? [])]
        .map(([name, where]) => (where === variable ? `$${name}` : `$${name} (in ${where})`))
        .join(", ");
      if (names === "") return [];
      return [
        {
          what: `${variable} in ${path} refers to ${names}, which is not set: compose takes it for empty.`,
          why: "A dollar sign itself is written $$, or the value is put into single quotes. Nothing has been touched.",
        },
      ];
    }),
  ];
  if (problems.length > 0) throw new OperatorError(problems);
  return values;
}

function dotenvText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EISDIR") return "";
    throw new OperatorError({
      what: `${path} cannot be read (${code}). Nothing has been touched.`,
      type: listFile(path),
    });
  }
  const encoding = encodingOf(bytes);
  if (encoding === "UTF-8") return bytes.toString();
  throw new OperatorError({
    what: `${path} is ${encoding.startsWith("UTF-16") ? "UTF-16" : "not UTF-8"}, and settings are read as UTF-8. Nothing has been touched.`,
    type: convertFile(path, encoding),
  });
}

/**
 * Detects the encoding of a text file, as iconv calls it. Text that is neither UTF-8 nor UTF-16 is most likely Windows'
 * own.
 */
function encodingOf(bytes: Buffer): string {
  if (bytes.length > 1 && [0xfeff, 0xfffe].includes(bytes.readUInt16BE(0))) return "UTF-16";
  if (bytes.includes(0)) return bytes[1] === 0 ? "UTF-16LE" : "UTF-16BE";
  return isUtf8(bytes) ? "UTF-8" : "WINDOWS-1252";
}

/**
 * Returns the two sources besides Pulumi config. A throwaway install is isolated: it takes nothing from the operator's
 * own settings.
 */
export function operatorSources(
  projectFolder: string,
  isolated: boolean,
  environment: NodeJS.ProcessEnv,
): Pick<Sources, "environment" | "dotenv"> {
  return isolated
    ? { environment: {}, dotenv: {} }
    : { environment, dotenv: readDotenv(join(projectFolder, ".env"), environment) };
}

/**
 * Looks a setting up: Pulumi config, then the environment, then `.env`.
 * An empty value counts as not given, as in Scani's compose file (`${X:-}`).
 */
export function lookUp(setting: Setting, sources: Sources): Given | undefined {
  const candidates: [GivenOrigin, string | undefined][] = [
    ["Pulumi config", sources.config(setting.name)],
    ["the shell's environment", sources.environment[setting.variable]],
    [".env", sources.dotenv[setting.variable]],
  ];
  for (const [origin, value] of candidates) {
    if (value !== undefined && value !== "") return { value, origin };
  }
  return undefined;
}
