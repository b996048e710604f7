import type { ContainerSummary } from "../../engine/engine";
import { baseServices } from "../services/bundled";
import { label } from "./labels";

/** Returns the Docker name of one of base's containers. It never changes, since an install has one of each kind. */
export function containerName(install: string, service: string): string {
  return `${install}-${service}`;
}

/** True for a container of base under base's own name for it, whoever made it. Pure. */
export function hasBaseName({ name, labels }: Pick<ContainerSummary, "name" | "labels">): boolean {
  const [install, service] = [labels[label.install], labels[label.service]];
  return isOfBase({ labels }) && name === containerName(install ?? "", service ?? "");
}

/** True for a name that Pulumi gives a release's container: its resource's name, and seven hex digits. Pure. */
export function isReleaseName(name: string, service: string): boolean {
  return /^[0-9a-f]{7}$/.test(name.slice(-7)) && name.slice(0, -7).endsWith(`-${service}-`);
}

/** True for a container of base or of a release under a name of its kind. Pure. */
export function isNamed(one: Pick<ContainerSummary, "name" | "labels">): boolean {
  return label.release in one.labels ? isReleaseName(one.name, one.labels[label.service] ?? "") : hasBaseName(one);
}

/**
 * Returns the containers that merely have the labels of an install's, as those from an image of `docker commit` have:
 * their names are others, and a container of the right name has the same labels. A renamed container has no such
 * counterpart. Pure.
 */
export function copiesAmong<T extends Pick<ContainerSummary, "name" | "labels">>(containers: readonly T[]): T[] {
  const kind = ({ labels }: T) =>
    JSON.stringify([label.install, label.service, label.tier, label.release].map((name) => labels[name] ?? ""));
  const known = new Set(containers.filter(isNamed).map(kind));
  return containers.filter((one) => !isNamed(one) && known.has(kind(one)));
}

/** A container under another name than it is found by, and one it would be found by. */
export interface Renamed<T> {
  readonly container: T;
  readonly own: string;
}

/**
 * Returns the containers of base and of releases that somebody has renamed. Pulumi's hash in a release's name is free: the
 * start of the container's id is as good. Pure.
 */
export function renamedAmong<T extends Pick<ContainerSummary, "id" | "name" | "labels">>(
  containers: readonly T[],
): Renamed<T>[] {
  const copies = copiesAmong(containers);
  return containers
    .filter((one) => (isOfBase(one) || label.release in one.labels) && !isNamed(one) && !copies.includes(one))
    .map((container) => {
      const { id, labels } = container;
      const [install, service, tier] = [label.install, label.service, label.tier].map((name) => labels[name] ?? "");
      const own = label.release in labels ? `${tier}-${service}-${id.slice(0, 7)}` : service;
      return { container, own: containerName(install, own) };
    });
}

/** True for a container with the labels of one of base's services. Pure. */
export function isOfBase({ labels }: Pick<ContainerSummary, "labels">): boolean {
  const service = labels[label.service] ?? "";
  return label.install in labels && baseServices.includes(service) && !(label.release in labels);
}

/** Returns the Docker name of the container that keeps the volumes of an adoption in use. Pure. */
export function keeperOf(install: string): string {
  return containerName(install, "adoption");
}

/** Returns the Docker name of the volume a service of base keeps its data in. */
export function volumeNameOf(install: string, service: string): string {
  return `${install}-${service}-data`;
}
