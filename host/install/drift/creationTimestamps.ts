import type { ContainerSummary } from "../../engine/engine";
import { alterations } from "./alteration";
import { isLost } from "../facts";
import { label } from "../names/labels";
import type { Presence } from "../presence";

/**
 * Creation timestamps of an install's containers, networks and volumes, by `<release>/<kind>`; those of base have no
 * release. Empty for something an earlier version of this module made without a timestamp.
 */
export type CreationTimestamps = Readonly<Record<string, string>>;

/**
 * Reads the timestamps of everything on the engine. A resource keeps its timestamp for life, so it does not change from
 * run to run; one that somebody removed has none, gets a new one, and Pulumi creates it again. Without this only a
 * refresh would notice, which costs every preview the two seconds the Docker provider waits before it reads a network.
 * No timestamp is returned for something Pulumi does not know, such as a copy that another tool made; for a container
 * that was renamed or taken off a network, or can never be started again; and for one of base whose image's name has
 * come to mean another image. Pure.
 * @param known ids of everything in Pulumi's state of the stack
 * @param imageIds current ids of base's images, by service; an image that is not on the engine has none
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
  // Oldest first, so that the newest of two of a kind counts: the older is on its way out.
  const ordered = [...made].sort((a, b) => a.created - b.created);
  return Object.fromEntries([
    ...ordered.map(({ labels }) => entry(labels, labels[label.service] ?? "")),
    ...presence.networks.map(({ name, labels }) => entry(labels, networkKind(name, labels))),
    ...presence.volumes.filter(({ labels }) => label.release in labels).map(({ labels }) => entry(labels, volumeKind)),
  ]);
}

/** True for a container of base whose image was pulled or built anew under the same name. */
function isOutdated({ labels, imageId }: ContainerSummary, imageIds: Readonly<Record<string, string>>): boolean {
  const id = labels[label.release] === undefined ? imageIds[labels[label.service] ?? ""] : undefined;
  return id !== undefined && id !== imageId;
}

/** Kind of a release's only volume. */
const volumeKind = "volume";

/** Returns the key of a release's only network. */
function networkKey(release: string): string {
  return `${release}/network`;
}

/** Returns the kind of a network: a release has only one; base's are told apart by their names. */
function networkKind(name: string, labels: Readonly<Record<string, string>>): string {
  return labels[label.release] === undefined ? `network ${name}` : "network";
}

function entry(labels: Readonly<Record<string, string>>, kind: string): [string, string] {
  return [`${labels[label.release] ?? ""}/${kind}`, labels[label.made] ?? ""];
}

/** True where one of base's containers gets a new timestamp, so that Pulumi creates it anew. Pure. */
export function isMadeAnew(timestamps: CreationTimestamps, service: string): boolean {
  return timestamps[`/${service}`] === undefined;
}

/** Returns the label of one of base's containers, by its service. */
export function baseContainerTimestamp(timestamps: CreationTimestamps, service: string): TimestampLabel {
  return labelOf(timestamps, `/${service}`);
}

/** Returns the label of a release's container. Without its network it cannot start, and is created again with it. */
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
 * True where a release's container does not exist as it is declared, so that Pulumi is about to create it: its label is
 * a new one. Pure.
 */
export function isToBeMade(timestamps: CreationTimestamps, service: string, release: string): boolean {
  return timestamps[networkKey(release)] === undefined || timestamps[`${release}/${service}`] === undefined;
}

/** Returns the label of one of base's networks, by its name. */
export function baseNetworkTimestamp(timestamps: CreationTimestamps, name: string): TimestampLabel {
  return labelOf(timestamps, `/network ${name}`);
}

/** Returns the label of a release's network. */
export function releaseNetworkTimestamp(timestamps: CreationTimestamps, release: string): TimestampLabel {
  return labelOf(timestamps, networkKey(release));
}

/** Returns the label of a release's volume. */
export function releaseVolumeTimestamp(timestamps: CreationTimestamps, release: string): TimestampLabel {
  return labelOf(timestamps, `${release}/${volumeKind}`);
}

/** Labels to be added to a resource's own. */
export type TimestampLabel = Readonly<Partial<Record<typeof label.made, string>>>;

function labelOf(timestamps: CreationTimestamps, key: string): Record<string, string> {
  const there = timestamps[key];
  return there === "" ? {} : { [label.made]: there ?? new Date().toISOString() };
}
