import type * as pulumi from "@pulumi/pulumi";
import { Base } from "../infra/base/base";
import { readStamps } from "../infra/container/stamps";
import { connect } from "../infra/engine/connect";
import type { Settings } from "../infra/settings";
import { engineProvider } from "./engine";

/** What outlives every release. */
export async function baseStack(settings: Settings): Promise<Record<string, pulumi.Output<unknown>>> {
  const stamps = await readStamps(connect(settings.text("dockerHost")), settings.need("name"));
  const base = new Base(settings, stamps, { providers: [engineProvider(settings)] });
  return { platform: base.platform, sockets: base.sockets };
}
