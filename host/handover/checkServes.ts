import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../engine/engine";
import { describeServing, isServedBy, servingOf, type Served } from "../install/facts";
import { unlessInterrupted, type Watch } from "../engine/containers/ready";
import { OperatorError } from "../../util/operatorError";
import { answeredFacts } from "./answeredFacts";
import type { Order } from "./order";

/** Milliseconds between two checks. */
const pollInterval = 1_000;

/**
 * Checks through the gateway that the wanted release serves, api and page. One bad check may be chance, two in a row
 * are not.
 * @throws OperatorError with what serves instead
 * @throws GatewaySilent when the gateway does not answer in time
 */
export async function checkServes(
  engine: Engine,
  order: Pick<Order, "install" | "wanted" | "stack" | "baseStack">,
  watch: Watch,
): Promise<Served> {
  const { wanted } = order;
  for (let isSecond = false; ; isSecond = true) {
    const serving = servingOf(await answeredFacts(engine, order, watch));
    if (isServedBy(serving, wanted)) return serving;
    if (isSecond)
      throw new OperatorError({
        what: `Every step so far went well, and a check found that ${wanted.tier} (${wanted.release}) does not serve. It found: ${describeServing(serving)}.`,
      });
    await unlessInterrupted(pause(pollInterval), watch.signal);
  }
}
