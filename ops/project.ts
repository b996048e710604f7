import { realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { lookUp, operatorSources, settingNamed, type SettingName } from "../settings";
import { kindOf, stacksBeside, type StackNames } from "../host/install/names/stacks";
import { stacksIn } from "../stacks/stackNames";
import { StackFile } from "../stacks/stackFile";
import { initCommand, installed } from "../util/commands";
import { readIfThere } from "../util/files/readIfThere";
import { OperatorError } from "../util/operatorError";
import { root } from "./root";

/** The operator's Pulumi project, or a throwaway's. */
export interface Project {
  /** Folder with Pulumi.yaml and the stacks' settings. */
  readonly folder: string;
  /** Environment of its commands, whole; this process's own is neither asked nor changed. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Returns the environment of a project's commands: the operator's, except that a throwaway's project has its own state
 * and passphrase, whatever else the operator works on.
 */
export function environmentOf(folder: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!stacksIn(folder).some((stack) => new StackFile(folder, stack).isolated)) return environment;
  // Set to undefined, since a started process would otherwise inherit them from this one.
  return {
    ...environment,
    PULUMI_BACKEND_URL: undefined,
    PULUMI_CONFIG_PASSPHRASE: undefined,
    PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
  };
}

/** Pulumi's name of the project; settings are `scani:<name>`. */
export const projectName = "scani";

/** True for a folder with a Pulumi.yaml of this module. */
export function isProject(folder: string): boolean {
  const text = readIfThere(join(folder, "Pulumi.yaml")) ?? "";
  return new RegExp(`^name: ${projectName}$`, "m").test(text) && text.includes("name: scani-host");
}

/**
 * Returns the folder a command was typed in. npm runs a script in the package's own folder, and tells where it was
 * started.
 * @param current the process's own folder
 */
export function typedIn(environment: NodeJS.ProcessEnv, current: string): string {
  return environment.INIT_CWD !== undefined && realpathSync(current) === realpathSync(root)
    ? environment.INIT_CWD
    : current;
}

/** Location of this module on the machine. */
interface Module {
  readonly folder: string;
  /** True where it is an installed package, which is the package manager's to remove. */
  readonly installed: boolean;
}

const thisModule: Module = { folder: root, installed };

/**
 * Finds the project a command takes by itself: the one in the folder it was typed in, else in the nearest above it,
 * else the module's own where that is a checkout. An installed module brings a Pulumi.yaml and is no project: the next
 * `npm ci` would remove the state, the passphrase and the backups in it.
 * @param here folder the command was typed in
 */
export function projectAround(here: string, module: Module = thisModule): string | undefined {
  const above = dirname(here);
  if (isProjectBeside(here, module)) return here;
  if (above !== here) return projectAround(above, module);
  return module.installed ? undefined : module.folder;
}

function isProjectBeside(folder: string, module: Module): boolean {
  return isProject(folder) && !(module.installed && realpathSync(folder) === realpathSync(module.folder));
}

/**
 * Returns the project a command is for: the folder it names, else the one it takes by itself.
 * @param named by `--project`
 * @param here folder the command was typed in
 * @throws OperatorError when the named folder holds no project, or none is named and none is found
 */
export function projectFolder(named: string | undefined, here: string, module: Module = thisModule): string {
  if (named === undefined) {
    const around = projectAround(here, module);
    if (around !== undefined) return around;
    throw new OperatorError({
      what: `There is no project of this module here: neither ${here} nor a folder above it holds its Pulumi.yaml.`,
      why: "A project also holds the stacks' settings, Pulumi's state and the passphrase. Go to its folder, or make the folder you are in one:",
      type: initCommand,
    });
  }
  const folder = resolve(here, named);
  if (isProjectBeside(folder, module)) return folder;
  throw new OperatorError({
    what: `${folder} has no Pulumi.yaml of this module.`,
    why: "--project names the folder that holds one, with the stacks' settings beside it.",
  });
}

/**
 * Reads the text of a stack's setting from wherever an operator can give it; undefined where nobody does. For settings
 * that a command needs before Pulumi runs, which reads the same places for its program. An encrypted value is not read.
 */
export function settingOf(project: Project, stack: string, name: SettingName): string | undefined {
  return givenFor(project, stack, name)?.value;
}

function givenFor({ folder, environment }: Project, stack: string, name: SettingName): ReturnType<typeof lookUp> {
  const file = new StackFile(folder, stack);
  return lookUp(settingNamed(name), {
    config: (setting) => file.text(`${projectName}:${setting}`),
    ...operatorSources(folder, file.isolated, environment),
  });
}

/** Returns the Docker engine of a stack, where a setting names one. */
export function dockerHostOf(project: Project, stack: string): string | undefined {
  return settingOf(project, stack, "dockerHost");
}

/** Returns the name of a base stack's install, where a setting gives one. */
export function installOf(project: Project, base: string): string | undefined {
  return settingOf(project, base, "name");
}

/** Returns the name of a base stack's install where only the shell's environment gives one. */
export function shellNameOf(project: Project, base: string): string | undefined {
  const given = givenFor(project, base, "name");
  return given?.origin === "the shell's environment" ? given.value : undefined;
}

/** Returns the name of a base stack's install, or the default one. */
export function installNameOf(project: Project, base: string): string {
  return installOf(project, base) ?? (settingNamed("name").fallback as string);
}

/** Returns the base a stack stands on: the one its setting names, else the one its own name implies. */
export function baseStackOf(project: Project, stack: string): string {
  return kindOf(stack) === "base" ? stack : (settingOf(project, stack, "baseStack") ?? stacksBeside(stack).base);
}

/**
 * Returns the base for a command that names none: the one all tiers stand on, else the one called `base`. Undefined
 * where there are several, all with other names.
 */
export function usualBaseOf(project: Project): string | undefined {
  const bases = basesIn(project);
  if (bases.length <= 1) return bases[0] ?? "base";
  return bases.find((base) => base === "base");
}

/** Returns the base for a command that names none. @throws OperatorError when one has to be named */
export function theBaseOf(project: Project): string {
  const usual = usualBaseOf(project);
  if (usual !== undefined) return usual;
  const bases = basesIn(project);
  throw new OperatorError({
    what: `Which base? The tiers here stand on ${bases.join(", ")}.`,
    why: `Name one with --base ${bases[0]}.`,
  });
}

/** Returns the stacks of the install on a base: those that stand on it, else those its own name implies. */
export function stackNamesOn(project: Project, base: string): StackNames {
  const standing = tiersIn(project).filter((stack) => baseStackOf(project, stack) === base);
  return {
    ...stacksBeside(base, base),
    ...Object.fromEntries(standing.map((stack) => [kindOf(stack), stack])),
  };
}

/** Lists the bases that tiers stand on. */
function basesIn(project: Project): string[] {
  return [...new Set(tiersIn(project).map((stack) => baseStackOf(project, stack)))];
}

/** Lists the names of the tiers' stacks that have a settings file. */
function tiersIn({ folder }: Project): string[] {
  return stacksIn(folder).filter((stack) => !["base", undefined].includes(kindOf(stack)));
}
