import type { Tier } from "../../../settings";

/** Role of a stack in an install. */
export type StackKind = "base" | Tier;

/** Every role. */
export const stackKinds: readonly StackKind[] = ["base", "tier1", "tier2"];

/** Names of an install's Pulumi stacks, for the commands in messages. */
export type StackNames = Readonly<Record<StackKind, string>>;

/** Returns the kind of stack an operator typed: a tier, base, or a stack's whole name such as `prod-tier2`. Pure. */
export function kindOf(stack: string): StackKind | undefined {
  return stackKinds.find((kind) => stack === kind || stack.endsWith(`-${kind}`));
}

/**
 * Returns the stacks of the install a stack is part of, by the naming convention: `prod-tier2` goes with `prod-tier1`
 * and `prod-base`. A name that says no kind goes with stacks of the plain names. Pure.
 * @param base name of the base stack, where a setting gives another one
 */
export function stacksBeside(stack: string, base?: string): StackNames {
  const own = kindOf(stack);
  const prefix = own === undefined ? "" : stack.slice(0, -own.length);
  return { base: base ?? `${prefix}base`, tier1: `${prefix}tier1`, tier2: `${prefix}tier2` };
}

/** Returns the tier to which one switches from this one. Pure. */
export function otherTier(tier: Tier): Tier {
  return tier === "tier1" ? "tier2" : "tier1";
}
