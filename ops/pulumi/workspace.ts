import "./ownConnections";
import { LocalWorkspace, Stack, StackAlreadyExistsError, StackNotFoundError } from "@pulumi/pulumi/automation";
import { leave } from "../../stacks/entrance";
import { inlineProgram, type Program } from "./inlineProgram";
import { passphraseEnvironment } from "./passphrase";
import type { Place } from "../place";
import { pulumiCommand } from "./pulumiCommand";
import { hasKey, shareSalt } from "./salt";

/**
 * Works on a stack; one that is not there is made. The program runs in this process, so no language host is needed.
 * The stack is named to each command and not selected: that would take a third of a second each time, and move what the
 * operator has selected for raw `pulumi`.
 */
export async function withStack<T>(
  name: string,
  place: Place,
  say: (line: string) => void,
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  // The program runs here, so what it reads from the environment must be here too.
  // A program that runs in this process is not told where the project is; .env and the backups are beside Pulumi.yaml.
  Object.assign(process.env, place.environment, { PULUMI_NODEJS_ROOT_DIRECTORY: place.workDir });
  // The command line says its version while the program is loaded: each takes a third of a second.
  const command = pulumiCommand(say);
  command.catch(() => undefined);
  const loaded = program();
  const workspace = await LocalWorkspace.create({
    workDir: place.workDir,
    envVars: environmentFor(place, say),
    pulumiCommand: await command,
    program: loaded,
  });
  Object.assign(workspace, { selectStack: async () => undefined });
  const stack = await Stack.select(name, workspace);
  const make = async (): Promise<void> => {
    shareSalt(name, place.workDir);
    await workspace.createStack(name);
  };
  try {
    // One that has no key yet was most likely never made; to find that out from Pulumi takes a start of it.
    if (!hasKey(name, place.workDir)) await make().catch(unless(StackAlreadyExistsError));
    return await work(stack).catch(async (error: unknown) => {
      unless(StackNotFoundError)(error);
      await make();
      return work(stack);
    });
  } finally {
    // What the program has entered it keeps to the end of its process, and this one may have more to do.
    await leave();
  }
}

/** Lets one kind of error pass. @throws any other */
function unless(kind: new (...args: never[]) => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof kind)) throw error;
  };
}

/** What every Pulumi process is given. */
export function environmentFor(place: Place, say: (line: string) => void): Record<string, string> {
  return {
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Pulumi and its plugins end within seconds: collecting their garbage as usual is a fourteenth of an `up` with
    // nothing to do, for 25 MiB.
    GOGC: process.env.GOGC ?? "400",
    ...passphraseEnvironment(place.workDir, { ...process.env, ...place.environment }, say),
    ...place.environment,
  };
}

function program() {
  // Loaded only by commands that run it: it takes half a second.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return inlineProgram(require("../../stacks/index") as Program);
}

/**
 * The stack, without what the SDK ends an `up` and a `destroy` with: asking the command line twice for all outputs and
 * once for the history, a second in all, where nobody reads them.
 */
export function withoutSummary(stack: Stack): Stack {
  return Object.assign(stack, { outputs: async () => ({}), info: async () => undefined });
}
