import type Docker from "dockerode";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { delimiter, dirname, isAbsolute } from "node:path";
import type { ImageSet } from "../../test/images";
import { ensureEngine } from "./engine";
import { findPlugins, type Plugins } from "./plugins";
import { pulumiCli } from "./pulumiCli";
import type { Say } from "./say";

/** A machine on which the program can be brought up and tested. */
export interface Prepared {
  readonly docker: Docker;
  readonly pulumi: PulumiCommand;
  /** For every Pulumi process, and for this one where it starts some: PATH with the command line and the plugins. */
  readonly environment: Readonly<Record<string, string>>;
  readonly plugins: "official" | "test";
  /** Images of the tests; only where they were asked for. */
  readonly images?: ImageSet;
}

/**
 * Makes this machine ready, step by step, each only where it is needed and said aloud: Docker engine, Pulumi command
 * line, plugins, images. The Node dependencies come before: tools/bootstrap.cjs.
 * @throws Error that says what is missing and what to do
 */
export async function prepare(say: Say, options: { images: boolean }): Promise<Prepared> {
  const docker = await ensureEngine(say);
  const pulumi = await pulumiCli(say);
  const plugins = await findPlugins(pulumi.command, process.env, say);
  const images = options.images ? await makeImages(docker, say) : undefined;
  return { docker, pulumi, environment: pulumiEnvironment(pulumi.command, plugins, process.env), plugins: plugins.official ? "official" : "test", images };
}

/**
 * Environment in which Pulumi finds its command line and the plugins. Pure.
 * @param program path of the command line, or its bare name where it is on PATH
 */
export function pulumiEnvironment(program: string, plugins: Plugins, environment: NodeJS.ProcessEnv): Record<string, string> {
  const additions = [
    ...(plugins.official ? [] : [plugins.pathAddition]),
    ...(isAbsolute(program) ? [dirname(program)] : []),
  ];
  const rest = (environment.PATH ?? "").split(delimiter).filter((folder) => !additions.includes(folder));
  return {
    PATH: [...additions, ...rest].join(delimiter),
    // Otherwise Pulumi would look past the PATH.
    ...(plugins.official ? {} : { PULUMI_IGNORE_AMBIENT_PLUGINS: "false" }),
  };
}

async function makeImages(docker: Docker, say: Say): Promise<ImageSet> {
  // Loaded only where it is used: an operator's machine may not have the tests.
  const { ensureImages } = await import("../../test/images/index.js");
  return ensureImages({ docker, log: say });
}
