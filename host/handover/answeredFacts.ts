import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../engine/engine";
import { unlessInterrupted, type Watch } from "../engine/containers/ready";
import type { Facts } from "../install/facts";
import { readFacts, type Reading } from "../install/readFacts";
import { dockerRestart, upCommand } from "../../util/commands";
import { Deadline } from "../../util/deadline";
import { OperatorError } from "../../util/operatorError";
import type { Order } from "./order";

/** Error for a gateway that did not answer in time, so that nothing is known about what serves. */
export class GatewaySilent extends OperatorError {}

/** Milliseconds between two checks of a gateway that does not answer. */
const pollInterval = 1_000;

/**
 * Reads the facts once the gateway reports where its routes lead, and waits until it does. A silent gateway says
 * nothing about the release, which may serve well; restarting it might help, but would cost the run its lock and cut
 * off requests it may still serve.
 * @throws GatewaySilent when the gateway does not answer within the watch's limit
 */
export async function answeredFacts(
  engine: Engine,
  { install, stack, baseStack }: Pick<Order, "install" | "stack" | "baseStack">,
  watch: Watch,
  reading?: Reading,
): Promise<Facts> {
  const deadline = new Deadline(watch.timeoutSeconds * 1000);
  for (;;) {
    const facts = await readFacts(engine, install, reading);
    const { name, state, silent } = facts.gateway;
    if (silent === undefined) return facts;
    watch.waiting("gateway", silent);
    if (deadline.isOver)
      throw new GatewaySilent({
        what: `The gateway was waited for ${watch.timeoutSeconds} s (readyTimeout), and nothing can be said or done about what serves: ${silent}.`,
        type: [
          ...(state === "running" ? [dockerRestart(name)] : []),
          ...(state === undefined ? [upCommand(baseStack)] : []),
          upCommand(stack),
        ],
      });
    await unlessInterrupted(pause(pollInterval), watch.signal);
  }
}
