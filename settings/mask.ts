import { moduleVariables } from "./moduleVariables";
import { catalogue } from "./table";

/** Variables whose values may be shown. All others count as secrets, since operators add variables of their own. */
const open: ReadonlySet<string> = new Set([
  ...catalogue.filter(({ secret }) => !secret).map(({ variable }) => variable),
  ...moduleVariables,
]);

/**
 * Returns a variable's value as it may be shown: secrets by their last four characters, short ones not at all. Pure.
 */
export function mask(variable: string, value: string | undefined): string {
  if (value === undefined) return "(none)";
  if (open.has(variable)) return value;
  return value.length >= 12 ? `••••${value.slice(-4)}` : "••••";
}
