import { join } from "node:path";
import { kindOf, stacksBeside } from "../host/install/names/stacks";
import { readdirIfThere } from "../util/files/readdirIfThere";
import { OperatorError } from "../util/operatorError";

/** Returns the path of a stack's settings file, in the folder with Pulumi.yaml. */
export function settingsFile(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

/** Lists the names of the stacks that have a settings file in a folder, sorted. */
export function stacksIn(folder: string): string[] {
  return readdirIfThere(folder)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/**
 * Refuses a stack name that implies no kind.
 * @param folder with the stacks' settings
 * @param command spells the command that was typed, for another stack
 * @throws OperatorError that names the existing stacks, or else the possible ones
 */
export function checkStackName(stack: string, folder: string, command: (stack: string) => string): void {
  if (kindOf(stack) !== undefined) return;
  const there = stacksIn(folder).filter((one) => kindOf(one) !== undefined);
  throw new OperatorError({
    what: `${JSON.stringify(stack)} is no stack of this project: it is none of base, tier1, tier2 and ends in none of them.`,
    type: (there.length > 0 ? there : Object.values(stacksBeside("base"))).map(command),
  });
}
