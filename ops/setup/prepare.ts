import type Docker from "dockerode";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { delimiter, dirname, isAbsolute } from "node:path";
import type { ImageSet } from "../../test/images";
import { ensureEngine } from "./engine";
import { findLanguageHost } from "./languageHost";
import { findPlugins, type Choice } from "./plugins";
import { pulumiCli } from "./pulumiCli";
import type { Say } from "./say";

/** A machine on which the program can be brought up and tested. */
export interface Prepared {
  readonly docker: Docker;
  readonly pulumi: PulumiCommand;
  /** For every Pulumi process, and for this one where it starts some: PATH with the command line and the plugins. */
  readonly environment: Readonly<Record<string, string>>;
  /** Images of the tests; only where they were asked for. */
  readonly images?: ImageSet;
}

/** What is wanted beside Docker, the command line and the plugins. */
export interface Wanted {
  /** Images of the tests. */
  readonly images: boolean;
  /** What raw `pulumi` runs the program with; programs that run in process need none. */
  readonly languageHost?: boolean;
}

/**
 * Makes this machine ready, step by step, each only where it is needed and said aloud: Docker engine, Pulumi command
 * line, plugins, language host, images. The Node dependencies come before: tools/bootstrap.cjs.
 * @throws Error that says what is missing and what to do
 */
export async function prepare(say: Say, wanted: Wanted): Promise<Prepared> {
  const docker = await ensureEngine(say);
  const pulumi = await pulumiCli(say);
  const choices = [
    await findPlugins(pulumi.command, process.env, say),
    ...(wanted.languageHost ? [findLanguageHost(pulumi.command, process.env, say)] : []),
  ];
  const images = wanted.images ? await makeImages(docker, say) : undefined;
  return { docker, pulumi, environment: pulumiEnvironment(pulumi.command, choices, process.env), images };
}

/**
 * Environment in which Pulumi finds its command line and what it needs. Pure.
 * @param program path of the command line, or its bare name where it is on PATH
 */
export function pulumiEnvironment(program: string, choices: readonly Choice[], environment: NodeJS.ProcessEnv): Record<string, string> {
  const standIns = choices.flatMap((choice) => choice.official ? [] : [choice.pathAddition]);
  const additions = [...standIns, ...(isAbsolute(program) ? [dirname(program)] : [])];
  const rest = (environment.PATH ?? "").split(delimiter).filter((folder) => !additions.includes(folder));
  return {
    PATH: [...additions, ...rest].join(delimiter),
    // Otherwise Pulumi would look past the PATH.
    ...(standIns.length === 0 ? {} : { PULUMI_IGNORE_AMBIENT_PLUGINS: "false" }),
  };
}

async function makeImages(docker: Docker, say: Say): Promise<ImageSet> {
  // Loaded only where it is used: an operator's machine may not have the tests.
  const { ensureImages } = await import("../../test/images/index.js");
  return ensureImages({ docker, log: say });
}
