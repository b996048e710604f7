import type Docker from "dockerode";
import { exec } from "../engine/exec";
import { HostFailure } from "../engine/failure";
import { begunMark, flippedMark, flipScript, notWritten } from "./flipScript";
import type { Route } from "./live";

/** A flip that is done, while what it replaced may still be draining. */
export interface Flip {
  /** Milliseconds from the first gateway command to the last route's change. */
  readonly tookMs: number;
  /** Settles when every request begun before the flip has ended, or the drain timeout cut it. */
  readonly drained: Promise<void>;
}

/**
 * Points every route at its new target. Resolves at the flip; the drain goes on.
 * @throws HostFailure when the gateway did not take a target; routes may then be mixed, and the caller puts them back
 */
export async function flip(docker: Docker, gateway: string, targets: Readonly<Record<Route, string>>, drainSeconds: number): Promise<Flip> {
  let began = Date.now();
  let tookMs: number | undefined;
  let announce = (): void => undefined;
  const flipped = new Promise<void>((resolve) => { announce = resolve; });
  const ended = exec(docker.getContainer(gateway), ["sh", "-c", flipScript(targets, drainSeconds)], (line) => {
    // The engine's own time to start a command in a container is none of the gateway's.
    if (line === begunMark) began = Date.now();
    if (line !== flippedMark) return;
    tookMs = Date.now() - began;
    announce();
  });
  const drained = ended.then(({ exitCode, output }) => {
    if (exitCode === notWritten) throw new HostFailure("The gateway serves the new release, but did not write that down: restarted, it would go back to the old one, until the next up");
    if (exitCode !== 0) throw new HostFailure(`The gateway did not take the new targets: ${output.replace(/^(begun|flipped)$\n?/gm, "")}`);
  });
  drained.catch(() => undefined);
  await Promise.race([flipped, drained]);
  if (tookMs === undefined) throw new HostFailure("The gateway ended its deploy without changing its routes");
  return { tookMs, drained };
}
