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
  /**
   * Every network of the engine, whoever made it: an operator may have put a container on any of them. Undefined where
   * the engine does not list them all.
   */
  readonly allNetworks: readonly Pick<Labelled, "id" | "name">[] | undefined;
  readonly volumes: readonly Labelled[];
  /** Ids of running containers of releases that have lost the name by which others of their release look them up. */
  readonly unnamed?: readonly string[];
}

/** Reads everything that carries an install's label, and all networks. @param address of the engine */
export async function readPresence(engine: Engine, address: string, install: string): Promise<Presence> {
  const labels = [`${label.install}=${install}`];
  const [{ id, isSwarmWorker }, containers, volumes] = await Promise.all([
    engine.info(),
    engine.containers({ labels, all: true }),
    engine.volumes(labels),
  ]);
  // Networks are listed after the containers, so that one created meanwhile does not look like one that is gone.
  const [all, unnamed] = await Promise.all([engine.networks([]), readUnnamed(engine, containers)]);
  const networks = all.filter((network) => network.labels[label.install] === install);
  const allNetworks = isSwarmWorker ? undefined : all;
  return { engine: { id, address }, containers, networks, allNetworks, volumes, unnamed };
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
