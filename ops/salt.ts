import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const kinds = ["base", "tier1", "tier2"] as const;
const saltLine = /^encryptionsalt: .*$/m;

/**
 * Gives a stack that is about to be made the salt of the others of its install. One passphrase opens them all anyway, since a tier reads
 * base; with one salt Pulumi derives their key once for a command, a million rounds of a hash, instead of once for each.
 * @param folder with Pulumi.yaml and the stacks' settings
 */
export function shareSalt(stack: string, folder: string): void {
  const file = settingsOf(folder, stack);
  if (saltLine.test(textOf(file))) return;
  const others = kinds.map((kind) => stack.replace(/(base|tier[12])$/, kind)).filter((other) => other !== stack);
  const salt = others.map((other) => saltLine.exec(textOf(settingsOf(folder, other)))?.[0]).find((line) => line !== undefined);
  if (salt !== undefined) appendFileSync(file, `${textOf(file) === "" || textOf(file).endsWith("\n") ? "" : "\n"}${salt}\n`);
}

function settingsOf(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
