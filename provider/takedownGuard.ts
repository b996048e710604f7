import { connect } from "../host/engine/connect";
import { isSet } from "../settings";
import { refuseWhatServes } from "../host/guards/takedown";
import { readFacts } from "../host/install/readFacts";
import type { TakedownGuardInputs } from "../host/install/resources";
import type { Handler } from "./handler";

/** What Pulumi calls for the TakedownGuard, which only refuses. */
export const takedownGuard: Handler<TakedownGuardInputs> = {
  id: ({ install, tier }) => `${install}-${tier}`,

  differs: () => Promise.resolve(false),

  apply: () => Promise.resolve(),

  async remove({ install, gateway, dockerHost, tier }) {
    if (isSet("allowDowntime")) return;
    refuseWhatServes(await readFacts(connect(dockerHost), { name: install, gateway }), tier);
  },
};
