import { isSet, withFlag } from "../../settings";
import { StackFile } from "../../stacks/stackFile";
import { settingsFile } from "../../stacks/stackNames";
import { adoptCommand, upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import type { Context } from "../context";
import { stackOutputs } from "./stackOutputs";

/** True where a stack's settings file sets nothing, not even the tier, which is written when the stack is created. */
export function setsNothing(folder: string, stack: string): boolean {
  return new StackFile(folder, stack).ownNames("scani:").length === 0;
}

/**
 * Refuses a stack that has been up and whose settings file sets nothing: it would go on with every setting at its
 * default.
 * @returns true where there is such a stack
 * @throws OperatorError with what leads back
 */
export async function refuseLost(context: Context, stack: string): Promise<boolean> {
  const { folder, environment } = context.project;
  const outputs = await stackOutputs(context, stack);
  const hasBeenUp = outputs !== undefined && Object.keys(outputs).length > 0;
  if (hasBeenUp && setsNothing(folder, stack) && !isSet("trustSettings", environment))
    throw new OperatorError({
      what: `The settings of stack ${stack} are lost: ${settingsFile(folder, stack)} sets nothing, and the stack has been up.`,
      why: "Put the file back from version control or from your copy. Without one, the first command reads what can be read off the containers; the last goes on with every setting at its default.",
      type: [adoptCommand("--recover"), withFlag("trustSettings", upCommand(stack))],
    });
  return outputs !== undefined;
}
