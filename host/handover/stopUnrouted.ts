import type { Engine } from "../engine/engine";
import { isRouted, type ReleaseContainer } from "../install/facts";
import { readFacts, type Install } from "../install/readFacts";
import { OperatorError } from "../../util/operatorError";

/**
 * Stops containers gently, except those a route leads to: whatever a plan says, nothing that requests are sent to is
 * stopped.
 * @param withinSeconds until the engine kills a container; by default the container's own stop timeout
 * @throws OperatorError when a route leads to one of them; the others are stopped
 */
export async function stopUnrouted(
  engine: Engine,
  install: Install,
  containers: readonly ReleaseContainer[],
  withinSeconds?: number,
): Promise<void> {
  const facts = await readFacts(engine, install, { shortcomings: false });
  const routed = containers.filter((container) => isRouted(facts, container));
  await Promise.all(containers.filter((one) => !routed.includes(one)).map(({ id }) => engine.stop(id, withinSeconds)));
  if (routed.length === 0) return;
  throw new OperatorError({
    what: `${routed.map(({ title }) => title).join(", ")} is left running: the gateway sends requests there`,
  });
}
