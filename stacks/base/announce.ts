import * as pulumi from "@pulumi/pulumi";
import { differs, type BaseNow } from "../../host/guards/base/baseNow";
import { keptCatcher } from "../../host/guards/base/baseRefusals";
import { alterations, describeAlterations } from "../../host/install/drift/alteration";
import { isMadeAnew, type CreationTimestamps } from "../../host/install/drift/creationTimestamps";
import { containerName } from "../../host/install/names/containerName";
import { label } from "../../host/install/names/labels";
import type { DeclareResult } from "../../infra/base/base";
import { upCommand } from "../../util/commands";
import { renderProblem } from "../../util/operatorError";
import { valueIfKnown } from "../known";
import type { BaseRun, Identity, Known } from "./run";

/** Warns of containers that another tool has changed and that are therefore recreated. */
export async function warnOfDrift(
  { install }: BaseRun,
  { presence }: Identity,
  drifted: readonly string[],
): Promise<void> {
  const altered = alterations(presence).filter(({ container }) => !(label.release in container.labels));
  const lines = [
    ...describeAlterations(altered),
    ...drifted.map(
      (service) =>
        `${containerName(install, service)} has another memory limit or restart policy than it is declared with: it is made anew.`,
    ),
  ];
  if (lines.length > 0) await pulumi.log.warn(lines.join("\n"));
}

/** Says what is still to be done where base keeps its mail catcher for a release that sends to it. */
export async function warnOfCatcher({ install, stack }: BaseRun, { declared, now }: Known): Promise<void> {
  const catcher = keptCatcher(declared, now);
  if (catcher === undefined) return;
  const problem = {
    what: `${containerName(install, "mail")} stays as long as ${catcher.senders} sends mail to it. The next release sends it to the mail server that is given now.`,
    why: "Once no release that runs sends to it any more, base gives it up, with the mails in it:",
    type: [upCommand(stack)],
  };
  await pulumi.log.warn(renderProblem(problem));
}

/**
 * Reports in a preview what Pulumi's own diff cannot show: what users of Scani will notice.
 * @param absent images that are not on the engine
 */
export async function announce(
  run: BaseRun,
  { held, ready, drifted }: DeclareResult,
  { identity, now }: Known,
  timestamps: CreationTimestamps,
  absent: readonly string[],
): Promise<void> {
  if (!pulumi.runtime.isDryRun()) return;
  if (absent.length > 0) await pulumi.log.info(`Brought onto the engine before anything else: ${absent.join(", ")}.`);
  const wanted = await valueIfKnown(held);
  // In a first preview secrets are yet to be generated, and nothing serves.
  if (wanted === undefined) return;
  const lines = await run.host.previewBase(wanted, {
    ...ready,
    replacesGateway: isGatewayReplaced(run, now, timestamps, drifted),
    remade: identity.strangeNetworks.map(({ network }) => network.name),
  });
  if (lines.length > 0) await pulumi.log.info(lines.join("\n"));
}

/** True where there is a gateway and another takes its place. Pure. */
function isGatewayReplaced(
  { settings }: BaseRun,
  { services: { gateway } }: BaseNow,
  timestamps: CreationTimestamps,
  drifted: readonly string[],
): boolean {
  const published = settings.publishGateway ? [`${settings.bindAddress}:${settings.FRONTEND_PORT}`] : [];
  return (
    gateway !== undefined &&
    (isMadeAnew(timestamps, "gateway") ||
      drifted.includes("gateway") ||
      differs(gateway, { image: settings.gatewayImage, published }))
  );
}
