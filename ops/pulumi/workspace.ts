import "./ownConnections";
import { LocalWorkspace, Stack, StackAlreadyExistsError, StackNotFoundError } from "@pulumi/pulumi/automation";
import { leave } from "../../stacks/entrance";
import { kindOf } from "../../host/install/stacks";
import { settingsFile } from "../../stacks/stackNames";
import { readIfThere } from "../../util/files/readIfThere";
import type { Context } from "../context";
import { pulumiEnvironment } from "./environment";
import { inlineProgram } from "./inlineProgram";
import { pulumiCommand } from "./pulumiCommand";
import { hasKey, shareSalt } from "./salt";

/**
 * Works on a stack; one that is not there is made. The program runs in this process, so no language host is needed.
 * The stack is named to each command and not selected: that would take a third of a second each time, and move what the
 * operator has selected for raw `pulumi`.
 * @param threw told what the program throws
 */
export async function withStack<T>(
  context: Context,
  name: string,
  work: (stack: Stack) => Promise<T>,
  threw: (error: unknown) => void = () => undefined,
): Promise<T> {
  const { project, report } = context;
  const environment = pulumiEnvironment(project, report);
  // The command line says its version while the program is loaded: each takes a third of a second.
  const command = pulumiCommand(context);
  command.catch(() => undefined);
  const program = loadProgram();
  const workspace = await LocalWorkspace.create({
    workDir: project.folder,
    // What is undefined is left out of the environment of a process.
    envVars: environment as Record<string, string>,
    pulumiCommand: await command,
    program: inlineProgram(() => program({ projectFolder: project.folder, environment }), threw),
  });
  Object.assign(workspace, { selectStack: async () => undefined });
  const stack = await Stack.select(name, workspace);
  const make = async (): Promise<void> => {
    shareSalt(name, project.folder);
    await workspace.createStack(name);
  };
  const workOn = async (): Promise<T> => {
    // A stack made here has no settings file yet; its name says what it holds.
    if (!readIfThere(settingsFile(project.folder, name)).includes("scani:tier:"))
      await stack.setConfig("scani:tier", { value: kindOf(name) as string });
    return work(stack);
  };
  try {
    // One that has no key yet was most likely never made; to find that out from Pulumi takes a start of it.
    if (!hasKey(name, project.folder)) await make().catch(unless(StackAlreadyExistsError));
    return await workOn().catch(async (error: unknown) => {
      unless(StackNotFoundError)(error);
      await make();
      return workOn();
    });
  } finally {
    // What the program has entered it keeps to the end of its process, and this one may have more to do.
    await leave(report);
  }
}

/** Lets one kind of error pass. @throws any other */
function unless(kind: new (...args: never[]) => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof kind)) throw error;
  };
}

function loadProgram() {
  // Loaded only by commands that run it: it takes half a second.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require("../../stacks/program") as typeof import("../../stacks/program.js")).program;
}

/**
 * The stack, without what the SDK ends an `up` and a `destroy` with: asking the command line twice for all outputs and
 * once for the history, a second in all, where nobody reads them.
 */
export function withoutSummary(stack: Stack): Stack {
  return Object.assign(stack, { outputs: async () => ({}), info: async () => undefined });
}
