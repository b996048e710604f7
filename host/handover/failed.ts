import { withLogTail } from "../../util/failure";
import type { ReleaseName } from "../install/live";

/** A handover that failed, after the way back. */
export class HandoverFailed extends Error {
  /**
   * @param why what went wrong
   * @param from release that served before
   * @param flipped whether the gateway had changed its routes by then
   * @param back whether the routes are as they were; where they are not, everything was left as it is
   */
  constructor(
    readonly why: unknown,
    readonly from: ReleaseName | undefined,
    readonly flipped: boolean,
    readonly back: boolean = true,
  ) {
    super("the handover failed");
    this.name = "HandoverFailed";
  }
}

/** A failed handover as the operator reads it: what went wrong, and what serves now. Pure. */
export function explainFailure(thrown: unknown, now: ReleaseName | undefined): string {
  return [withLogTail(thrown instanceof HandoverFailed ? thrown.why : thrown), "", standing(thrown, now)].join("\n");
}

function standing(thrown: unknown, now: ReleaseName | undefined): string {
  if (now === undefined) return "Nothing serves.";
  const release = `${now.tier} (${now.release})`;
  if (thrown instanceof HandoverFailed && !thrown.back) {
    return `The gateway could not be pointed back, so nothing was stopped: ${release} serves, as far as it can.\n  The next up goes on from there. type: npm run up -- <the tier you want>`;
  }
  const stayed =
    thrown instanceof HandoverFailed && now.tier === thrown.from?.tier && now.release === thrown.from.release;
  if (!stayed) return `${release} serves.`;
  return thrown.flipped
    ? `${release} serves again, with the same containers; its worker was stopped and started.`
    : `${release} goes on serving, untouched.`;
}
