import * as pulumi from "@pulumi/pulumi";
import { Handover } from "../infra/handover/handover";
import { Release } from "../infra/release/release";
import type { Service } from "../infra/release/services";
import type { Settings, Tier } from "../infra/settings";
import { engineProvider } from "./engine";
import type { Host } from "./host";
import { baseStackName, referToBase, type BaseReference } from "./reference";

/** One release of Scani, and the Handover that decides whether it serves. */
export async function tierStack(settings: Settings, tier: Tier, host: Host): Promise<Record<string, pulumi.Output<unknown>>> {
  const base = await referToBase(settings.text("baseStack") ?? baseStackName(pulumi.getStack(), tier));
  await host.enter(base.gateway);
  const provider = engineProvider(settings);
  const release = new Release(`scani-${tier}`, { tier, settings, ...base, stamps: host.stamps }, { providers: [provider] });
  new Handover(`scani-${tier}-handover`, { tier, settings, sockets: base.sockets, release, projectFolder: pulumi.getRootDirectory() });
  if (pulumi.runtime.isDryRun()) await announce(host, settings, tier, base, release);
  return {
    tier: pulumi.output(tier),
    release: release.id,
    images: pulumi.output(release.images),
    address: base.sockets.address,
  };
}

/** Ids of the containers that stay: in a preview, one that is to be made or replaced has none yet. */
async function knownIds(release: Release): Promise<Partial<Record<Service, string>>> {
  const ids = await Promise.all(Object.entries(release.containers).map(async ([service, { id }]) => [service, await valueIfKnown(id)] as const));
  return Object.fromEntries(ids.filter(([, id]) => id !== undefined));
}

/** An output's value, or undefined where a preview cannot know it. */
async function valueIfKnown<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const { isKnown } = output as unknown as { isKnown: Promise<boolean> };
  return await isKnown ? new Promise((resolve) => { output.apply(resolve); }) : undefined;
}

/** Says in a preview what Pulumi's own diff cannot know: which tier serves now, and what becomes of it. */
async function announce(host: Host, settings: Settings, tier: Tier, base: BaseReference, release: Release): Promise<void> {
  const containers = await knownIds(release);
  const text = pulumi.unsecret(pulumi.all([base.sockets, release.id, release.environment]).apply(async ([sockets, id, environment]) =>
    host.outlook(sockets, { tier, release: id, keepWarm: settings.flag("keepWarm"), images: release.images, environment, containers })));
  text.apply((lines) => pulumi.log.info(lines));
}
