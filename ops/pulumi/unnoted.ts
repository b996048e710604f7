import type Docker from "dockerode";
import { label } from "../../host/install/labels";
import type { Interrupted } from "./interrupted";

/**
 * Removes what a killed run made on the engine and did not note in its state: nothing would ever remove it, and a name of
 * base's would be in the way of the next run. Volumes stay, whatever they hold.
 * @returns the names of what was removed
 */
export async function removeUnnoted(docker: Docker, { unnoted, known }: Interrupted): Promise<string[]> {
  const ours = { label: [label.install] };
  const [containers, networks] = await Promise.all([docker.listContainers({ all: true, filters: ours }), docker.listNetworks({ filters: ours })]);
  const removed: string[] = [];
  for (const { kind, name } of unnoted) {
    const container = kind === "container" && containers.find(({ Id, Names }) => Names.includes(`/${name}`) && !known.has(Id));
    const network = kind === "network" && networks.find(({ Id, Name }) => Name === name && !known.has(Id));
    if (container) {
      await docker.getContainer(container.Id).stop().catch(unlessDone);
      await docker.getContainer(container.Id).remove().catch(unlessDone);
    } else if (network) {
      await docker.getNetwork(network.Id).remove().catch(unlessDone);
    } else continue;
    removed.push(name);
  }
  return removed;
}

/** Not running, being removed, or gone already. */
function unlessDone(error: { statusCode?: number }): void {
  if (![304, 404, 409].includes(error.statusCode ?? 0)) throw error;
}
