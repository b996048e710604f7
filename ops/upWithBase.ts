import { readIfThere } from "../util/files/readIfThere";
import { missingBase } from "../stacks/missingBase";
import { pastKilledRun } from "./pulumi/killedRun";
import type { Place } from "./place";
import { baseOf, kindOf, settingsFile } from "../stacks/stackNames";
import { saying } from "./pulumi/pulumiOutput";
import type { Say } from "./pulumi/say";
import { withoutSummary, withStack } from "./pulumi/workspace";

/**
 * Brings a stack up, and base first where it is missing: the program itself says so, before it touches anything, which
 * is cheaper than asking every time.
 */
export async function upWithBase(stack: string, say: Say, place: Place, signal?: AbortSignal): Promise<void> {
  let lacksBase = false;
  try {
    await bringUp(
      stack,
      (line) => {
        // The refusal is the first thing the program says; nothing of it is shown when it is about to be mended.
        if (line.includes(missingBase)) lacksBase = true;
        if (!lacksBase) say(line);
      },
      place,
      signal,
    );
  } catch (error) {
    if (!lacksBase || signal?.aborted) throw error;
    say(`${baseOf(stack)} is not up yet: bringing it up first.`);
    await bringUp(baseOf(stack), say, place, signal);
    await bringUp(stack, say, place, signal);
  }
}

async function bringUp(name: string, say: Say, place: Place, signal?: AbortSignal): Promise<void> {
  await withStack(name, place, say, async (stack) => {
    // A stack made here has no settings file yet; its name says what it holds.
    if (!hasKind(name, place)) await stack.setConfig("scani:tier", { value: kindOf(name) as string });
    await pastKilledRun(stack, say, () => saying(say, (output) => withoutSummary(stack).up({ signal, ...output })));
  });
}

function hasKind(name: string, place: Place): boolean {
  return readIfThere(settingsFile(place.workDir, name)).includes("scani:tier:");
}
