import type { BaseAddresses } from "../../host/install/network/addresses";
import { baseNetworksOf } from "../../host/install/drift/alteration";
import { replaceable, type ReplaceableService } from "../../host/install/services/bundled";
import type { BaseServiceArgs } from "./service";

/**
 * Returns the networks a service of base joins, with its name on the first, and the fixed address it has there. Pure.
 */
export function endpointsOf(
  service: ReplaceableService | "gateway",
  addresses: Partial<BaseAddresses>,
): BaseServiceArgs["networks"] {
  const name = service === "gateway" ? service : replaceable[service].host;
  return baseNetworksOf[service].map((network, at) => ({
    network,
    aliases: at === 0 ? [name] : [],
    address: network === "edge" ? undefined : addresses[network]?.fixed[service],
  }));
}
