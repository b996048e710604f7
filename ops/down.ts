import { checkStackName } from "../stacks/stackNames";
import { downCommand, pulumiCommand } from "../util/commands";
import { OperatorError } from "../util/operatorError";
import type { Context } from "./context";
import { withMachineLock } from "./lock/machineLock";
import { pastKilledRun } from "./pulumi/killedRun";
import { reporting } from "./pulumi/pulumiOutput";
import { stackOutputs } from "./pulumi/stackOutputs";
import { withStack } from "./pulumi/workspace";

/**
 * Removes a stack's containers. The tier that serves is refused, and so are protected volumes, before anything is
 * touched.
 */
export async function down(context: Context, name: string): Promise<void> {
  checkStackName(name, context.project.folder, downCommand);
  const { project } = context;
  await withMachineLock(`down of ${name}`, name, project, async () => {
    if ((await stackOutputs(context, name)) === undefined)
      throw new OperatorError({
        what: `There is no stack ${name}, so there is nothing to take down. This lists the stacks there are:`,
        type: pulumiCommand("stack", "ls"),
      });
    await withStack(context, name, (stack) =>
      pastKilledRun(stack, context, (reported) => reporting(reported, name, (output) => stack.destroy(output))),
    );
  });
}
