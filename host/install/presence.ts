import type { ContainerSummary, Engine, Labelled, NetworkSummary } from "../engine/engine";
import { label } from "./names/labels";

/** Which engine: its own id, and the address it is reached at from here. */
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
}

/** Reads what carries an install's label. @param address of the engine */
export async function readPresence(engine: Engine, address: string, install: string): Promise<Presence> {
  const labels = [`${label.install}=${install}`];
  const [id, containers, networks, volumes] = await Promise.all([
    engine.identity(),
    engine.containers({ labels, all: true }),
    engine.networks(labels),
    engine.volumes(labels),
  ]);
  return { engine: { id, address }, containers, networks, volumes };
}
