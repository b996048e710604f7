import { withMachineLock } from "./lock/machineLock";
import { pastKilledRun } from "./pulumi/killedRun";
import { home, type Place } from "./place";
import { saying } from "./pulumi/pulumiOutput";
import { checkStackName } from "../stacks/stackNames";
import type { Say } from "./pulumi/say";
import { withStack } from "./pulumi/workspace";

/**
 * Removes a stack's containers. The tier that serves is refused, and so are protected volumes, before anything is
 * touched.
 */
export async function down(name: string, say: Say, place: Place = home): Promise<void> {
  checkStackName(name);
  await withMachineLock(`down of ${name}`, name, place, () =>
    withStack(name, place, say, (stack) =>
      pastKilledRun(stack, say, () => saying(say, (output) => stack.destroy(output))),
    ),
  );
}
