import type { Origin } from "../../../settings";
import { upCommand } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import type { BaseOutputs } from "../../install/platform";
import type { Presence } from "../../install/presence";
import { alterations } from "../../install/drift/alteration";
import { isLost } from "../../install/facts";
import { isOtherEngine, otherEngineProblem } from "../identityRefusals";

/**
 * Returns why a tier must not be brought up on a base that is incomplete on this engine, or does not run: its
 * containers would be made and could not start. Pure.
 * @param tier its stack, and where its engine was named
 * @param nameless containers that are not found by their names
 */
export function baseGaps(
  base: BaseOutputs,
  presence: Presence,
  tier: { readonly stack: string; readonly origin?: Origin },
  nameless: readonly string[],
): Problem[] {
  if (isOtherEngine(base, presence)) return [otherEngineProblem(base, presence, tier)];
  const there = new Set([...presence.containers, ...presence.networks].map(({ name }) => name));
  const needed = [...Object.values(base.networks), ...base.services.map(({ container }) => container)];
  const gone = needed.filter((name) => name !== undefined && !there.has(name));
  const altered = alterations(presence).filter(({ container }) => needed.includes(container.name));
  // The gateway is started by the tier's own `up`.
  const down = presence.containers.filter(
    (one) => one.name !== base.gateway && needed.includes(one.name) && (isLost(one) || stopped.includes(one.state)),
  );
  const wrong = [
    ...(gone.length === 0 ? [] : [`${gone.join(", ")} ${gone.length === 1 ? "is" : "are"} not on the engine any more`]),
    ...altered.map(({ container, how }) => `${container.name} ${how}`),
    ...down.map(({ name, state }) => `${name} is ${state}`),
    ...nameless.filter((name) => needed.includes(name)).map((name) => `${name} is not found by its name`),
  ];
  if (wrong.length === 0) return [];
  return [
    {
      what: `Base, on which this tier stands, is not whole: ${wrong.join("; ")}.`,
      why: "Base makes again what is gone, starts what does not run, and joins the networks again whose names are lost.",
      type: upCommand(base.stack),
    },
  ];
}

/** States from which a container does not come back by itself. */
const stopped: readonly string[] = ["created", "paused", "exited"];
