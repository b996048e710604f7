import type { Engine } from "../../engine/engine";
import type { Connection } from "../resources";

/** True when a container is on the network it is to answer on, by the names and at the address it is to have there. */
export async function isConnected(
  engine: Engine,
  { container, network, names, address }: Connection,
): Promise<boolean> {
  const found = (await engine.inspect(container))?.endpoints[network];
  if (found === undefined || (address !== undefined && found.address !== address)) return false;
  return names.every((name) => found.names?.includes(name));
}

/**
 * Connects containers to the networks they are to answer on; leaves those as they are that do. One that is there
 * otherwise, as after a plain `docker network connect`, is disconnected first: Docker changes no endpoint.
 */
export async function connectAll(engine: Engine, connections: readonly Connection[]): Promise<void> {
  for (const connection of connections) {
    if (await isConnected(engine, connection)) continue;
    const { container, network, names, address } = connection;
    await engine.disconnectNetwork(network, container);
    await engine.connectNetwork(network, container, { names, address });
  }
}
