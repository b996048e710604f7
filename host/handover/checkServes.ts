import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../engine/engine";
import { describeServing, isServedBy, servingOf, type Served } from "../install/facts";
import { readFacts } from "../install/readFacts";
import { OperatorError } from "../../util/operatorError";
import type { Order } from "./order";

/** Milliseconds between two checks. */
const pollInterval = 1_000;

/**
 * Checks that the wanted release serves, api and page, by what the gateway answers. One bad check may be chance, two in a
 * row are not.
 * @throws OperatorError with what serves instead
 */
export async function checkServes(
  engine: Engine,
  { install, wanted }: Pick<Order, "install" | "wanted">,
): Promise<Served> {
  for (let isSecond = false; ; isSecond = true) {
    const serving = servingOf(await readFacts(engine, install));
    if (isServedBy(serving, wanted)) return serving;
    if (isSecond)
      throw new OperatorError({
        what: `Every step so far went well, and a check found that ${wanted.tier} (${wanted.release}) does not serve. It found: ${describeServing(serving)}.`,
      });
    await pause(pollInterval);
  }
}
