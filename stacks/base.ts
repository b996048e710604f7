import type * as pulumi from "@pulumi/pulumi";
import { Base } from "../infra/base/base";
import type { Settings } from "../infra/settings";
import { engineProvider } from "./engine";
import type { Host } from "./host";

/** What outlives every release. */
export async function baseStack(settings: Settings, host: Host): Promise<Record<string, pulumi.Output<unknown>>> {
  const base = new Base(settings, await host.stamps(settings.need("name")), { providers: [engineProvider(settings)] });
  return { platform: base.platform, sockets: base.sockets };
}
