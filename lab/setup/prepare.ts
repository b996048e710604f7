import type Docker from "dockerode";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { delimiter, dirname, isAbsolute } from "node:path";
import type { TestPlugins, ThrowawayImages } from "../throwaway";
import { ensureEngine } from "./engine";
import { findLanguageHost } from "./languageHost";
import { findPlugins, type Choice } from "./plugins";
import { pulumiCli } from "../../ops/pulumi/pulumiCli";
import { absent, missingImages, published, realTag, type ImageKind } from "./realImages";
import type { Report as Say } from "../../util/progress/progress";

/** A machine on which the program can be brought up and tested. */
export interface Prepared {
  readonly docker: Docker;
  readonly pulumi: PulumiCommand;
  /**
   * Environment of every Pulumi process, and of this one if it starts some: PATH with the command line and the plugins.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Folders of the test plugins and the test language host, if they stand in for the official ones. */
  readonly testPlugins: TestPlugins;
  /** Images, if they were requested. */
  readonly images?: ThrowawayImages;
}

/** Parts wanted besides Docker, the command line and the plugins. */
export interface Wanted {
  /** Images for throwaway installs, with this kind of Scani. */
  readonly images?: ImageKind;
  /** Find the language host, with which raw `pulumi` runs the program; programs that run in process need none. */
  readonly languageHost?: boolean;
}

/**
 * Prepares this machine step by step, each only if needed and reported: Docker engine, Pulumi command line, plugins,
 * language host, images. The Node dependencies are installed earlier, by tools/bootstrap.cjs.
 * @throws Error that names what is missing and what to do
 */
export async function prepare(say: Say, wanted: Wanted): Promise<Prepared> {
  const docker = await ensureEngine(say);
  // Only Scani makes these images, so stop here if they are missing.
  if (wanted.images === "real") await requireReal(docker);
  const pulumi = await pulumiCli(say, process.env);
  const plugins = await findPlugins(pulumi.command, process.env, say);
  const language: Choice = wanted.languageHost
    ? findLanguageHost(pulumi.command, process.env, say)
    : { official: true };
  const images = wanted.images && (await makeImages(docker, wanted.images, say));
  return {
    docker,
    pulumi,
    environment: pulumiEnvironment(pulumi.command, [plugins, language], process.env),
    testPlugins: { resources: folderOf(plugins), language: folderOf(language) },
    images,
  };
}

function folderOf(choice: Choice): string | undefined {
  return choice.official ? undefined : choice.pathAddition;
}

/**
 * Returns the environment in which Pulumi finds its command line and plugins. Pure.
 * @param program path of the command line, or its bare name where it is on PATH
 */
export function pulumiEnvironment(
  program: string,
  choices: readonly Choice[],
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  const standIns = choices.flatMap((choice) => (choice.official ? [] : [choice.pathAddition]));
  const additions = [...standIns, ...(isAbsolute(program) ? [dirname(program)] : [])];
  const rest = (environment.PATH ?? "").split(delimiter).filter((folder) => !additions.includes(folder));
  return {
    PATH: [...additions, ...rest].join(delimiter),
    // Otherwise Pulumi would ignore the plugins on PATH.
    ...(standIns.length === 0 ? {} : { PULUMI_IGNORE_AMBIENT_PLUGINS: "false" }),
  };
}

async function requireReal(docker: Docker): Promise<void> {
  const missing = await absent(docker, realTag(process.env));
  if (missing.length > 0) throw new Error(missingImages(missing));
}

async function makeImages(docker: Docker, kind: ImageKind, say: Say): Promise<ThrowawayImages> {
  // Load it only if needed: an operator's machine may not have the tests.
  const { ensureImages, INFRASTRUCTURE } = await import("../images/index.js");
  if (kind === "stand-in") return ensureImages({ docker, log: say });
  return {
    ...(await ensureImages({ docker, log: say, only: [...INFRASTRUCTURE] })),
    scaniRepository: published,
    scaniTag: realTag(process.env),
  };
}
