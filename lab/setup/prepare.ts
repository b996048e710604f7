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
  /** For every Pulumi process, and for this one where it starts some: PATH with the command line and the plugins. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folders of the test plugins and the test language host, where they stand in for the official ones. */
  readonly testPlugins: TestPlugins;
  /** Only where they were asked for. */
  readonly images?: ThrowawayImages;
}

/** What is wanted beside Docker, the command line and the plugins. */
export interface Wanted {
  /** Images for throwaway installs, with this kind of Scani. */
  readonly images?: ImageKind;
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
  // Nobody but Scani makes these, so without them nothing else need be made either.
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
 * Environment in which Pulumi finds its command line and what it needs. Pure.
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
    // Otherwise Pulumi would look past the PATH.
    ...(standIns.length === 0 ? {} : { PULUMI_IGNORE_AMBIENT_PLUGINS: "false" }),
  };
}

async function requireReal(docker: Docker): Promise<void> {
  const missing = await absent(docker, realTag(process.env));
  if (missing.length > 0) throw new Error(missingImages(missing));
}

async function makeImages(docker: Docker, kind: ImageKind, say: Say): Promise<ThrowawayImages> {
  // Loaded only where it is used: an operator's machine may not have the tests.
  const { ensureImages, INFRASTRUCTURE } = await import("../images/index.js");
  if (kind === "stand-in") return ensureImages({ docker, log: say });
  return {
    ...(await ensureImages({ docker, log: say, only: [...INFRASTRUCTURE] })),
    scaniRepository: published,
    scaniTag: realTag(process.env),
  };
}
