import { home, type Place } from "./place";
import { saying } from "./pulumi/pulumiOutput";
import { checkStackName } from "../stacks/stackNames";
import type { Say } from "./pulumi/say";
import { withStack } from "./pulumi/workspace";

/** Shows what `up` would do. Touches nothing. */
export async function preview(name: string, say: Say, place: Place = home): Promise<void> {
  checkStackName(name);
  await withStack(name, place, say, (stack) => saying(say, (output) => stack.preview(output)));
}
