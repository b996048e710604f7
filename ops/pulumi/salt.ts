import { readIfThere } from "../../util/files/readIfThere";
import { writeWhole } from "../../util/files/writeWhole";
import { stacksBeside } from "../../host/install/names/stacks";
import { settingsFile } from "../../stacks/stackNames";

/** Returns the line of a stack's settings with the salt its secrets are encrypted with. Pure. */
export function saltOf(settings: string): string | undefined {
  return /^encryptionsalt: .*$/m.exec(settings)?.[0];
}

/**
 * Reads the text of a stack's settings file; empty where it has none.
 * @throws OperatorError that names a file which may not be read
 */
export function settingsOf(folder: string, stack: string): string {
  return readIfThere(settingsFile(folder, stack)) ?? "";
}

/** True where a stack's settings name the key of its secrets, which Pulumi writes there when it creates the stack. */
export function hasKey(stack: string, folder: string): boolean {
  return /^(encryptionsalt|secretsprovider|encryptedkey): /m.test(settingsOf(folder, stack));
}

/**
 * Gives a stack that is about to be created the salt of the others of its install. One passphrase opens them all
 * anyway, since a tier reads base; with one salt Pulumi derives their key, a million rounds of a hash, once per command
 * and not once per stack.
 * @param folder with Pulumi.yaml and the stacks' settings
 */
export function shareSalt(stack: string, folder: string): void {
  const file = settingsFile(folder, stack);
  if (hasKey(stack, folder)) return;
  const text = settingsOf(folder, stack);
  const salt = Object.values(stacksBeside(stack))
    .filter((other) => other !== stack)
    .map((other) => saltOf(settingsOf(folder, other)))
    .find((line) => line !== undefined);
  if (salt !== undefined) writeWhole(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${salt}\n`);
}
