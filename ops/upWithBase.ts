import { MissingBase } from "../stacks/missingBase";
import { upCommand } from "../util/commands";
import type { Context } from "./context";
import { pastKilledRun } from "./pulumi/killedRun";
import { reporting, type EventReport } from "./pulumi/pulumiOutput";
import { withoutSummary, withStack } from "./pulumi/workspace";

/**
 * Brings a stack up, and base first where it is missing: the program itself finds that out before it touches anything,
 * which is cheaper than asking every time.
 */
export async function upWithBase(context: Context, stack: string, events?: EventReport): Promise<void> {
  const { report, signal } = context;
  const typed = upCommand(stack);
  let missing: MissingBase | undefined;
  const unlessMissing =
    <T>(take: (one: T) => void) =>
    (one: T) => {
      // Hide the refusal: base is brought up next, and the stack is tried again.
      if (missing === undefined) take(one);
    };
  const first = { ...context, report: unlessMissing(report) };
  try {
    await bringUp(first, stack, typed, events && unlessMissing(events), (error) => {
      if (error instanceof MissingBase) missing = error;
    });
  } catch (error) {
    if (missing === undefined || signal.aborted) throw error;
    const { base } = missing;
    report(`${base} is not up yet: bringing it up first.`);
    await bringUp(context, base, typed, events);
    await bringUp(context, stack, typed, events);
  }
}

async function bringUp(
  context: Context,
  name: string,
  typed: string,
  events?: EventReport,
  threw?: (error: unknown) => void,
): Promise<void> {
  await withStack(
    context,
    name,
    (stack) =>
      pastKilledRun(stack, context, (reported) =>
        reporting(reported, name, (output) => withoutSummary(stack).up(output), events),
      ),
    { threw, typed },
  );
}
