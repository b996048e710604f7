import * as pulumi from "@pulumi/pulumi";
import { isSet, operatorSources, resolveSettings, unknownInDotenv, type Settings } from "../settings";
import { OperatorError, renderProblem } from "../util/operatorError";
import { baseStack } from "./base";
import { realHost } from "./host";
import { operatorError } from "./operatorError";
import { markThrowaway } from "./throwaway";
import { tierStack } from "./tier";

// Pulumi takes a stack trace of every promise it makes, which costs a preview a third of a second, and Node 20 takes 25
// s to colour one that passes through node_modules. SCANI_DEBUG=true brings them back.
if (!isSet("debug")) Error.stackTraceLimit = 0;

/** The program of all three stacks: the settings choose which. */
export = async function program(): Promise<Record<string, pulumi.Input<unknown>>> {
  const settings = checkedSettings();
  markThrowaway();
  const host = realHost(settings);
  return settings.tier === "base" ? baseStack(settings, host) : tierStack(settings, host);
};

/** The SDK has it but keeps it out of its types. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

function checkedSettings(): Settings {
  const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
  const isolated = isSet("isolated");
  const namespace = `${project}:`;
  try {
    const sources = operatorSources(pulumi.getRootDirectory(), isolated, process.env);
    for (const problem of unknownInDotenv(Object.keys(sources.dotenv))) void pulumi.log.warn(renderProblem(problem));
    return resolveSettings(
      {
        // Read below pulumi.Config, which prints a warning for every secret that is read to be checked.
        config: (name) => pulumi.runtime.getConfig(`${namespace}${name}`),
        configNames: Object.keys(pulumi.runtime.allConfig())
          .filter((name) => name.startsWith(namespace))
          .map((name) => name.slice(namespace.length)),
        encrypted: isolated ? undefined : (name) => isConfigSecret(`${namespace}${name}`),
        ...sources,
      },
      stack,
    );
  } catch (error) {
    if (error instanceof OperatorError) throw operatorError(error.message);
    throw error;
  }
}
