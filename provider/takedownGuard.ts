import { connect } from "../host/engine/connect";
import { isSet } from "../settings";
import { refuseTakedown } from "../host/guards/takedown";
import { readFacts } from "../host/install/readFacts";
import type { TakedownGuardInputs } from "../host/install/resources";
import type { Handler } from "./handler";
import { refuseOtherEngine } from "./otherEngine";

/** What Pulumi calls for the TakedownGuard, which only refuses. */
export const takedownGuard: Handler<TakedownGuardInputs> = {
  id: ({ install, tier }) => `${install}-${tier}`,

  // It refuses only, so what it goes by may change without anything being done.
  incidental: ["engine", "containers"],

  differs: () => Promise.resolve(false),

  apply: () => Promise.resolve(),

  async remove({ install, gateway, dockerHost, engine: home, containers = {}, tier }, stack) {
    const engine = connect(dockerHost);
    await refuseOtherEngine(engine, { install, engine: home, containers });
    refuseTakedown(await readFacts(engine, { name: install, gateway }), tier, stack, isSet("allowDowntime"));
  },
};
