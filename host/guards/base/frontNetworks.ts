import { settingFrom, withdrawCommands, type Origin } from "../../../settings";
import { dockerCreateNetwork, setCommand } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import type { Presence } from "../../install/presence";

/**
 * Returns a problem for each network the gateway is to answer on that is not on the engine: it could not be joined to
 * it. Pure.
 * @param names value of `frontNetworks`: names, separated by commas
 * @param stack base's
 */
export function missingFronts(
  names: string | undefined,
  origin: Origin | undefined,
  { allNetworks }: Pick<Presence, "allNetworks">,
  stack: string,
): Problem[] {
  const all = names?.split(",") ?? [];
  const missing = all.filter((name) => allNetworks !== undefined && !allNetworks.some((one) => one.name === name));
  if (missing.length === 0) return [];
  const left = all.filter((name) => !missing.includes(name));
  return [
    {
      what: `${settingFrom("frontNetworks", origin)} names ${missing.join(", ")}, which is no network of the engine: the gateway cannot answer there.`,
      why: "Take it out of the setting, or bring up what makes it, or create it:",
      type: [
        ...(left.length === 0
          ? withdrawCommands("frontNetworks", origin, stack)
          : [setCommand("frontNetworks", stack, { value: left.join(",") })]),
        ...missing.map(dockerCreateNetwork),
      ],
    },
  ];
}
