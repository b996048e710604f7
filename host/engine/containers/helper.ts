import type { ContainerOrder, Engine, Removal } from "../engine";

/**
 * Creates and starts a short-lived container; leaves none behind where that fails.
 * @param networks on which it is; Docker's own for none
 * @returns its id
 */
export async function startHelper(
  engine: Engine,
  order: Omit<ContainerOrder, "network">,
  networks: readonly string[],
): Promise<string> {
  const [first, ...others] = networks;
  const container = await engine.create({ ...order, network: first });
  try {
    // Connected one by one: engines before API 1.44 take one network at creation.
    for (const network of others) await engine.connectNetwork(network, container);
    await engine.start(container);
    return container;
  } catch (error) {
    await discard(engine, container);
    throw error;
  }
}

/**
 * Removes a short-lived container whose work is over. A failure is ignored, since it would hide how the work ended: what
 * is left and has the label of a service that is `momentary` is removed by the next command.
 */
export async function discard(engine: Engine, container: string, how?: Removal): Promise<void> {
  await engine.remove(container, how).catch(() => undefined);
}
