import type { Context } from "../context";
import { pastKilledRun } from "./killedRun";
import { reporting } from "./pulumiOutput";
import { unprotectAll } from "./state";
import { withStack } from "./workspace";

/** Destroys a stack with its protected resources. Volumes are retained, as they are declared to be. */
export async function destroyWhole(context: Context, name: string): Promise<void> {
  await withStack(context, name, async (stack) => {
    await pastKilledRun(stack, context, async (reported) => {
      await unprotectAll(stack);
      await reporting(reported, name, (output) => stack.destroy(output));
    });
  });
}
