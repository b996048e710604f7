import { removeSettingCommand, removeVariableCommand, unsetCommand } from "../util/commands";
import type { Problem } from "../util/operatorError";
import { flagVariables } from "./flags";
import { setCommand, type Mistake } from "./mistakes";
import type { Sources } from "./sources";
import type { StackKind } from "./spec";
import { catalogue } from "./table";

/**
 * Returns a mistake for each name in Pulumi config that is no setting of this module. Pure.
 * @param names without the namespace
 */
export function unknownInConfig(names: readonly string[], stack: string): Mistake[] {
  const known = new Set<string>(catalogue.map(({ name }) => name));
  return names
    .filter((name) => !known.has(name))
    .map((name) => {
      const meant = nearest(
        name,
        catalogue.flatMap((setting) => [setting.name, setting.variable]),
      );
      const setting = catalogue.find((one) => one.name === meant || one.variable === meant);
      const instead = setting === undefined ? [] : [setCommand(setting.name, stack)];
      return {
        setting: name,
        what: `${name} is no setting${setting === undefined ? "" : `; the nearest is ${setting.name}`}`,
        type: [removeSettingCommand(name, stack), ...instead],
      };
    });
}

/** Name of each kind of stack where none is given. */
const plainStacks: Readonly<Record<StackKind, string>> = { base: "base", tier1: "tier1", tier2: "tier2" };

/**
 * Returns a mistake for each setting in a stack's own file that stacks of its kind do not read. A default for the whole
 * project, and values in the environment or `.env`, are there for all stacks. Pure.
 */
export function inWrongStack(
  kind: StackKind,
  { config, ownNames = [], stacks = plainStacks }: Pick<Sources, "config" | "ownNames" | "stacks">,
  stack: string,
): Mistake[] {
  return catalogue
    .filter((setting) => ownNames.includes(setting.name) && !setting.stacks.includes(kind))
    .map((setting) => ({
      setting: setting.name,
      what: `${setting.name} is set for stack ${stack}, and nothing reads it there: it is a setting of ${setting.stacks.join(" and ")}`,
      type: [
        removeSettingCommand(setting.name, stack),
        ...setting.stacks.map((other) => setCommand(setting.name, stacks[other], config(setting.name))),
      ],
    }));
}

/**
 * Returns a problem for each name in `.env` that looks like a setting and is none, and for each flag, which is not read
 * from there. Other names belong to other programs and are ignored. Pure.
 */
export function unreadInDotenv(names: readonly string[]): Problem[] {
  const known = catalogue.map(({ variable }) => variable);
  const flags = names.filter((name) => flagVariables.includes(name));
  const misspelt = names
    .filter((name) => !known.includes(name) && !flags.includes(name))
    .map((name) => [name, nearest(name, [...known, ...flagVariables])] as const)
    .filter(([name, meant]) => meant !== undefined || (name.startsWith("SCANI_") && !scanisOwn.test(name)));
  return [
    ...flags.map((name) => ({
      what: `${name} in .env does nothing: it is read from the environment of one command only.`,
      type: removeVariableCommand(name),
    })),
    ...misspelt.map(([name, meant]) => ({
      what: `${name} in .env is no setting and is not read.`,
      why: meant === undefined ? undefined : `The nearest is ${meant}.`,
    })),
  ];
}

/**
 * Returns a problem for each name in the environment that is nearly one of a setting or a flag. All others belong to
 * other programs. Pure.
 */
export function misspeltInEnvironment(names: readonly string[]): Problem[] {
  const known = [...catalogue.map(({ variable }) => variable), ...flagVariables];
  return names
    .filter((name) => name.startsWith("SCANI_") && !known.includes(name) && !scanisOwn.test(name))
    .flatMap((name) => {
      const meant = nearest(name, known);
      if (meant === undefined) return [];
      return [
        {
          what: `${name} in the environment is no setting and is not read.`,
          why: `The nearest is ${meant}.`,
          type: unsetCommand(name),
        },
      ];
    });
}

/** Variables of Scani's own that this module does not set. */
const scanisOwn = /^SCANI_(TEST_|TESTNET_|BRAND$|CLOUD_BRAND$|DEMO_MODE$|PORT$|VERSION$)/;

/** Returns the name that differs least, if it differs by no more than a typing error. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  // What many names begin with says nothing about how near two of them are.
  const most = plain(name).replace(/^scani/, "").length < 8 ? 1 : 2;
  const [best] = known.map((other) => [distance(plain(name), plain(other)), other] as const).sort(([a], [b]) => a - b);
  return best[0] <= most ? best[1] : undefined;
}

/** Counts the characters to add, drop, change or swap with a neighbour until one text is the other. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= from.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = rows[i - 1][j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      rows[i][j] = Math.min(
        change,
        rows[i - 1][j] + 1,
        rows[i][j - 1] + 1,
        swapped ? rows[i - 2][j - 2] + 1 : Infinity,
      );
    }
  }
  return rows[from.length][to.length];
}
