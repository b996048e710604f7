import { folderOf, type BackupPlan } from "../backup/plan";
import { connect } from "../engine/connect";
import { allowsDowntime, downtimeHint } from "../engine/downtime";
import type { Handler } from "../provider/handler";
import type { Service } from "../release/services";
import type { Tier } from "../settings";
import { explainFailure } from "./failed";
import { serving, servingApi } from "./live";
import { perform, type Order } from "./perform";
import { MissingContainer, plan, type Wanted } from "./plan";
import { survey, type Install } from "./survey";

/** The Handover's inputs, as they reach the provider. Times in seconds. No secrets. */
export interface HandoverInputs {
  readonly install: string;
  readonly gateway: string;
  readonly dockerHost?: string;
  /** Name of the Pulumi stack and of base's, for the commands in messages. */
  readonly stack: string;
  readonly baseStack: string;
  /** True where base has an S3 server of its own. */
  readonly ownBucket: boolean;
  readonly tier: Tier;
  readonly release: string;
  /** Container ids by service. */
  readonly containers: Readonly<Partial<Record<Service, string>>>;
  readonly keepWarm: boolean;
  readonly readyTimeout: number;
  readonly drainTimeout: number;
  /** Certificate of a private authority, PEM; not a secret. */
  readonly caCertificate?: string;
  readonly soak: number;
  /** MiB. */
  readonly minimumFreeDisk: number;
  readonly backups: BackupPlan;
  /** Folder with Pulumi.yaml on the machine this runs on. */
  readonly projectFolder: string;
}

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
    const docker = connect(inputs.dockerHost);
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
      await perform(docker, order, say, signal);
    } catch (error) {
      throw new Error(explainFailure(error, serving(await survey(docker, order.install))));
    }
  },

  /** Pulumi deletes the Handover before the containers it depends on, so nothing has been touched by then. */
  async remove(inputs) {
    if (allowsDowntime()) return;
    const api = servingApi(await survey(connect(inputs.dockerHost), installOf(inputs)));
    if (api === undefined || api.id !== inputs.containers.api) return;
    throw new Error([
      `${inputs.tier} serves; destroying it would take Scani down. Nothing has been touched.`,
      `Switch to the other tier first (npm run up -- ${inputs.tier === "tier1" ? "tier2" : "tier1"}), or, ${downtimeHint}.`,
    ].join("\n"));
  },
};

function installOf(inputs: HandoverInputs): Install {
  return { name: inputs.install, gateway: inputs.gateway };
}

function wantedOf(inputs: HandoverInputs): Wanted {
  return { tier: inputs.tier, release: inputs.release, containers: inputs.containers, keepWarm: inputs.keepWarm };
}
