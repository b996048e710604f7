import type { Engine } from "../engine/engine";
import { label } from "./labels";

/** When each container of an install was made, by `<release>/<service>`; base's have no release. */
export type Stamps = Readonly<Record<string, string>>;

/**
 * Reads the stamps off the engine. A container keeps its stamp for life, so it is no change from run to run; one that
 * somebody removed has none, gets a new one, and Pulumi makes it again. Without this only a refresh would notice, which
 * costs every preview the two seconds the Docker provider waits before it reads a network.
 */
export async function readStamps(engine: Engine, install: string): Promise<Stamps> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.made], all: true });
  // Oldest first, so that the newest of two of a kind is the one that counts: the older is on its way out.
  const ordered = all.sort((a, b) => a.created - b.created);
  return Object.fromEntries(
    ordered.map(({ labels }) => [key(labels[label.service] ?? "", labels[label.release]), labels[label.made] ?? ""]),
  );
}

/** The stamp of a container that is there, or a new one. */
export function stampOf(stamps: Stamps, service: string, release?: string): string {
  return stamps[key(service, release)] ?? new Date().toISOString();
}

function key(service: string, release: string | undefined): string {
  return `${release ?? ""}/${service}`;
}
