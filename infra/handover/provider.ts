import { connect } from "../engine/connect";
import { allowsDowntime, downtimeHint } from "../engine/downtime";
import type { Service } from "../release/services";
import type { Tier } from "../settings";
import { serving, servingApi } from "./live";
import { MissingContainer, plan, type Wanted } from "./plan";
import { explainFailure, perform, type Order } from "./perform";
import { survey, type Install } from "./survey";

/**
 * What Pulumi calls for the Handover resource. It runs in Pulumi's provider process, loaded by path at every call (see
 * handover.ts), so that changed code is never a change of the resource.
 */

/** The resource's inputs, as they reach the provider. Times in seconds. No secrets. */
export interface HandoverInputs {
  readonly install: string;
  readonly gateway: string;
  readonly dockerHost?: string;
  readonly tier: Tier;
  readonly release: string;
  /** Container ids by service: they order the Handover after its containers. */
  readonly containers: Readonly<Partial<Record<Service, string>>>;
  readonly keepWarm: boolean;
  readonly readyTimeout: number;
  readonly drainTimeout: number;
  readonly workerSettle: number;
}

function installOf(inputs: HandoverInputs): Install {
  return { name: inputs.install, gateway: inputs.gateway };
}

function wantedOf(inputs: HandoverInputs): Wanted {
  return { tier: inputs.tier, release: inputs.release, containers: inputs.containers, keepWarm: inputs.keepWarm };
}

/** Reads the engine, not the state: there is something to do when the host is not as this release wants it. */
export async function differs(inputs: HandoverInputs): Promise<boolean> {
  const live = await survey(connect(inputs.dockerHost), installOf(inputs));
  try {
    return plan(live, wantedOf(inputs)).length > 0;
  } catch (error) {
    if (error instanceof MissingContainer) return true;
    throw error;
  }
}

/** Hands over. Prints its progress to standard output, which Pulumi shows as it comes. */
export async function handOver(inputs: HandoverInputs): Promise<void> {
  const docker = connect(inputs.dockerHost);
  const order: Order = {
    install: installOf(inputs),
    wanted: wantedOf(inputs),
    readyTimeout: inputs.readyTimeout,
    drainTimeout: inputs.drainTimeout,
    workerSettle: inputs.workerSettle,
  };
  try {
    await perform(docker, order, (line) => console.log(line));
  } catch (error) {
    const now = serving(await survey(docker, order.install));
    throw new Error(explainFailure(error, now && `${now.tier} (${now.release})`));
  }
}

/** Refuses to let a serving release go: Pulumi deletes the Handover first, so nothing has been touched by then. */
export async function refuseWhileServing(inputs: HandoverInputs): Promise<void> {
  if (allowsDowntime()) return;
  const api = servingApi(await survey(connect(inputs.dockerHost), installOf(inputs)));
  if (api === undefined || api.id !== inputs.containers.api) return;
  throw new Error([
    `${inputs.tier} serves; destroying it would take Scani down. Nothing has been touched.`,
    `Switch to the other tier first (npm run up -- ${inputs.tier === "tier1" ? "tier2" : "tier1"}), or, ${downtimeHint}.`,
  ].join("\n"));
}
