import { baseOf, checkStackName, kindOf } from "./stackNames";
import { hasBase, home, openStack, type Place } from "./workspace";

export type Say = (line: string) => void;

/** Brings a stack up: for a tier, the switch to it. Base first, where it is missing. */
export async function up(stack: string, say: Say, place: Place = home, signal?: AbortSignal): Promise<void> {
  checkStackName(stack);
  if (kindOf(stack) !== "base" && !await hasBase(place, baseOf(stack), say)) {
    say(`${baseOf(stack)} is not up yet: bringing it up first.`);
    await bringUp(baseOf(stack), say, place, signal);
  }
  await bringUp(stack, say, place, signal);
}

async function bringUp(name: string, say: Say, place: Place, signal?: AbortSignal): Promise<void> {
  const stack = await openStack(name, place, say);
  await configureKind(stack, name);
  await stack.up({ signal, onOutput: say, color: process.stdout.isTTY ? "always" : "never" });
}

/** A stack made here has no settings file yet; its name says what it holds. */
async function configureKind(stack: Awaited<ReturnType<typeof openStack>>, name: string): Promise<void> {
  const config = await stack.getAllConfig();
  if (config["scani:tier"] === undefined) await stack.setConfig("scani:tier", { value: kindOf(name) as string });
}
