import * as pulumi from "@pulumi/pulumi";
import { connect } from "../infra/engine/connect";
import { explain } from "../infra/handover/explain";
import { Handover } from "../infra/handover/handover";
import { lookAhead } from "../infra/handover/outlook";
import { Release } from "../infra/release/release";
import type { Settings, Tier } from "../infra/settings";
import { engineProvider } from "./engine";
import { baseStackName, referToBase, type BaseReference } from "./reference";

/** One release of Scani, and the Handover that decides whether it serves. */
export async function tierStack(settings: Settings, tier: Tier): Promise<Record<string, pulumi.Output<unknown>>> {
  const base = await referToBase(settings.text("baseStack") ?? baseStackName(pulumi.getStack(), tier));
  const provider = engineProvider(settings);
  const release = new Release(`scani-${tier}`, { tier, settings, ...base }, { providers: [provider] });
  new Handover(`scani-${tier}-handover`, { tier, settings, sockets: base.sockets, release });
  if (pulumi.runtime.isDryRun()) await announce(settings, tier, base, release);
  return {
    tier: pulumi.output(tier),
    release: release.id,
    images: pulumi.output(release.images),
    address: base.sockets.address,
  };
}

/** Says in a preview what Pulumi's own diff cannot know: which tier serves now, and what becomes of it. */
async function announce(settings: Settings, tier: Tier, base: BaseReference, release: Release): Promise<void> {
  const text = pulumi.unsecret(pulumi.all([base.sockets, release.id, release.environment]).apply(async ([sockets, id, environment]) =>
    explain(await lookAhead(connect(settings.text("dockerHost")), sockets, {
      tier, release: id, keepWarm: settings.flag("keepWarm"), images: release.images, environment,
    }))));
  text.apply((lines) => pulumi.log.info(lines));
}
