import { withLogTail } from "../../util/operatorError";
import { describeServing, describeShortcomings, isOf, servingOf, type Facts, type ReleaseName } from "../install/facts";
import { stacksBeside, type StackNames } from "../install/names/stacks";
import { upCommand } from "../../util/commands";

/** Result of undoing a failed handover. */
export type Aftermath =
  /** No route had been flipped. */
  | "untouched"
  /** The routes had been flipped, and were pointed back. */
  | "pointed back"
  /** The routes could not be pointed back, so everything was left as it is. */
  | "not pointed back"
  /** Nothing was undone: a repair, or the release that served before was being stopped, or the gateway is silent. */
  | "left";

/** Error of a failed handover, thrown after its steps were undone. */
export class HandoverFailed extends Error {
  /**
   * @param why error that made it fail
   * @param from release that served before
   */
  constructor(
    readonly why: unknown,
    readonly from: ReleaseName | undefined,
    readonly aftermath: Aftermath,
  ) {
    super("the handover failed");
    this.name = "HandoverFailed";
  }
}

/**
 * Returns the operator's message about a failed handover: what went wrong, what serves now, and what to type. Pure.
 * @param now facts after it; undefined where the engine does not answer
 * @param stack the Pulumi stack that was to serve
 * @param base the Pulumi stack of base
 */
export function explainFailure(thrown: unknown, now: Facts | undefined, stack: string, base?: string): string {
  const stacks = stacksBeside(stack, base);
  return [
    withLogTail(thrown instanceof HandoverFailed ? thrown.why : thrown),
    "",
    whatServes(thrown, now, stack, stacks),
  ].join("\n");
}

function whatServes(thrown: unknown, now: Facts | undefined, stack: string, stacks: StackNames): string {
  if (now === undefined) return "What serves now cannot be told: the engine does not answer.";
  const serving = servingOf(now);
  const said = `Serving now: ${describeServing(serving)}.`;
  if (!(thrown instanceof HandoverFailed)) return said;
  const { aftermath, from } = thrown;
  const goOn = `\n  The next up goes on from there. type: ${upCommand(stack)}`;
  if (aftermath === "not pointed back")
    return `The gateway was not pointed back, so nothing was stopped. ${said}${goOn}`;
  if (aftermath === "left") return `Nothing was taken back. ${said}${goOn}`;
  if (serving.is !== "serving" || from === undefined || !isOf(from, serving.release)) return said;
  const { shortcomings } = serving;
  const mends = new Set(shortcomings.map(({ of }) => upCommand(of === "release" ? stacks[from.tier] : stacks.base)));
  return [
    `${from.tier} (${from.release}) ${aftermath === "pointed back" ? "serves again, with the same containers" : "goes on serving, untouched"}${describeShortcomings(shortcomings)}.`,
    ...[...mends].map((command) => `  type: ${command}`),
  ].join("\n");
}
