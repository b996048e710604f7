import type { Stacks } from "../../host/adopt/phases/phase";
import { databaseFor } from "../../host/backup/plan";
import { identifier } from "../../host/backup/server";
import { readPlatform, type BaseOutputs } from "../../host/install/platform";
import { stacksBeside, type StackKind } from "../../host/install/names/stacks";
import {
  flagOn,
  operatorSources,
  resolveSettings,
  settingNamed,
  SettingsError,
  type Mistake,
  type Settings,
  type Tier,
} from "../../settings";
import { StackFile } from "../../stacks/stackFile";
import {
  adoptOnCommand,
  composeStop,
  composeUp,
  dockerPsql,
  withVariable,
  type ComposePlace,
} from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import type { Context } from "../context";
import { installNameOf, stackNamesOn } from "../project";
import { forgetFormer, putSettingsBack, replaceSettings } from "../pulumi/config";
import { destroyWhole } from "../pulumi/destroyWhole";
import { hasKey } from "../pulumi/salt";
import { stackOutputs } from "../pulumi/stackOutputs";
import { upWithBase } from "../upWithBase";

/** Returns the name of a stack of the install on this base: `prod-base`, `tier1` → `prod-tier1`. Pure. */
export function stackOf(base: string, kind: StackKind): string {
  return stacksBeside(base, base)[kind];
}

/** Returns the stacks of an install, as an adoption uses them. */
export function stacksOn(adoption: Context, base: string): Stacks {
  // Pulumi gets a signal by itself, and would take the adoption's own for a second one.
  const context = { ...adoption, signal: new AbortController().signal };
  // The whole install is to go: its place has been given back to compose by then.
  const allowed = { ...context.project.environment, ...flagOn("allowDowntime") };
  const install = installNameOf(context.project, base);
  return {
    names: stacksBeside(base, base),
    set: (kind, values) => replaceSettings(context, stackOf(base, kind), values),
    putBack: (kind) => putSettingsBack(context, stackOf(base, kind)),
    forget: (kind) => forgetFormer(context, stackOf(base, kind)),
    up: (kind) => upWithBase(context, stackOf(base, kind)),
    destroy: async (kind) => {
      const stack = stackOf(base, kind);
      if ((await stackOutputs(context, stack)) === undefined) return;
      const held = await heldBy(context, base);
      if (held !== undefined && held.install !== install) return;
      await destroyWhole({ ...context, project: { ...context.project, environment: allowed } }, stack);
    },
    managedDatabase: async () => {
      const { sockets, platform } = (await stackOutputs(context, base)) ?? {};
      const plan = (sockets as BaseOutputs | undefined)?.backups;
      if (plan === undefined || plan.postgres !== undefined || platform === undefined) return undefined;
      const stacks = stackNamesOn(context.project, base);
      return databaseFor(install, { plan, stacks }, async () => readPlatform(platform).DATABASE_URL);
    },
  };
}

/** Fields of a base stack's outputs that identify the install it holds. */
type Held = Pick<BaseOutputs, "install" | "engine">;

/** Reads which install a base stack holds; undefined where the stack has never been up as a whole. */
export async function heldBy(context: Context, base: string): Promise<Held | undefined> {
  // Most often there is no such stack, and asking Pulumi would cost a start of it.
  if (!hasKey(base, context.project.folder)) return undefined;
  return (await stackOutputs(context, base))?.sockets as Held | undefined;
}

/**
 * Explains why an adoption must not use a base stack: it would overwrite the settings of the install that stack holds,
 * and take that install down on its way back. Undefined where it may. Pure.
 * @param now the base stack, the install to be adopted as, and the id of its engine
 * @param words of the command that was typed
 */
