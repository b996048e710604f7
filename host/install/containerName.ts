import type { ContainerSummary } from "../engine/engine";
import { baseServices } from "./bundled";
import { label } from "./labels";

/** Docker name of one of base's containers: it is the same for ever, since there is one of a kind in an install. */
export function containerName(install: string, service: string): string {
  return `${install}-${service}`;
}

/** True for a container of base under base's own name for it, whoever made it. Pure. */
export function hasBaseName({ name, labels }: Pick<ContainerSummary, "name" | "labels">): boolean {
  const [install, service] = [labels[label.install], labels[label.service]];
  return isOfBase({ labels }) && name === containerName(install ?? "", service ?? "");
}

/** True for what has the labels of one of base's services. Pure. */
export function isOfBase({ labels }: Pick<ContainerSummary, "labels">): boolean {
  const service = labels[label.service] ?? "";
  return label.install in labels && baseServices.includes(service) && !(label.release in labels);
}

/** Docker name of the volume a service of base keeps its data in. */
export function volumeNameOf(install: string, service: string): string {
  return `${install}-${service}-data`;
}
