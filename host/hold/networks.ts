import type { Engine } from "../engine/engine";
import { networkName } from "../install/addresses";
import { networksOf } from "../install/alteration";
import type { ReleaseContainer } from "../install/facts";

/** Puts containers of releases on the networks of base they belong to. @returns those that were not on them */
export async function joinNetworks(
  engine: Engine,
  install: string,
  containers: readonly ReleaseContainer[],
): Promise<ReleaseContainer[]> {
  const there = new Set((await engine.networks([])).map(({ name }) => name));
  const joined: ReleaseContainer[] = [];
  for (const container of containers) {
    const on = (await engine.inspect(container.id))?.networks ?? [];
    const lacks = networksOf[container.service]
      .flatMap((role) => (role === "release" ? [] : [networkName(install, role)]))
      .filter((name) => there.has(name) && !on.includes(name));
    for (const network of lacks) await engine.connectNetwork(network, container.id);
    if (lacks.length > 0) joined.push(container);
  }
  return joined;
}
