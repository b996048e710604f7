import { isRouted, isUp, routedRelease, type Facts } from "../install/facts";
import { howToSet, type Tier } from "../../settings";
import { otherTier, stacksBeside } from "../install/names/stacks";
import { dockerRemove, dockerStop, dockerUnpause, dockerWait, downCommand, upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";

/**
 * Refuses to take a tier down that migrates or serves. Pure.
 * @param stack name of the tier's stack
 * @param downtime true if Scani may be taken down; a migration may not be cut off even then
 * @throws OperatorError
 */
export function refuseTakedown(facts: Facts, tier: Tier, stack: string, downtime: boolean): void {
  refuseMigrating(facts, tier, stack);
  if (!downtime) refuseWhatServes(facts, tier, stack);
}

/** Refuses while a migrator is up, as a killed run leaves it: it would be killed with its container. */
function refuseMigrating({ containers }: Facts, tier: Tier, stack: string): void {
  const up = containers.filter((one) => one.tier === tier && one.service === "migrate" && isUp(one));
  if (up.length === 0) return;
  const names = up.map(({ name }) => name);
  const paused = up.filter(({ state }) => state === "paused").map(({ name }) => name);
  const goOn = paused.length === 0 ? [] : [dockerUnpause(...paused)];
  throw new OperatorError([
    {
      what: `A migration of ${tier} is ${up.length === paused.length ? "paused" : "under way"} (container ${names.join(", ")}), and taking the tier down would cut it off. Nothing has been touched.`,
      why: "Wait until it has ended:",
      type: [...goOn, dockerWait(...names), downCommand(stack)],
    },
    {
      what: "Or stop it, which takes back the migration it is at; those that were complete stay:",
      type: [...goOn, dockerStop(...names), downCommand(stack)],
    },
  ]);
}

/**
 * Refuses to take a tier down that requests are sent to, or whose worker alone does the jobs. Decides from the facts,
 * since the state may remember other containers or none. Pure.
 * @param stack name of the tier's stack
 * @throws OperatorError
 */
export function refuseWhatServes(facts: Facts, tier: Tier, stack: string): void {
  const own = facts.containers.filter((container) => container.tier === tier);
  const routed = own.filter((container) => isRouted(facts, container));
  // If nobody knows the routes, they may lead to any api or page that is up.
  const unknown = facts.gateway.silent !== undefined && Object.keys(facts.routes).length === 0;
  const serves = unknown ? own.filter((one) => isUp(one) && ["api", "frontend-app"].includes(one.service)) : routed;
  const other = upCommand(stacksBeside(stack)[otherTier(tier)]);
  if (serves.length === 0) {
    refuseOnlyWorker(facts, tier, other);
    return;
  }
  throw new OperatorError({
    what: `${tier} serves; destroying it would take Scani down. Nothing has been touched.`,
    why: `${unknown ? "The gateway does not say where its routes lead, and these are up" : "The gateway's routes lead to"}: ${serves.map(({ name }) => name).join(", ")}\nSwitch to the other tier first, or, to take Scani down on purpose, ${howToSet("allowDowntime")}.`,
    type: other,
  });
}

/** @param other command that brings up the tier that serves */
function refuseOnlyWorker(facts: Facts, tier: Tier, other: string): void {
  // A worker does jobs whether or not requests get in just now.
  const routed = routedRelease(facts);
  const [worker, ...more] = facts.containers.filter((one) => one.service === "worker" && one.state === "running");
  if (routed === undefined || routed.tier === tier || worker?.tier !== tier || more.length > 0) return;
  throw new OperatorError({
    what: `${worker.title} does the jobs of ${routed.tier}, whose own worker does not run. Nothing has been touched.`,
    why: `Start that first, or, to leave the jobs undone, ${howToSet("allowDowntime")}.`,
    type: other,
  });
}

/**
 * Refuses to take base away from under releases. Pure.
 * @param releases containers that exist
 * @param stack name of base's stack
 * @throws OperatorError
 */
export function refuseBaseInUse(
  releases: readonly { readonly name: string; readonly tier: Tier }[],
  stack: string,
): void {
  if (releases.length === 0) return;
  const tiers = [...new Set(releases.map(({ tier }) => tier))].sort();
  const names = releases.map(({ name }) => name).sort();
  const stacks = stacksBeside(stack);
  throw new OperatorError([
    {
      what: `Base carries ${tiers.join(" and ")}; destroying it would take the data services from under Scani. Nothing has been touched.`,
      why: `Take the tiers down first, or, to take Scani down on purpose, ${howToSet("allowDowntime")}.`,
      type: tiers.map((tier) => downCommand(stacks[tier])),
    },
    {
      what: `Another tool made those that are left once the tiers are down: no stack's state has them. Remove what is left of ${names.join(", ")}:`,
      type: [dockerStop(...names), dockerRemove(...names), downCommand(stack)],
    },
  ]);
}
