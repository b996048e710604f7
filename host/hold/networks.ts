import type { Engine } from "../engine/engine";
import { networkName } from "../install/network/addresses";
import { isOn, networksOf } from "../install/drift/alteration";
import { isLost, type ReleaseContainer } from "../install/facts";
import { label } from "../install/names/labels";
import { namesOwn } from "../install/services/bundled";
import { environmentIn } from "../install/services/environment";

/**
 * Connects containers of releases, except copies and lost ones, to their networks of base.
 * @returns containers that were not on them
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
  // Docker connects no lost container to a network, and it needs none: only a new one can be started.
  for (const container of containers.filter((one) => one.copy !== true && !isLost(one))) {
    const on = listed.find(({ id }) => id === container.id)?.networks ?? {};
    const names = await networksOfBase(engine, install, container);
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

/**
 * Returns those of these containers that were started before one of their networks of base was created; a page before
 * one of its api, which was restarted since.
 */
export async function startedBeforeNetworks(
  engine: Engine,
  install: string,
  containers: readonly ReleaseContainer[],
): Promise<ReleaseContainer[]> {
  const networks = await engine.networks([]);
  const found = await Promise.all(
    containers.map(async (container) => {
      const startedAt = Date.parse((await engine.inspect(container.id))?.startedAt ?? "");
      const { id, service } = container;
      const names = await networksOfBase(engine, install, {
        id,
        service: service === "frontend-app" ? "api" : service,
      });
      return networks.some(({ name, created }) => names.includes(name) && startedAt < Date.parse(created))
        ? [container]
        : [];
    }),
  );
  return found.flat();
}

/**
 * Returns the names of the networks of base that a container of a release belongs on: on the mail network only one that
 * sends to the catcher, which base may have kept for another release and be about to give up.
 */
async function networksOfBase(
  engine: Engine,
  install: string,
  { id, service }: Pick<ReleaseContainer, "id" | "service">,
): Promise<string[]> {
  const roles = networksOf[service].filter((role) => role !== "release");
  const environment = roles.includes("mail") ? ((await engine.inspect(id))?.environment ?? []) : [];
  const sendsToCatcher = namesOwn(environmentIn(environment), "mail");
  return roles.filter((role) => role !== "mail" || sendsToCatcher).map((role) => networkName(install, role));
}
