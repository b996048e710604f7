import "./ownConnections";
import {
  CommandError,
  LocalWorkspace,
  Stack,
  StackAlreadyExistsError,
  StackNotFoundError,
} from "@pulumi/pulumi/automation";
import { rmSync } from "node:fs";
import { releaseLocks } from "../../stacks/runLock";
import { kindOf } from "../../host/install/names/stacks";
import { settingsFile } from "../../stacks/stackNames";
import { readIfThere } from "../../util/files/readIfThere";
import { writeWhole } from "../../util/files/writeWhole";
import { messageOf, OperatorError } from "../../util/operatorError";
import type { Report } from "../../util/progress/progress";
import type { Context } from "../context";
import { pulumiEnvironment } from "./environment";
import { inlineProgram } from "./inlineProgram";
import { keepingSettings } from "./keptSettings";
import { refuseLost } from "./lostSettings";
import { changeSettings } from "./onCopy";
import { pulumiCommand } from "./pulumiCommand";
import { hasKey, settingsOf, shareSalt } from "./salt";
import { ReportedFailure, wordsOf } from "./words";

/** Options of work on a stack. */
export interface StackOptions {
  /** Called with what the program throws. */
  readonly threw?: (error: unknown) => void;
  /** Called where the stack had to be created. */
  readonly onMade?: () => void;
  /** Removes a stack that had to be created after the work, with what creating it wrote into its settings file. */
  readonly temporary?: boolean;
  /** The command as it is typed, where it applies the stack's settings: it is refused where they are lost. */
  readonly typed?: string;
}

/**
 * Works on a stack, which is created if it is missing. The program runs in this process, so no language host is needed.
 * Each command names the stack instead of selecting it: that would take a third of a second each time, and change what
 * the operator has selected for raw `pulumi`.
 * @throws OperatorError with Pulumi's words, ReportedFailure where they have been reported, and what the work throws
 */
export async function withStack<T>(
  context: Context,
  name: string,
  work: (stack: Stack) => Promise<T>,
  { threw = () => undefined, onMade = () => undefined, temporary = false, typed }: StackOptions = {},
): Promise<T> {
  const { project, report } = context;
  const environment = pulumiEnvironment(project, report);
  // Ask the command line for its version while the program is loaded: each takes a third of a second.
  const command = pulumiCommand(context);
  command.catch(() => undefined);
  const program = loadProgram();
  const workspace = await LocalWorkspace.create({
    workDir: project.folder,
    // Undefined values are left out of the environment of a process.
    envVars: environment as Record<string, string>,
    pulumiCommand: await command,
    program: inlineProgram(() => program({ projectFolder: project.folder, environment }), threw),
  });
  Object.assign(workspace, { selectStack: async () => undefined });
  const stack = await Stack.select(name, workspace);
  const file = settingsFile(project.folder, name);
  const before = readIfThere(file);
  let made: { settings: string } | undefined;
  const make = async (): Promise<void> => {
    shareSalt(name, project.folder);
    await keepingSettings(file, () => workspace.createStack(name));
    made = { settings: settingsOf(project.folder, name) };
    onMade();
  };
  const workOn = async (): Promise<T> => {
    // A stack created here has no settings yet; its name says what it holds.
    if (!settingsOf(project.folder, name).includes("scani:tier:")) {
      const found = made === undefined ? await refuseLost(context, name, typed) : "there";
      if (found === "missing") await make();
      // A file that sets nothing is how lost settings are known, until a command goes on with the defaults.
      if (found !== "lost" || typed !== undefined)
        await changeSettings(stack, (run) =>
          run(["config", "set", "--plaintext", "scani:tier", kindOf(name) as string]),
        );
      if (made !== undefined) made.settings = settingsOf(project.folder, name);
    }
    return work(stack);
  };
  try {
    // A stack that has no key yet was most likely never created, and asking Pulumi would cost a start of it.
    if (!hasKey(name, project.folder)) await make().catch(unless(StackAlreadyExistsError));
    return await workOn().catch(async (error: unknown) => {
      unless(StackNotFoundError)(error);
      await make();
      return workOn();
    });
  } catch (error) {
    // The operator has not seen what the SDK's own Pulumi commands printed.
    throw error instanceof CommandError
      ? new OperatorError({ what: `Pulumi failed on stack ${name}.`, why: wordsOf(error) }, { cause: error })
      : error;
  } finally {
    const removed = made !== undefined && temporary && (await removeMade(workspace, name, report));
    // Settings that somebody has changed meanwhile stay, with the key they are encrypted with.
    if (removed && settingsOf(project.folder, name) === made?.settings) putBack(file, before);
    // The program keeps its lock until its process ends, and this process may have more to do.
    await releaseLocks(report);
  }
}

/**
 * Removes a stack that was created a moment ago. If somebody has begun to bring it up since, Pulumi refuses and it
 * stays.
 * @returns true where it is gone
 */
async function removeMade(workspace: LocalWorkspace, name: string, report: Report): Promise<boolean> {
  try {
    await workspace.removeStack(name, { preserveConfig: true });
    return true;
  } catch (error) {
    const said = error instanceof CommandError ? wordsOf(error) : messageOf(error);
    if (!/still has resources|currently locked/.test(said))
      report(`Stack ${name} was made for this, and Pulumi does not remove it again: ${said}`);
    return false;
  }
}

/** @param text undefined where there was no such file */
function putBack(file: string, text: string | undefined): void {
  if (text === undefined) rmSync(file, { force: true });
  else writeWhole(file, text);
}

/** Lets one kind of error pass. @throws any other */
function unless(kind: new (...args: never[]) => Error): (error: unknown) => void {
  return (error) => {
    if (!((error instanceof ReportedFailure ? error.cause : error) instanceof kind)) throw error;
  };
}

function loadProgram() {
  // Loaded only by commands that run it: it takes half a second.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require("../../stacks/program") as typeof import("../../stacks/program.js")).program;
}

/**
 * Returns the stack without the SDK's summary after an `up` and a `destroy`, which asks the command line twice for all
 * outputs and once for the history, a second in all, and which nobody reads.
 */
export function withoutSummary(stack: Stack): Stack {
  return Object.assign(stack, { outputs: async () => ({}), info: async () => undefined });
}
