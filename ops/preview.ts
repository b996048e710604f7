import { checkStackName } from "../stacks/stackNames";
import { previewCommand } from "../util/commands";
import type { Context } from "./context";
import { reporting } from "./pulumi/pulumiOutput";
import { withStack } from "./pulumi/workspace";

/** Shows what `up` would do. Changes nothing: a stack that does not exist yet is created for it, and removed again. */
export async function preview(context: Context, name: string): Promise<void> {
  checkStackName(name, context.project.folder, previewCommand);
  await withStack(context, name, (stack) => reporting(context, name, (output) => stack.preview(output)), {
    temporary: true,
    typed: previewCommand(name),
  });
}
