import { isRouted, isUp, type Facts } from "../install/facts";
import { howToSet, type Tier } from "../../settings";
import { upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";

/**
 * Refuses to take a tier down that requests are sent to: by what is true, since the state may remember other containers
 * or none. Pure.
 * @throws OperatorError
 */
export function refuseWhatServes(facts: Facts, tier: Tier): void {
  const own = facts.containers.filter((container) => container.tier === tier);
  const routed = own.filter((container) => isRouted(facts, container));
  // Where nobody knows the routes, what is up may be what they lead to.
  const unknown = facts.gateway.silent !== undefined && Object.keys(facts.routes).length === 0;
  const serves = unknown ? own.filter((one) => isUp(one) && ["api", "frontend-app"].includes(one.service)) : routed;
  if (serves.length === 0) return;
  const other = tier === "tier1" ? "tier2" : "tier1";
  throw new OperatorError({
    what: `${tier} serves; destroying it would take Scani down. Nothing has been touched.`,
    why: `${unknown ? "The gateway does not say where its routes lead, and these are up" : "The gateway's routes lead to"}: ${serves.map(({ name }) => name).join(", ")}\nSwitch to the other tier first, or, to take Scani down on purpose, ${howToSet("allowDowntime")}.`,
    type: upCommand(other),
  });
}