export function heldProblem(
  held: Held | undefined,
  now: { readonly base: string; readonly install: string; readonly engine: string },
  words: readonly string[],
): Problem | undefined {
  const { base, install, engine } = now;
  if (held === undefined) return undefined;
  const isElsewhere = held.engine !== undefined && held.engine.id !== engine;
  if (held.install === install && !isElsewhere) return undefined;
  const own = base === `${install}-base` ? `${install}-2-base` : `${install}-base`;
  const command = adoptOnCommand(own, ...words);
  return {
    what: `Stack ${base} holds the install ${held.install}${isElsewhere ? `, which is on the engine at ${held.engine?.address}` : ""}.`,
    why: "An install needs stacks of its own; this makes them:",
    type: install === settingNamed("name").fallback ? command : withVariable("SCANI_NAME", install, command),
  };
}

/**
 * Resolves the settings a stack would have with these values besides the operator's own, as the program will read them.
 * @throws SettingsError
 */
export function settingsWith<K extends StackKind>(
  { folder, environment }: Context["project"],
  base: string,
  kind: K,
  values: Readonly<Record<string, string>>,
): Settings<K> {
  const stack = stackOf(base, kind);
  const file = new StackFile(folder, stack);
  return resolveSettings(
    {
      config: (name) => (name === "tier" ? kind : (values[name] ?? file.text(`scani:${name}`))),
      configNames: file.names("scani:"),
      ownNames: file.ownNames("scani:"),
      stacks: stacksBeside(base, base),
      // The given values replace those in the file, and are written encrypted.
      encrypted: (name) => file.isolated || name in values || !file.unencrypted(`scani:${name}`),
      ...operatorSources(folder, file.isolated, environment),
    },
    stack,
  ) as Settings<K>;
}

/**
 * Lists everything wrong with the settings a stack would have with these values besides the operator's own.
 * @param compose project in which values of compose's containers are corrected
 */
export function settingProblems(
  { folder, environment }: Context["project"],
  base: string,
  kind: "base" | Tier,
  values: Readonly<Record<string, string>>,
  compose: ComposePlace,
): readonly Problem[] {
  try {
    settingsWith({ folder, environment }, base, kind, values);
    return [];
  } catch (error) {
    if (error instanceof SettingsError)
      return error.mistakes.map((mistake) =>
        values[mistake.setting] === undefined ? mistake : inCompose(mistake, values, compose),
      );
    throw error;
  }
}

/** Rewords a mistake in a value that was read from compose's containers. Pure. */
function inCompose(
  { setting, what }: Mistake,
  values: Readonly<Record<string, string>>,
  compose: ComposePlace,
): Problem {
  const read = what.replace("(from Pulumi config)", "(of compose's containers)");
  const renaming = renamingOf(setting, values, compose);
  if (renaming === undefined)
    return {
      what: read,
      why: "Correct it in the .env file beside the compose file, and let compose apply it.",
      type: composeUp(compose),
    };
  return {
    what: read,
    why: "The server has to know another name first. Then give that name in the .env file beside the compose file (DATABASE_URL and its own variable), and let compose apply it.",
    type: [...renaming, composeUp(compose)],
  };
}

/** Services of Scani's compose file that are connected to the database, which cannot be renamed meanwhile. */
const clients = ["api", "worker", "data-provider"] as const;

/**
 * Returns commands that rename the project's database, or give its role a successor; undefined for any other setting.
 */
function renamingOf(
  setting: string,
  { borrowedPostgres, POSTGRES_USER = "", POSTGRES_DB = "" }: Readonly<Record<string, string>>,
  compose: ComposePlace,
): string[] | undefined {
  if (borrowedPostgres === undefined) return undefined;
  const psql = (words: string) => dockerPsql(borrowedPostgres, POSTGRES_USER, words);
  if (setting === "POSTGRES_DB")
    return [composeStop(compose, ...clients), psql(`alter database ${identifier(POSTGRES_DB)} rename to scani`)];
  return setting === "POSTGRES_USER"
    ? [psql("create role scani superuser login"), psql("\\password scani")]
    : undefined;
}
