import { OperatorError } from "../../util/operatorError";
import type { Context } from "../context";
import { pulumiEnvironment } from "./environment";
import { runOnStack } from "./onStack";
import { pulumiCommand } from "./pulumiCommand";

/** Pulumi's message for a stack that was never created. */
const notThere = /no stack named .* found/;

/**
 * Reads the outputs of a stack by their names, secrets decrypted; undefined where there is no such stack. The SDK would
 * start the command line twice, to tell of each whether it is secret.
 * @throws OperatorError with Pulumi's words
 */
export async function stackOutputs(
  context: Context,
  stack: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { project, report } = context;
  const { command } = await pulumiCommand(context);
  const { code, stdout, stderr } = await runOnStack(
    { command, cwd: project.folder, env: pulumiEnvironment(project, report) },
    stack,
    ["stack", "output", "--json", "--show-secrets"],
  );
  if (code === 0) return JSON.parse(stdout) as Record<string, unknown>;
  if (notThere.test(stderr)) return undefined;
  // Standard output is left out, since it may hold a secret.
  throw new OperatorError({
    what: `Pulumi does not say what stack ${stack} holds.`,
    why: stderr.trim() || `It ended with exit code ${code}.`,
  });
}
