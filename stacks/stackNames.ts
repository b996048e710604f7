import { join } from "node:path";
import { upCommand } from "../util/commands";
import { readdirIfThere } from "../util/files/readdirIfThere";
import { OperatorError } from "../util/operatorError";

const kinds = ["base", "tier1", "tier2"] as const;

/** What an operator may type for a stack: a tier, base, or a stack's whole name such as `prod-tier2`. */
export function kindOf(stack: string): "base" | "tier1" | "tier2" | undefined {
  return kinds.find((kind) => stack === kind || stack.endsWith(`-${kind}`));
}

/** The base a stack stands on, by the naming convention: `prod-tier2` → `prod-base`; a base is its own. Pure. */
export function baseOf(stack: string): string {
  return kindOf(stack) === undefined ? "base" : stack.replace(/tier[12]$/, "base");
}

/** The other stacks of an install: `prod-tier2` → `prod-base`, `prod-tier1`. */
export function siblingsOf(stack: string): string[] {
  return kinds.map((kind) => stack.replace(/(base|tier[12])$/, kind)).filter((other) => other !== stack);
}

/** The file with a stack's settings, in the folder with Pulumi.yaml. */
export function settingsFile(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

/** Names of the stacks that have a settings file in a folder, sorted. */
export function stacksIn(folder: string): string[] {
  return readdirIfThere(folder)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/** Refuses a name that says no kind. @throws OperatorError */
export function checkStackName(stack: string): void {
  if (kindOf(stack) === undefined) {
    throw new OperatorError({
      what: `${JSON.stringify(stack)} is no stack of this project: it is none of base, tier1, tier2 and ends in none of them.`,
      type: upCommand("tier2"),
    });
  }
}
