import type { Engine } from "../../engine/engine";
import type { Connection } from "../resources";

/** True when a container is on the network it is to answer on. */
export async function isConnected(engine: Engine, { container, network }: Connection): Promise<boolean> {
  return (await engine.inspect(container))?.networks.includes(network) ?? false;
}

/** Connects containers to the networks they are to answer on; leaves connected ones as they are. */
export async function connectAll(engine: Engine, connections: readonly Connection[]): Promise<void> {
  for (const connection of connections)
    if (!(await isConnected(engine, connection)))
      await engine.connectNetwork(connection.network, connection.container, {
        names: connection.names,
        address: connection.address,
      });
}
