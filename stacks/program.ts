import * as pulumi from "@pulumi/pulumi";
import { stacksBeside } from "../host/install/names/stacks";
import {
  isSet,
  operatorSources,
  misspeltInEnvironment,
  resolveSettings,
  unreadInDotenv,
  type Settings,
} from "../settings";
import { rawUpCommand, unsetCommand, upCommand } from "../util/commands";
import { OperatorError, renderProblem } from "../util/operatorError";
import { baseStack } from "./base";
import { ancestors, partialOption } from "./commandLine";
import { realHost, type ProgramArgs } from "./host";
import { OperatorRunError } from "./operatorError";
import { StackFile } from "./stackFile";
import { markThrowaway } from "./throwaway";
import { tierStack } from "./tier";

// Pulumi takes a stack trace of every promise it makes, which costs a preview a third of a second, and Node 20 takes 25
// s to colour one that passes through node_modules. SCANI_DEBUG=true brings them back.
if (!isSet("debug")) Error.stackTraceLimit = 0;

/** Runs the program of all three stacks; the settings choose which. */
export async function program(args: ProgramArgs): Promise<Record<string, pulumi.Input<unknown>>> {
  try {
    refusePartial(args);
    const settings = readSettings(args);
    markThrowaway();
    const host = await realHost(settings, args);
    return settings.tier === "base" ? await baseStack(settings, host) : await tierStack(settings, host);
  } catch (error) {
    if (error instanceof OperatorError) throw new OperatorRunError(error.message);
    throw error;
  }
}

/**
 * Refuses to update a part of a stack: that would leave out what switches to a release and protects the one that
 * serves.
 */
function refusePartial({ environment }: ProgramArgs): void {
  const option = partialOption(ancestors(), environment);
  if (option === undefined) return;
  const stack = pulumi.getStack();
  throw new OperatorError({
    what: `${option} leaves a part of stack ${stack} out, and its parts go together: a container that serves would be replaced without a switch. Nothing has been touched.`,
    type: option.startsWith("PULUMI_")
      ? [unsetCommand(option), upCommand(stack)]
      : [upCommand(stack), rawUpCommand(stack)],
  });
}

function readSettings({ projectFolder, environment }: ProgramArgs): Settings {
  const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
  const file = new StackFile(projectFolder, stack);
  const namespace = `${project}:`;
  const sources = operatorSources(projectFolder, file.isolated, environment);
  const unread = [...unreadInDotenv(Object.keys(sources.dotenv)), ...misspeltInEnvironment(Object.keys(environment))];
  for (const problem of unread) void pulumi.log.warn(renderProblem(problem));
  return resolveSettings(
    {
      // Bypass pulumi.Config, which prints a warning for every secret that is read to be checked.
      config: (name) => pulumi.runtime.getConfig(`${namespace}${name}`),
      configNames: Object.keys(pulumi.runtime.allConfig())
        .filter((name) => name.startsWith(namespace))
        .map((name) => name.slice(namespace.length)),
      ownNames: file.ownNames(namespace),
      stacks: stacksBeside(stack, file.text(`${namespace}baseStack`)),
      encrypted: file.isolated ? undefined : (name) => !file.unencrypted(`${namespace}${name}`),
      ...sources,
    },
    stack,
  );
}
