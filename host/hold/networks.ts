import type { Engine } from "../engine/engine";
import { networkName } from "../install/network/addresses";
import { isOn, networksOf } from "../install/drift/alteration";
import type { ReleaseContainer } from "../install/facts";
import { label } from "../install/names/labels";

/**
 * Connects containers of releases, except copies, to their networks of base. @returns containers that were not on them
 */
export async function joinNetworks(
  engine: Engine,
  install: string,
  containers: readonly ReleaseContainer[],
): Promise<ReleaseContainer[]> {
  const [networks, listed] = await Promise.all([
    engine.networks([]),
    engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true }),
  ]);
  const joined: ReleaseContainer[] = [];
  for (const container of containers.filter(({ copy }) => copy !== true)) {
    const on = listed.find(({ id }) => id === container.id)?.networks ?? {};
    const names = networksOf[container.service].flatMap((role) =>
      role === "release" ? [] : networkName(install, role),
    );
    const lacks = networks.filter((network) => names.includes(network.name) && !isOn(on, network));
    for (const { name } of lacks) {
      // A container that was stopped while its network was removed still has the old one.
      if (name in on) await engine.disconnectNetwork(name, container.id);
      await engine.connectNetwork(name, container.id);
    }
    if (lacks.length > 0) joined.push(container);
  }
  return joined;
}
