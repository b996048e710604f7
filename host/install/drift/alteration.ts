import type { ContainerSummary, Labelled } from "../../engine/engine";
import { networkName, predefinedNetworks, type BaseNetwork } from "../network/addresses";
import { containerName } from "../names/containerName";
import { label } from "../names/labels";
import type { Presence } from "../presence";
import { isService, type Service } from "../services/release";

/** Networks each service of a release is on; `release` is the release's own. */
export const networksOf: Readonly<Record<Service, readonly (BaseNetwork | "release")[]>> = {
  migrate: ["data", "release"],
  "data-provider": ["data", "mail", "release"],
  api: ["data", "edge", "release"],
  worker: ["data", "release"],
  "frontend-app": ["edge", "release"],
};

/** Networks each service of base is on; on the first it has the name by which others reach it. */
export const baseNetworksOf: Readonly<Record<string, readonly BaseNetwork[]>> = {
  gateway: ["edge"],
  postgres: ["data"],
  redis: ["data"],
  // On the gateway's network too: browsers upload through it.
  storage: ["data", "edge"],
  mail: ["mail"],
};

/** Properties of a container that `docker update` changes. */
export interface Limits {
  /** Bytes; 0 for none. */
  readonly memory: number;
  /** As `docker run` spells it. */
  readonly restartPolicy: string;
}

/** A container that another tool has changed, and the change. */
export interface Alteration {
  readonly container: ContainerSummary;
  /** Ends a sentence that begins with the container's name. */
  readonly how: string;
}

/**
 * Finds containers of an install that were renamed, taken off a network, or have lost their name on one: nobody finds
 * them any more. If base has recreated one of its networks, containers of a release are connected to it again, and
 * those of base are recreated with it. A container on a network that is gone cannot be started again, whoever put it
 * there. Pure.
 */
export function alterations({
  containers,
  networks,
  allNetworks,
  unnamed = [],
}: Pick<Presence, "containers" | "networks" | "allNetworks" | "unnamed">): Alteration[] {
  return containers.flatMap((container) => {
    const isUnnamed = unnamed.includes(container.id);
    const how =
      howAltered(container, { networks, allNetworks }) ??
      (isUnnamed ? `has lost its name ${container.labels[label.service]} on its network` : undefined);
    return how === undefined ? [] : [{ container, how }];
  });
}

/** True on this network, and not on a removed one of the same name. Pure. */
export function isOn(networks: ContainerSummary["networks"], { id, name }: Pick<Labelled, "id" | "name">): boolean {
  const there = networks[name];
  return there !== undefined && (there.networkId ?? id) === id;
}

function howAltered(
  { name, labels, networks: on }: ContainerSummary,
  { networks, allNetworks }: Pick<Presence, "networks" | "allNetworks">,
): string | undefined {
  const [install, service, release] = [labels[label.install], labels[label.service] ?? "", labels[label.release]];
  if (install === undefined) return undefined;
  if (release !== undefined) {
    const roles = isService(service) ? networksOf[service] : [];
    const missing = networks.find(
      (network) =>
        !isOn(on, network) &&
        roles.some((role) =>
          role === "release" ? network.labels[label.release] === release : network.name === networkName(install, role),
        ),
    );
    return missing === undefined ? howStranded(on, allNetworks) : `was taken off the network ${missing.name}`;
  }
  const roles = baseNetworksOf[service];
  if (roles === undefined) return undefined;
  if (name !== containerName(install, service)) return `was ${containerName(install, service)}, and renamed`;
  for (const role of roles) {
    const network = networks.find((one) => one.name === networkName(install, role));
    if (network === undefined) return `was on the network ${networkName(install, role)}, which is gone`;
    if (!isOn(on, network)) return `was taken off the network ${network.name}`;
    // If Docker gives out only some of the addresses, each service of base has one of the others.
    if (role !== "edge" && (network.dynamic ?? []).length > 0 && on[network.name]?.address === undefined)
      return `has another address than its own on the network ${network.name}`;
  }
  return howStranded(on, allNetworks);
}

/**
 * Describes a network that is gone and that a container is still on. Docker looks its predefined networks up by name,
 * since `bridge` gets another id whenever the engine starts; an endpoint without an id it has yet to look up. Ends a
 * sentence that begins with the container's name; undefined where all its networks are there. Pure.
 */
export function howStranded(on: ContainerSummary["networks"], all: Presence["allNetworks"]): string | undefined {
  const gone = Object.entries(on).find(
    ([name, { networkId }]) =>
      all !== undefined &&
      networkId !== undefined &&
      !predefinedNetworks.includes(name) &&
      !all.some(({ id }) => id === networkId),
  );
  return gone && `was on the network ${gone[0]}, which is gone`;
}

/** Describes alterations for the operator, one line each. Pure. */
export function describeAlterations(altered: readonly Alteration[]): string[] {
  return altered.map(({ container: { name }, how }) => `${name} ${how}: it is made anew.`);
}
