import type Docker from "dockerode";
import { label } from "./labels";

/** When each container of an install was made, by `<release>/<service>`; base's have no release. */
export type Stamps = Readonly<Record<string, string>>;

/**
 * Reads the stamps off the engine. A container keeps its stamp for life, so it is no change from run to run; one that
 * somebody removed has none, gets a new one, and Pulumi makes it again. Without this only a refresh would notice, which
 * costs every preview the two seconds the Docker provider waits before it reads a network.
 */
export async function readStamps(docker: Docker, install: string): Promise<Stamps> {
  const all = await docker.listContainers({ all: true, filters: { label: [`${label.install}=${install}`, label.made] } });
  // Oldest first, so that the newest of two of a kind is the one that counts: the older is on its way out.
  const ordered = all.sort((a, b) => a.Created - b.Created);
  return Object.fromEntries(ordered.map(({ Labels }) => [key(Labels[label.service] ?? "", Labels[label.release]), Labels[label.made] ?? ""]));
}

/** The stamp of a container that is there, or a new one. */
export function stampOf(stamps: Stamps, service: string, release?: string): string {
  return stamps[key(service, release)] ?? new Date().toISOString();
}

function key(service: string, release: string | undefined): string {
  return `${release ?? ""}/${service}`;
}
