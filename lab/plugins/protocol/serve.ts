import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { servesEngine } from "./process";
import type { Plugin } from "./resource";
import { service } from "./service";

/** Serves a plugin to the engine that started this process, until that engine is gone. */
export function serve(plugin: Plugin): Promise<void> {
  return servesEngine(plugin.name, (announce) => ({
    definition: ResourceProviderService,
    implementation: service(plugin, announce),
  }));
}
