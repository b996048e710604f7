import * as pulumi from "@pulumi/pulumi";
import { label } from "../../host/install/names/labels";
import { refuseMissingImages } from "./refuse";
import type { BaseRun, Identity } from "./run";

/* Changes to the engine before Pulumi does anything. A preview makes none of them, and reports what they would be. */

/**
 * Brings images onto the engine beforehand: Pulumi removes a service before it creates its successor, and a pull may
 * take minutes, or fail.
 */
export async function bringImages(run: BaseRun, absent: readonly string[]): Promise<void> {
  if (absent.length === 0 || pulumi.runtime.isDryRun()) return;
  await pulumi.log.info(`Bringing onto the engine: ${absent.join(", ")}.`);
  refuseMissingImages(run, await run.host.bring(absent));
}

/**
 * Makes room for base's own where something that Pulumi does not know has their names: another tool has recreated it,
 * or a killed run could not record it.
 * @returns ids of the containers to remove once requests are held, which are all but the gateway
 */
export async function clearCopies({ host }: BaseRun, { unknown, strangeNetworks }: Identity): Promise<string[]> {
  const { copies, strays } = unknown;
  const gateways = copies.filter(({ labels }) => labels[label.service] === "gateway");
  // Networks in use have been refused.
  const networks = strangeNetworks.map(({ network }) => network);
  const lines = [
    ...[...copies, ...networks].map(
      ({ name }) =>
        `${name} is not the one Pulumi made: another tool has made it anew, or a run that was killed. It is removed, and made again as declared; its data stays.`,
    ),
    ...(gateways.length > 0 ? ["Nobody is let in from then until the gateway is made again: for some seconds."] : []),
    ...strays.map(
      ({ name, labels }) =>
        `${name} has the labels of base's ${labels[label.service]} and is not it, as a container of an image that docker commit has made: it is left alone.`,
    ),
  ];
  if (lines.length > 0) await pulumi.log.warn(lines.join("\n"));
  if (!pulumi.runtime.isDryRun()) {
    await host.removeContainers(gateways.map(({ id }) => id));
    await host.removeNetworks(networks.map(({ id }) => id));
  }
  return copies.filter((one) => !gateways.includes(one)).map(({ id }) => id);
}

/** Recreates lost volumes: Pulumi believes that protected volumes exist, and would not replace them. */
export async function makeLostVolumes({ host, install }: BaseRun, { remembered, former }: Identity): Promise<void> {
  const lost = (remembered?.services ?? []).flatMap(({ service, volume }) =>
    volume !== undefined && former.missingVolumes.includes(volume) ? [{ service, volume }] : [],
  );
  if (lost.length === 0 || remembered?.install !== install) return;
  await pulumi.log.warn(`Gone and made anew, empty: volume ${lost.map(({ volume }) => volume).join(", volume ")}.`);
  if (!pulumi.runtime.isDryRun()) await host.makeVolumes(install, lost);
}
