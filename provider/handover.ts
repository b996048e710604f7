import type { HandoverInputs } from "../host/install/resources";
import { folderOf } from "../host/backup/plan";
import { connect } from "../host/engine/connect";
import { isSet, howToSet } from "../settings";
import type { Handler } from "./handler";
import { explainFailure } from "../host/handover/failed";
import { serving, servingApi, type Wanted } from "../host/install/live";
import { perform, type Order } from "../host/handover/perform";
import { MissingContainer, plan } from "../host/handover/plan";
import { survey, type Install } from "../host/install/survey";

/** What Pulumi calls for the Handover. */
export const handover: Handler<HandoverInputs> = {
  id: ({ install, tier }) => `${install}-${tier}`,

  // The same install may be brought up from another checkout.
  incidental: ["projectFolder"],

  async differs(inputs) {
    const live = await survey(connect(inputs.dockerHost), installOf(inputs));
    try {
      return plan(live, wantedOf(inputs)).length > 0;
    } catch (error) {
      if (error instanceof MissingContainer) return true;
      throw error;
    }
  },

  async apply(inputs, { say, signal }) {
    const engine = connect(inputs.dockerHost);
    const order: Order = {
      install: installOf(inputs),
      wanted: wantedOf(inputs),
      stack: inputs.stack,
      baseStack: inputs.baseStack,
      ownBucket: inputs.ownBucket,
      minimumFreeDisk: inputs.minimumFreeDisk,
      readyTimeout: inputs.readyTimeout,
      drainTimeout: inputs.drainTimeout,
      caCertificate: inputs.caCertificate,
      soak: inputs.soak,
      backups: { plan: inputs.backups, folder: folderOf(inputs.backups, inputs.projectFolder) },
    };
    try {
      await perform(engine, order, say, signal);
    } catch (error) {
      throw new Error(explainFailure(error, serving(await survey(engine, order.install))));
    }
  },

  /** Pulumi deletes the Handover before the containers it depends on, so nothing has been touched by then. */
  async remove(inputs) {
    if (isSet("allowDowntime")) return;
    const api = servingApi(await survey(connect(inputs.dockerHost), installOf(inputs)));
    if (api === undefined || api.id !== inputs.containers.api) return;
    throw new Error(
      [
        `${inputs.tier} serves; destroying it would take Scani down. Nothing has been touched.`,
        `Switch to the other tier first (npm run up -- ${inputs.tier === "tier1" ? "tier2" : "tier1"}), or, to take Scani down on purpose, ${howToSet("allowDowntime")}.`,
      ].join("\n"),
    );
  },
};

function installOf(inputs: HandoverInputs): Install {
  return { name: inputs.install, gateway: inputs.gateway };
}

function wantedOf(inputs: HandoverInputs): Wanted {
  return { tier: inputs.tier, release: inputs.release, containers: inputs.containers, keepWarm: inputs.keepWarm };
}
