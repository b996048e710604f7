import { checkStackName } from "./stackNames";
import type { Say } from "./up";
import { home, withStack, type Place } from "./workspace";

/** Removes a stack's containers. The tier that serves is refused, and so are protected volumes, before anything is touched. */
export async function down(name: string, say: Say, place: Place = home): Promise<void> {
  checkStackName(name);
  await withStack(name, place, say, (stack) => stack.destroy({ onOutput: say, color: process.stdout.isTTY ? "always" : "never" }));
}
