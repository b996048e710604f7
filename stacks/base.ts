import type * as pulumi from "@pulumi/pulumi";
import { Base } from "../infra/base/base";
import { containerName } from "../infra/base/containerName";
import type { Settings } from "../infra/settings";
import { engineProvider } from "./engine";
import type { Host } from "./host";

/** What outlives every release. */
export async function baseStack(settings: Settings, host: Host): Promise<Record<string, pulumi.Output<unknown>>> {
  const install = settings.need("name");
  await host.enter(containerName(install, "gateway"));
  const base = new Base(settings, await host.stamps(install), { providers: [engineProvider(settings)] });
  return { platform: base.platform, sockets: base.sockets };
}
