import type { ContainerSummary } from "../../engine/engine";
import { alterations } from "./alteration";
import { isLost } from "../facts";
import { label } from "../names/labels";
import type { Presence } from "../presence";

/**
 * When each container, network and volume of an install was made, by `<release>/<kind>`; what belongs to base has no
 * release. Empty for what carries no timestamp because an earlier version of this module made it.
 */
export type CreationTimestamps = Readonly<Record<string, string>>;

/**
 * Takes the timestamps off what is on the engine. A resource keeps its timestamp for life, so it is no change from run
 * to run; one that somebody removed has none, gets a new one, and Pulumi makes it again. Without this only a refresh
 * would notice, which costs every preview the two seconds the Docker provider waits before it reads a network. What
 * Pulumi does not know has none either, such as a copy that another tool made, nor has a container that was renamed or
 * taken off a network, that can never be started again, or, of base, whose image's name has come to mean another. Pure.
 * @param known ids of what Pulumi's state of the stack holds
 * @param imageIds ids of base's images as their names mean them now, by service; one that is not on the engine has none
 */
export function creationTimestamps(
  presence: Presence,
  known: ReadonlySet<string>,
  imageIds: Readonly<Record<string, string>> = {},
): CreationTimestamps {
  const altered = new Set(alterations(presence).map(({ container }) => container.id));
  const made = presence.containers.filter(
    (one) =>
      label.made in one.labels &&
      known.has(one.id) &&
      !altered.has(one.id) &&
      !isLost(one) &&
      !isOutdated(one, imageIds),
  );
  // Oldest first, so that the newest of two of a kind is the one that counts: the older is on its way out.
  const ordered = [...made].sort((a, b) => a.created - b.created);
  return Object.fromEntries([
    ...ordered.map(({ labels }) => entry(labels, labels[label.service] ?? "")),
    ...presence.networks.map(({ name, labels }) => entry(labels, networkKind(name, labels))),
    ...presence.volumes.filter(({ labels }) => label.release in labels).map(({ labels }) => entry(labels, volumeKind)),
  ]);
}

/** One of base whose image was pulled or built anew under the same name. */
function isOutdated({ labels, imageId }: ContainerSummary, imageIds: Readonly<Record<string, string>>): boolean {
  const id = labels[label.release] === undefined ? imageIds[labels[label.service] ?? ""] : undefined;
  return id !== undefined && id !== imageId;
}

/** The one volume of a release. */
const volumeKind = "volume";

/** The one network of a release. */
function networkKey(release: string): string {
  return `${release}/network`;
}

/** A release has one network; base's are known by their names. */
function networkKind(name: string, labels: Readonly<Record<string, string>>): string {
  return labels[label.release] === undefined ? `network ${name}` : "network";
}

function entry(labels: Readonly<Record<string, string>>, kind: string): [string, string] {
  return [`${labels[label.release] ?? ""}/${kind}`, labels[label.made] ?? ""];
}

/** True where one of base's containers gets another timestamp than any that is there, so that Pulumi makes it anew. Pure. */
export function isMadeAnew(timestamps: CreationTimestamps, service: string): boolean {
  return timestamps[`/${service}`] === undefined;
}

/** The label of one of base's containers, by its service. */
export function baseContainerTimestamp(timestamps: CreationTimestamps, service: string): TimestampLabel {
  return labelOf(timestamps, `/${service}`);
}

/** The label of a release's container. Without its network it cannot start, and is made again with it. */
export function releaseContainerTimestamp(
  timestamps: CreationTimestamps,
  service: string,
  release: string,
): TimestampLabel {
  return timestamps[networkKey(release)] === undefined
    ? { [label.made]: new Date().toISOString() }
    : labelOf(timestamps, `${release}/${service}`);
}

/**
 * True where a release's container is not there as it is declared, so that Pulumi is about to make it: its label is a new
 * one. Pure.
 */
export function isToBeMade(timestamps: CreationTimestamps, service: string, release: string): boolean {
  return timestamps[networkKey(release)] === undefined || timestamps[`${release}/${service}`] === undefined;
}

/** The label of one of base's networks, by its name. */
export function baseNetworkTimestamp(timestamps: CreationTimestamps, name: string): TimestampLabel {
  return labelOf(timestamps, `/network ${name}`);
}

/** The label of a release's network. */
export function releaseNetworkTimestamp(timestamps: CreationTimestamps, release: string): TimestampLabel {
  return labelOf(timestamps, networkKey(release));
}

/** The label of a release's volume. */
export function releaseVolumeTimestamp(timestamps: CreationTimestamps, release: string): TimestampLabel {
  return labelOf(timestamps, `${release}/${volumeKind}`);
}

/** Labels to be added to a resource's own. */
export type TimestampLabel = Readonly<Partial<Record<typeof label.made, string>>>;

function labelOf(timestamps: CreationTimestamps, key: string): Record<string, string> {
  const there = timestamps[key];
  return there === "" ? {} : { [label.made]: there ?? new Date().toISOString() };
}
