import type { ContainerSummary, Engine, NetworkSummary } from "../../engine/engine";
import { baseNetworkNames } from "../network/addresses";
import { baseServices } from "../services/bundled";
import { containerName, hasBaseName, isOfBase, isReleaseName } from "../names/containerName";
import { isOf, isRouted, isUp, type ReleaseContainer, type RoutedContainers } from "../facts";
import { label } from "../names/labels";
import type { Presence } from "../presence";
import type { Tier } from "../../../settings";

/** Containers with the labels of base's that Pulumi's state does not hold. */
export interface UnknownContainers {
  /**
   * Under base's own names: another tool has made them anew, or a run that was killed has made and not noted them. They are
   * in the way of base's own.
   */
  readonly copies: readonly ContainerSummary[];
  /** Under other names: somebody's own, of an image that `docker commit` has made of one of base's, which keeps labels. */
  readonly strays: readonly ContainerSummary[];
}

/** Sorts out what has base's labels and is not Pulumi's. Pure. @param known ids of what Pulumi's state holds */
export function unknownContainers(
  { containers }: Pick<Presence, "containers">,
  known: ReadonlySet<string>,
): UnknownContainers {
  const unknown = containers.filter((one) => isOfBase(one) && !known.has(one.id));
  return { copies: unknown.filter(hasBaseName), strays: unknown.filter((one) => !hasBaseName(one)) };
}

/**
 * Containers of a tier's releases that Pulumi's state does not hold: a run that was killed leaves one it has just made, and
 * one that another tool has made anew stays when Pulumi's own has taken its place. Nothing would ever remove them, and base
 * counts them as releases it carries. None is routed or up, nor of a release of which anything is, unless Pulumi has a
 * container for the same; what has a name that Pulumi does not give is somebody's own. Pure.
 * @param known ids of what the state of the tier's stack holds
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

/** Containers of a tier's releases under names that Pulumi gives, other than these. Pure. */
export function unknownOf(
  containers: readonly ReleaseContainer[],
  tier: Tier,
  known: ReadonlySet<string>,
): ReleaseContainer[] {
  return containers.filter((one) => one.tier === tier && !known.has(one.id) && isReleaseName(one.name, one.service));
}

/**
 * Containers with the labels of a tier's releases that are not Pulumi's, neither held by its state nor made by a run that
 * was killed: somebody's own. Pure.
 * @param known ids of what the state of the tier's stack holds
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

/** What is on an engine under a name of base's, whoever made it. */
export interface Namesakes {
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly NamedNetwork[];
}

/** A network, and the names of the containers on it that run: Docker removes none that has any. */
export interface NamedNetwork {
  readonly network: NetworkSummary;
  readonly users: readonly string[];
}

/** Reads what has one of base's names. Docker gives each once. */
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

/** Networks of an install's base that Pulumi's state does not hold. Pure. */
export function unknownNetworks({ networks }: Namesakes, install: string, known: ReadonlySet<string>): NamedNetwork[] {
  return networks.filter(({ network }) => network.labels[label.install] === install && !known.has(network.id));
}
