import type { Engine } from "../engine/engine";
import { OperatorError } from "../../util/operatorError";
import { begunMark, withoutMarks, flippedMark, flipScript, markedAt, notWritten } from "./flipScript";
import type { Targets } from "./routes";

/** A flip that is done, while the old targets may still be draining. */
export interface Flip {
  /** Milliseconds from the first gateway command to the last route's change. */
  readonly tookMs: number;
  /** Settles when every request begun before the flip has ended, or the drain timeout cut it. */
  readonly drained: Promise<void>;
}

/**
 * Points each of these routes at its new target. Resolves at the flip, while the old targets still drain.
 * @throws OperatorError when the gateway refused a target; routes may then be mixed, and the caller restores them
 */
export async function flip(engine: Engine, gateway: string, targets: Targets, drainSeconds: number): Promise<Flip> {
  let begun: number | undefined;
  let tookMs: number | undefined;
  let announce = (): void => undefined;
  const flipped = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const ended = engine.exec(gateway, ["sh", "-c", flipScript(targets, drainSeconds)], (line) => {
    begun ??= markedAt(begunMark, line);
    const at = markedAt(flippedMark, line);
    if (begun === undefined || at === undefined) return;
    tookMs = Math.round((at - begun) * 1000);
    announce();
  });
  const drained = ended.then(({ exitCode, output }) => {
    if (exitCode === notWritten)
      throw new OperatorError({
        what: "The gateway serves the new release, but did not save its routes: after a restart it would serve the old one, until the next up",
      });
    if (exitCode !== 0)
      throw new OperatorError({ what: `The gateway refused the new targets: ${withoutMarks(output)}` });
  });
  drained.catch(() => undefined);
  await Promise.race([flipped, drained]);
  if (tookMs === undefined)
    throw new OperatorError({ what: "The gateway ended its deploy without changing its routes" });
  return { tookMs, drained };
}
