import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/docker/provider";
import type { PulumiProvider } from "../host/engine/connection/pulumiProvider";

/** This module's own provider. */
class HostProvider extends pulumi.ProviderResource {
  constructor() {
    super("scani-host", "host", {});
  }
}

/**
 * Declares the providers of a stack, before all else: they touch nothing, and their plugins start while the program
 * reads the host. Pulumi would start this module's own only when its first resource comes, which is the last of a
 * stack. Docker's is on the same engine as everything else here.
 */
export function providersOf(docker: PulumiProvider): {
  engine: pulumi.ProviderResource;
  host: pulumi.ProviderResource;
} {
  return {
    engine: new Provider("engine", docker),
    host: new HostProvider(),
  };
}
