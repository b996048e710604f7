import { removeSettingCommand } from "../util/commands";
import type { Problem } from "../util/operatorError";
import { flagVariables } from "./flags";
import { setCommand, type Mistake } from "./mistakes";
import { catalogue } from "./table";

/**
 * Names in Pulumi config that are no setting of this module. Pure.
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

/**
 * Names in `.env` that look like settings and are none. Others are other programs', and nobody's business here. Pure.
 */
export function unknownInDotenv(names: readonly string[]): Problem[] {
  const known = [...catalogue.map(({ variable }) => variable), ...flagVariables];
  return names
    .filter((name) => !known.includes(name))
    .map((name) => [name, nearest(name, known)] as const)
    .filter(([name, meant]) => meant !== undefined || (name.startsWith("SCANI_") && !scanisOwn.test(name)))
    .map(([name, meant]) => ({
      what: `${name} in .env is no setting and is not read.`,
      why: meant === undefined ? undefined : `The nearest is ${meant}.`,
    }));
}

/** Variables of Scani's own that this module does not set. */
const scanisOwn = /^SCANI_(TEST_|TESTNET_|BRAND$|CLOUD_BRAND$|DEMO_MODE$|PORT$|VERSION$)/;

/** The name that differs least, where it differs in no more than a slip of the hand. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const most = plain(name).length < 8 ? 1 : 2;
  const [best] = known.map((other) => [distance(plain(name), plain(other)), other] as const).sort(([a], [b]) => a - b);
  return best[0] <= most ? best[1] : undefined;
}

/** Characters to add, drop, change or swap with a neighbour until one text is the other. */
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
