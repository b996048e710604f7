import type Docker from "dockerode";
import { endpointsOf } from "../../host/engine/docker/network";
import { addressIn, parseBlock } from "../../util/ipv4";

/** Addresses of a network, as an engine reports them. */
export interface IpamPool {
  readonly Gateway?: string;
  /** As `172.17.0.0/16`. */
  readonly Subnet?: string;
}

/** Status with which the engine refuses to remove a network that something is connected to. */
const inUse = 403;

/** The engine keeps a network to which, as it says itself, nothing is connected; see `endpointsOf`. */
export class MiscountedNetwork extends Error {}

/**
 * Removes a network, which may already be gone, and disconnects what is still connected to it if necessary.
 * @throws MiscountedNetwork, or the engine's second refusal
 */
export async function removeNetwork(network: Docker.Network): Promise<void> {
  const refusal = await network.remove().then(() => undefined, unlessGone);
  if (refusal === undefined) return;
  // A failed disconnection shows in the second refusal.
  await Promise.allSettled(
    (await endpointsOf(network, refusal.message)).map((name) => network.disconnect({ Container: name, Force: true })),
  );
  const secondRefusal = await network.remove().then(() => undefined, unlessGone);
  if (secondRefusal === undefined) return;
  const remaining = await endpointsOf(network, secondRefusal.message);
  throw remaining.length > 0 ? secondRefusal : new MiscountedNetwork(secondRefusal.message);
}

function unlessGone(error: Error & { statusCode?: number }): Error | undefined {
  if (error.statusCode === 404) return undefined;
  if (error.statusCode === inUse) return error;
  throw error;
}

/** Returns the address of this machine that the engine's containers reach too, but no other machine. */
export async function hostAddress(docker: Docker): Promise<string> {
  const { IPAM: ipam } = await docker.getNetwork("bridge").inspect();
  const address = gatewayOf(ipam?.Config?.[0] ?? {});
  if (address === undefined) throw new Error("the engine's default network has no IPv4 subnet");
  return address;
}

/**
 * Returns a network's gateway: the reported one, else the first address of its subnet, which is Docker's default.
 * *Seen* on Docker 20.10: an engine reports the gateway of its default network only once it has been restarted. Pure.
 */
export function gatewayOf({ Gateway: named, Subnet: subnet }: IpamPool): string | undefined {
  const block = subnet === undefined ? undefined : parseBlock(subnet);
  return named ?? (block && addressIn(block, 1));
}
