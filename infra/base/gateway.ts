import type { BaseContext } from "./context";
import { proxyCommand, proxyHealth } from "../../host/gateway/deploy";
import { gatewayStatePath } from "../../host/gateway/state";
import { endpointsOf } from "./endpoints";
import type { BaseServiceArgs } from "./service";

/** Describes the gateway, the one container that publishes a port to the network. */
export function gateway({ settings, timestamps, addresses }: BaseContext): BaseServiceArgs {
  return {
    install: settings.name,
    timestamps,
    image: settings.gatewayImage,
    networks: endpointsOf("gateway", addresses),
    environment: {},
    // Port 80 without a capability: Docker lets any user bind low ports inside a container's own network.
    command: proxyCommand,
    health: proxyHealth,
    memory: 256,
    stopSeconds: 30,
    tmpfs: ["/tmp"],
    ports: settings.publishGateway
      ? [{ internal: 80, external: settings.FRONTEND_PORT, ip: settings.bindAddress, protocol: "tcp" }]
      : undefined,
    runs: settings.portHolder === undefined ? "always" : "handover",
    dataPath: gatewayStatePath,
    protect: settings.protectData,
  };
}
