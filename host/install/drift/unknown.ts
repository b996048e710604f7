import type { ContainerSummary, Engine, NetworkSummary } from "../../engine/engine";
import { baseNetworkNames } from "../network/addresses";
import { baseServices } from "../services/bundled";
import { containerName, hasBaseName, isOfBase, isReleaseName } from "../names/containerName";
import { isOf, isRouted, isUp, type ReleaseContainer, type RoutedContainers } from "../facts";
import { label } from "../names/labels";
import type { Presence } from "../presence";
import type { Tier } from "../../../settings";

/** Containers with base's labels that Pulumi's state does not hold. */
export interface UnknownContainers {
  /**
   * Under base's own names: another tool has recreated them, or a killed run has created them and not recorded it. They
   * are in the way of base's own.
   */
  readonly copies: readonly ContainerSummary[];
  /** Under other names: somebody's own, from an image `docker commit` made of one of base's, which keeps labels. */
  readonly strays: readonly ContainerSummary[];
}

/** Sorts containers with base's labels that are not Pulumi's. Pure. @param known ids of everything in Pulumi's state */
export function unknownContainers(
  { containers }: Pick<Presence, "containers">,
  known: ReadonlySet<string>,
): UnknownContainers {
  const unknown = containers.filter((one) => isOfBase(one) && !known.has(one.id));
  return { copies: unknown.filter(hasBaseName), strays: unknown.filter((one) => !hasBaseName(one)) };
}

/**
 * Finds containers of a tier's releases that Pulumi's state does not hold: a killed run leaves one it has just created,
 * and one that another tool recreated stays when Pulumi's own has taken its place. Nothing would ever remove them, and
 * base counts them as releases it carries. Leaves out any that is routed or up, or whose release has one that is,
 * unless Pulumi has a container for the same service; one whose name Pulumi does not give is somebody's own. Pure.
 * @param known ids of everything in the state of the tier's stack
 */
export function orphansOf(routed: RoutedContainers, tier: Tier, known: ReadonlySet<string>): ReleaseContainer[] {
  const isInUse = (one: ReleaseContainer): boolean => isRouted(routed, one) || isUp(one);
  const isReplaced = (one: ReleaseContainer): boolean =>
    routed.containers.some((other) => known.has(other.id) && other.service === one.service && isOf(other, one));
  return unknownOf(routed.containers, tier, known).filter(
    (one) =>
      !isInUse(one) && (isReplaced(one) || !routed.containers.some((other) => isOf(other, one) && isInUse(other))),
  );
}

/** Returns the containers of a tier's releases under names that Pulumi gives, without the known ones. Pure. */
export function unknownOf(
  containers: readonly ReleaseContainer[],
  tier: Tier,
  known: ReadonlySet<string>,
): ReleaseContainer[] {
  return containers.filter((one) => one.tier === tier && !known.has(one.id) && isReleaseName(one.name, one.service));
}

/**
 * Finds containers with the labels of a tier's releases that Pulumi's state does not hold and no killed run made:
 * somebody's own. Pure.
 * @param known ids of everything in the state of the tier's stack
 */
export function releaseStrays(
  { containers }: Pick<Presence, "containers">,
  tier: Tier,
  known: ReadonlySet<string>,
): ContainerSummary[] {
  return containers.filter(
    ({ id, name, labels }) =>
      label.release in labels &&
      labels[label.tier] === tier &&
      !known.has(id) &&
      !isReleaseName(name, labels[label.service] ?? ""),
  );
}

/** Containers and networks on an engine under names of base's, whoever made them. */
export interface Namesakes {
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly NamedNetwork[];
}

/** A network, and the names of the running containers on it: Docker does not remove a network that has any. */
export interface NamedNetwork {
  readonly network: NetworkSummary;
  readonly users: readonly string[];
}

/** Reads the containers and networks that have one of base's names. Docker gives each name once. */
export async function readNamesakes(engine: Engine, install: string): Promise<Namesakes> {
  const [containers, networks] = await Promise.all([engine.containers({ all: true }), engine.networks([])]);
  const names = baseServices.map((service) => containerName(install, service));
  const ofNetworks = baseNetworkNames(install);
  return {
    containers: containers.filter(({ name }) => names.includes(name)),
    networks: networks
      .filter(({ name }) => ofNetworks.includes(name))
      .map((network) => ({ network, users: usersOf(network, containers) })),
  };
}

function usersOf({ id, name }: NetworkSummary, containers: readonly ContainerSummary[]): string[] {
  return containers
    .filter(({ state, networks }) => isUp({ state }) && networks[name]?.networkId === id)
    .map((one) => one.name);
}

/** Returns the networks of an install's base that Pulumi's state does not hold. Pure. */
export function unknownNetworks({ networks }: Namesakes, install: string, known: ReadonlySet<string>): NamedNetwork[] {
  return networks.filter(({ network }) => network.labels[label.install] === install && !known.has(network.id));
}
