import { upCommand } from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import { isUp, servingOf, type Facts } from "../install/facts";
import { stacksBeside } from "../install/names/stacks";

/**
 * Returns the problem of releases that no route leads to, as after the gateway's volume was removed: nobody is served,
 * and base alone cannot mend it. Undefined otherwise. Pure.
 * @param stack name of base's stack
 */
export function unroutedProblem(facts: Facts, stack: string): Problem | undefined {
  const apis = facts.containers.filter(({ service }) => service === "api");
  if (apis.length === 0 || servingOf(facts).is !== "unrouted") return undefined;
  // A tier whose api runs has most likely served, so it comes first.
  const tiers = [...new Set([...apis].sort((a, b) => Number(isUp(b)) - Number(isUp(a))).map(({ tier }) => tier))];
  const stacks = stacksBeside(stack);
  return {
    what: `The gateway has no route to a release, so nobody is served: ${facts.gateway.name} does not know which one was.`,
    why: "Bring up the tier that is to serve.",
    type: tiers.map((tier) => upCommand(stacks[tier])),
  };
}
