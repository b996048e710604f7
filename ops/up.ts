import { checkStackName } from "../stacks/stackNames";
import { upCommand } from "../util/commands";
import type { Context } from "./context";
import { withMachineLock } from "./lock/machineLock";
import type { EventReport } from "./pulumi/pulumiOutput";

/**
 * Brings a stack up: for a tier, the switch to it.
 * @param events takes the events, in place of Pulumi's own display
 * @throws LockTaken at once when another command works on the same install
 */
export async function up(context: Context, stack: string, events?: EventReport): Promise<void> {
  checkStackName(stack, context.project.folder, upCommand);
  return withMachineLock(`up of ${stack}`, stack, context.project, () => {
    // Load Pulumi only once the lock is held, so that a refused command does not wait for it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { upWithBase } = require("./upWithBase") as typeof import("./upWithBase.js");
    return upWithBase(context, stack, events);
  });
}
