import type * as pulumi from "@pulumi/pulumi";
import { Base } from "../infra/base/base";
import type { Settings } from "../infra/settings";
import { engineProvider } from "./engine";

/** What outlives every release. */
export function baseStack(settings: Settings): Record<string, pulumi.Output<unknown>> {
  const base = new Base(settings, { providers: [engineProvider(settings)] });
  return { platform: base.platform, sockets: base.sockets };
}
