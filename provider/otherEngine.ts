import type { Engine } from "../host/engine/engine";
import { dockerContexts } from "../util/commands";
import { OperatorError } from "../util/operatorError";

/** Location of a resource, as its state remembers it. */
interface Placed {
  readonly install: string;
  /** Id of the engine; absent in the state of an earlier version of this module. */
  readonly engine?: string;
  /** Container ids by service. */
  readonly containers: Readonly<Partial<Record<string, string>>>;
}

/**
 * Refuses to remove a stack on an engine it is not on: there is nothing to remove, and Pulumi would forget what is on
 * the other one.
 * @throws OperatorError
 */
export async function refuseOtherEngine(engine: Engine, { install, engine: home, containers }: Placed): Promise<void> {
  const { id: here } = await engine.info();
  if (home === undefined || home === here) return;
  const ids = Object.values(containers).filter((id) => id !== undefined);
  const there = await Promise.all(ids.map((id) => engine.inspect(id)));
  // If its containers are here, the engine was moved with everything on it and counts as the same.
  if (there.some((container) => container !== undefined)) return;
  throw new OperatorError({
    what: `${install} is on another engine (ID ${home}) than this (ID ${here}). Nothing has been touched.`,
    why: "The engine is named by the setting dockerHost, DOCKER_HOST or the current Docker context.",
    type: dockerContexts,
  });
}
