import type { ContainerSummary, Engine, Labelled, NetworkSummary } from "../engine/engine";
import { label } from "./names/labels";

/** Identity of an engine: its own id, and the address it is reached at from here. */
export interface EngineIdentity {
  readonly id: string;
  readonly address: string;
}

/** Everything of an install that is on an engine at one moment. */
export interface Presence {
  readonly engine: EngineIdentity;
  /** Stopped ones too. */
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly (Labelled & Partial<NetworkSummary>)[];
  readonly volumes: readonly Labelled[];
  /** Ids of running containers of releases that have lost the name by which others of their release look them up. */
  readonly unnamed?: readonly string[];
}

/** Reads everything that carries an install's label. @param address of the engine */
export async function readPresence(engine: Engine, address: string, install: string): Promise<Presence> {
  const labels = [`${label.install}=${install}`];
  const [id, containers, networks, volumes] = await Promise.all([
    engine.identity(),
    engine.containers({ labels, all: true }),
    engine.networks(labels),
    engine.volumes(labels),
  ]);
  return { engine: { id, address }, containers, networks, volumes, unnamed: await readUnnamed(engine, containers) };
}

/** Services that others of their release look up by the service's name. */
const lookedUp: readonly string[] = ["api", "data-provider"];

/** Finds containers that lost their name on a network: `docker network connect` without `--alias` restores none. */
async function readUnnamed(engine: Engine, containers: readonly ContainerSummary[]): Promise<string[]> {
  const asked = containers.filter(
    ({ labels, state }) =>
      state === "running" && label.release in labels && lookedUp.includes(labels[label.service] ?? ""),
  );
  const unnamed = await Promise.all(
    asked.map(async ({ id, labels }) => {
      const there = await engine.inspect(id);
      return there === undefined || there.aliases.includes(labels[label.service] ?? "") ? [] : [id];
    }),
  );
  return unnamed.flat();
}
