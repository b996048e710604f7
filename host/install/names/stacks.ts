import type { Tier } from "../../../settings";

/** What a stack is of an install. */
export type StackKind = "base" | Tier;

const kinds: readonly StackKind[] = ["base", "tier1", "tier2"];

/** Names of an install's Pulumi stacks, for the commands in messages. */
export type StackNames = Readonly<Record<StackKind, string>>;

/** What an operator may type for a stack: a tier, base, or a stack's whole name such as `prod-tier2`. Pure. */
export function kindOf(stack: string): StackKind | undefined {
  return kinds.find((kind) => stack === kind || stack.endsWith(`-${kind}`));
}

/**
 * The stacks of the install that one of them is of, by the naming convention: `prod-tier2` stands beside `prod-tier1` on
 * `prod-base`. A name that says no kind stands beside stacks of the plain names. Pure.
 * @param base name of the base stack, where a setting gives another one
 */
export function stacksBeside(stack: string, base?: string): StackNames {
  const own = kindOf(stack);
  const prefix = own === undefined ? "" : stack.slice(0, -own.length);
  return { base: base ?? `${prefix}base`, tier1: `${prefix}tier1`, tier2: `${prefix}tier2` };
}

/** The tier one switches to from another. Pure. */
export function otherTier(tier: Tier): Tier {
  return tier === "tier1" ? "tier2" : "tier1";
}
