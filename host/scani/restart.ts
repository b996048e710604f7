import type { Engine } from "../engine/engine";
import { untilReady, type Watch } from "../engine/containers/ready";
import type { ReleaseContainer } from "../install/facts";

/**
 * Groups containers in the order they start in: nginx in frontend-app does not start unless the name `api` resolves,
 * which it does once the api runs. Pure.
 */
export function inStartOrder(containers: readonly ReleaseContainer[]): ReleaseContainer[][] {
  const isPage = ({ service }: ReleaseContainer): boolean => service === "frontend-app";
  return [containers.filter((one) => !isPage(one)), containers.filter(isPage)].filter(({ length }) => length > 0);
}

/**
 * Restarts a container gently, and waits until it is ready. Starts it where the restart is interrupted or the engine's
 * answer is lost, since it may have stopped.
 * @throws OperatorError when it does not get ready in time
 */
export async function restart(engine: Engine, container: ReleaseContainer, watch: Watch): Promise<void> {
  try {
    await engine.restart(container.id);
  } catch (error) {
    await engine.start(container.id);
    throw error;
  }
  await untilReady(engine, container, watch);
}
