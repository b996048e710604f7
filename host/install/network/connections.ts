import type { Engine } from "../../engine/engine";
import { isOn } from "../drift/alteration";
import type { Connection } from "../resources";

/**
 * True when a container is on the network it is to answer on, by the names and at the address it is to have there; not
 * on a removed one of that name, whose endpoint a stopped container keeps and does not start with.
 */
export async function isConnected(
  engine: Engine,
  { container, network, names, address }: Connection,
): Promise<boolean> {
  const [there, networks] = await Promise.all([engine.inspect(container), engine.networks([])]);
  const endpoints = there?.endpoints ?? {};
  const found = endpoints[network];
  if (found === undefined || (address !== undefined && found.address !== address)) return false;
  if (!networks.some((one) => one.name === network && isOn(endpoints, one))) return false;
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
