import { Provider } from "@pulumi/docker/provider";
import { engineHost } from "../infra/engine/connect";
import type { Settings } from "../infra/settings";

/** Pulumi's Docker provider on the same engine as everything else here: it knows no Docker contexts by itself. */
export function engineProvider(settings: Settings): Provider {
  return new Provider("engine", { host: settings.text("dockerHost") ?? engineHost(process.env) });
}
