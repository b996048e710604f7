import { connect } from "../host/engine/connect";
import { isSet } from "../settings";
import type { TakedownGuardInputs } from "../host/install/resources";
import type { Handler } from "./handler";
import { clearTier } from "./clearTier";
import { refuseOtherEngine } from "./otherEngine";

/** Handler of the resource TakedownGuard, the last to refuse before containers go, also where there is no Handover. */
export const takedownGuard: Handler<TakedownGuardInputs> = {
  id: ({ install, tier }) => `${install}-${tier}`,

  // The guard makes nothing, so a change of these needs no update.
  incidental: ["engine", "containers"],

  differs: () => Promise.resolve(false),

  apply: () => Promise.resolve(),

  async remove({ install, gateway, dockerHost, engine: home, containers = {}, tier }, context) {
    const engine = connect(dockerHost);
    await refuseOtherEngine(engine, { install, engine: home, containers });
    await clearTier(engine, { name: install, gateway }, { tier, containers }, context, isSet("allowDowntime"));
  },
};
