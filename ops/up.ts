import type { Say } from "./pulumi/say";
import { withMachineLock } from "./lock/machineLock";
import { home, type Place } from "./place";
import { checkStackName } from "../stacks/stackNames";

/**
 * Brings a stack up: for a tier, the switch to it.
 * @throws LockTaken at once when another command works on the same install
 */
export async function up(stack: string, say: Say, place: Place = home, signal?: AbortSignal): Promise<void> {
  checkStackName(stack);
  return withMachineLock(`up of ${stack}`, stack, place, () => {
    // Pulumi is loaded by the one that goes on: the one that is refused need not wait for it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { upWithBase } = require("./upWithBase") as typeof import("./upWithBase.js");
    return upWithBase(stack, say, place, signal);
  });
}
