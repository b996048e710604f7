/** What an operator may type for a stack: a tier, base, or a stack's whole name such as `prod-tier2`. */
export function kindOf(stack: string): "base" | "tier1" | "tier2" | undefined {
  return (["base", "tier1", "tier2"] as const).find((kind) => stack === kind || stack.endsWith(`-${kind}`));
}

/** The base a tier stack stands on, by the naming convention: `prod-tier2` → `prod-base`. */
export function baseOf(stack: string): string {
  return stack.replace(/tier[12]$/, "base");
}

/** Refuses a name that says no kind. @throws Error */
export function checkStackName(stack: string): void {
  if (kindOf(stack) === undefined) {
    throw new Error(`${JSON.stringify(stack)} is no stack of this project: it is none of base, tier1, tier2 and ends in none of them.\n  type: npm run up -- tier2`);
  }
}
