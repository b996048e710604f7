import type Docker from "dockerode";
import { endpointsNamed } from "../refusal";

/**
 * Reads the names of what is connected to a network, from its list and from the refusal to remove it. None where the
 * engine has miscounted: *seen* on Docker 20.10, which counts a container that is gone (moby issue 42119) until it is
 * restarted.
 */
export async function endpointsOf(network: Docker.Network, refusal: string): Promise<string[]> {
  const { Containers: connected } = (await network.inspect()) as { Containers?: Record<string, { Name: string }> };
  return [...new Set([...Object.values(connected ?? {}).map(({ Name }) => Name), ...endpointsNamed(refusal)])];
}
