import type { HandoverInputs } from "../host/install/resources";
import { folderOf } from "../host/backup/plan";
import { connect } from "../host/engine/connect";
import { isSet } from "../settings";
import type { Handler } from "./handler";
import { clearTier } from "./clearTier";
import { refuseOtherEngine } from "./otherEngine";
import { explainFailure } from "../host/handover/failed";
import type { Wanted } from "../host/install/facts";
import type { Order } from "../host/handover/order";
import { perform } from "../host/handover/perform";
import { MissingContainer, plan } from "../host/handover/plan";
import { readFacts, type Install } from "../host/install/readFacts";
import { stacksBeside } from "../host/install/names/stacks";

/** Handler of the resource Handover. */
export const handover: Handler<HandoverInputs> = {
  id: ({ install, tier }) => `${install}-${tier}`,

  // The same install may be brought up from another checkout, a limit alone changes nothing on the host, and an earlier
  // version did not remember the engine.
  incidental: ["projectFolder", "migrationTimeout", "engine", "carryFiles"],

  async differs(inputs) {
    const facts = await readFacts(connect(inputs.dockerHost), installOf(inputs));
    try {
      return plan(facts, wantedOf(inputs)).length > 0;
    } catch (error) {
      if (error instanceof MissingContainer) return true;
      throw error;
    }
  },

  async apply(inputs, { say, signal, lockAgain }) {
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
      migrationTimeout: inputs.migrationTimeout,
      caCertificate: inputs.caCertificate,
      soak: inputs.soak,
      carryFiles: inputs.carryFiles,
      backups: {
        plan: inputs.backups,
        folder: folderOf(inputs.backups, inputs.projectFolder),
        stacks: stacksBeside(inputs.stack, inputs.baseStack),
      },
    };
    try {
      await perform(engine, order, say, signal, undefined, lockAgain);
    } catch (error) {
      const now = await readFacts(engine, order.install).catch(() => undefined);
      throw new Error(explainFailure(error, now, inputs.stack, inputs.baseStack));
    }
  },

  /**
   * Refuses where the tier must stay. Pulumi deletes the Handover before the containers it depends on, so nothing has
   * been touched by then.
   */
  async remove(inputs, context) {
    const engine = connect(inputs.dockerHost);
    await refuseOtherEngine(engine, inputs);
    await clearTier(engine, installOf(inputs), inputs, context, isSet("allowDowntime"));
  },
};

function installOf(inputs: HandoverInputs): Install {
  return { name: inputs.install, gateway: inputs.gateway };
}

function wantedOf(inputs: HandoverInputs): Wanted {
  const { tier, release, containers, keepWarm, stack } = inputs;
  return { tier, release, containers, keepWarm, stack };
}
