import type { Origin } from "../../settings";
import { upCommand } from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import type { Sockets } from "../install/platform";
import type { Presence } from "../install/presence";
import { isOtherEngine, otherEngineProblem } from "./identityRefusals";

/**
 * Why a tier must not be brought up on a base that is not whole on this engine: its containers would be made and could
 * not start. Pure.
 * @param stack the tier's, and where its engine was named
 */
export function baseGaps(
  base: Sockets,
  presence: Presence,
  tier: { readonly stack: string; readonly origin?: Origin },
): Problem[] {
  if (isOtherEngine(base, presence)) return [otherEngineProblem(base, presence, tier)];
  const there = new Set([...presence.containers, ...presence.networks].map(({ name }) => name));
  const needed = [...Object.values(base.networks), ...base.services.map(({ container }) => container)];
  const gone = needed.filter((name) => name !== undefined && !there.has(name));
  if (gone.length === 0) return [];
  return [
    {
      what: `Of base, which this tier stands on, ${gone.join(", ")} ${gone.length === 1 ? "is" : "are"} not on the engine any more.`,
      why: "Base makes again what is gone.",
      type: upCommand(base.stack),
    },
  ];
}
