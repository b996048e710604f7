import { connect } from "../host/engine/connect";
import type { Held } from "../host/gateway/hold";
import { beginHold, readHoldPlan, removeContainers, removeLost } from "../host/hold/begin";
import { removeLeftovers } from "../host/install/leftovers";
import type { HoldInputs } from "../host/install/resources";
import { Progress } from "../util/progress/progress";
import type { Handler } from "./handler";

/**
 * Requests this process holds, by install; BaseReady, which comes after the services, takes them over and lets them
 * through.
 */
const held = new Map<string, Held>();

/** Takes over the held requests of an install; undefined where there are none. */
export function takeHeld(install: string): Held | undefined {
  const taken = held.get(install);
  held.delete(install);
  return taken;
}

/**
 * Handler of the resource Hold. A hold lasts no longer than this process, so whatever becomes of the run, no request
 * waits for ever.
 */
export const hold: Handler<HoldInputs> = {
  id: ({ install }) => install,

  // Copies are in the way of one run only, and make no difference to the next.
  incidental: ["copies"],

  async differs(inputs, { signal }) {
    if ((inputs.copies ?? []).length > 0) return true;
    return (await readHoldPlan(connect(inputs.dockerHost), inputs, signal)) !== undefined;
  },

  async apply(inputs, { say, signal }) {
    const engine = connect(inputs.dockerHost);
    await removeLost(engine, inputs.copies ?? []);
    // Docker removes no network that a helper of a killed command is still on.
    await removeLeftovers(engine, inputs.install);
    const plan = await readHoldPlan(engine, inputs, signal);
    if (plan !== undefined) {
      const begun = await beginHold(engine, inputs.install, plan, new Progress(say));
      if (begun !== undefined) held.set(inputs.install, begun);
    }
    await removeContainers(engine, inputs.copies ?? []);
  },

  remove: () => Promise.resolve(),
};
