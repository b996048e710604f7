import type { Engine } from "../engine/engine";
import { OperatorError } from "../../util/operatorError";
import { pauseCommand, resumeCommand } from "./deploy";
import { resumeAll } from "./resume";
import { forgetPauses, gatewayStateFile } from "./state";

/** Limits of a hold. Seconds. */
export interface HoldLimits {
  /** Time until requests that are in flight when it begins are cut. */
  readonly drain: number;
  /** Time until requests are let through, whatever the holder still does. */
  readonly hold: number;
}

/** Usual limits of a hold: a request that waited longer than its client does is of no use. */
export const usualLimits: HoldLimits = { drain: 30, hold: 60 };

/** Requests of some routes that wait at the gateway. */
export interface Held {
  /** Lets them through, and waits until the gateway has. */
  release(): Promise<void>;
  /** Aborted, with the error to show, when they were let through, or lost, without a release. */
  readonly lost: AbortSignal;
}

/** First word of the script's line once all requests in flight have ended and new ones wait. */
const heldWord = "held";

/**
 * Returns a script that pauses routes and prints one line. It resumes them when its standard input ends, which is when
 * the process at the other end closes it or dies, or when the time is over; so a hold does not outlive its holder. It
 * also takes the pauses out of the gateway's state file, since a gateway restarted meanwhile could not end a pause it
 * reads from there.
 * @param state file with the gateway's routes
 */
export function holdScript(
  routes: readonly string[],
  { drain, hold }: HoldLimits,
  state: string = gatewayStateFile,
): string {
  return [
    "exec 3<&0",
    // A request may wait through the drain and the hold, so its limit is the sum of both.
    ...routes.map((route, at) => `${pauseCommand(route, drain, drain + hold).join(" ")} 2>&1 & p${at}=$!`),
    "ok=1",
    ...routes.map((_, at) => `wait $p${at} || ok=0`),
    `resume() { ${routes.map((route) => resumeCommand(route).join(" ")).join("; ")}; }`,
    forgetPauses(state),
    "[ $ok = 1 ] || { resume > /dev/null 2>&1; exit 1; }",
    `echo ${heldWord}`,
    "cat <&3 > /dev/null & reading=$!",
    // Redirected away from this script's output, which ends only when its last process does.
    `(sleep ${hold}; kill $reading) > /dev/null 2>&1 < /dev/null 3<&- & limit=$!`,
    "wait $reading 2> /dev/null",
    "kill $limit 2> /dev/null",
    "resume",
  ].join("\n");
}

/**
 * Holds requests of these routes at the gateway, once those in flight have ended. Websockets are cut at once; their
 * clients connect again and wait like the others.
 * @throws OperatorError when the gateway does not hold them; then nothing is held
 */
export async function hold(engine: Engine, gateway: string, routes: readonly string[]): Promise<Held> {
  const conversation = await engine.hold(gateway, ["sh", "-c", holdScript(routes, usualLimits)]);
  if (conversation?.line !== heldWord)
    throw new OperatorError({
      what: `The gateway ${gateway} does not hold requests of ${routes.join(", ")}: ${conversation?.line || "it does not run"}`,
    });
  const lost = new AbortController();
  let released = false;
  void conversation.ended.then(() => {
    if (!released) lost.abort(holdLost(gateway));
  });
  return {
    lost: lost.signal,
    release: async () => {
      released = true;
      await conversation.end();
      // The script may have been killed in the gateway before it resumed the routes.
      await resumeAll(engine, gateway);
    },
  };
}

function holdLost(gateway: string): OperatorError {
  return new OperatorError({
    what: `Requests were let through before the work they waited for was done: it took longer than ${usualLimits.hold} s, or ${gateway} was restarted.`,
  });
}
