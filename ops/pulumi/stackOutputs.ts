import { execFile } from "node:child_process";
import { OperatorError } from "../../util/operatorError";
import type { Context } from "../context";
import { pulumiEnvironment } from "./environment";
import { pulumiCommand } from "./pulumiCommand";

/** Bytes of outputs at most; base's are a few thousand. */
const maxBuffer = 16 * 1024 * 1024;

/** What Pulumi says of a stack that was never made. */
const notThere = /no stack named .* found/;

/**
 * Outputs of a stack by their names, secrets in clear; undefined where there is no such stack. The SDK would start the
 * command line twice, to say of each whether it is secret.
 * @throws OperatorError with Pulumi's words
 */
export async function stackOutputs(
  context: Context,
  stack: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { project, report } = context;
  const { command } = await pulumiCommand(context);
  const options = { cwd: project.folder, env: pulumiEnvironment(project, report), maxBuffer };
  return new Promise((resolve, reject) => {
    execFile(
      command,
      ["stack", "output", "--json", "--show-secrets", "--non-interactive", "--stack", stack],
      options,
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as Record<string, unknown>);
        else if (notThere.test(stderr)) resolve(undefined);
        // Not the error's own message, which may hold what was printed.
        else
          reject(
            new OperatorError({
              what: `Pulumi does not say what stack ${stack} holds.`,
              why: stderr.trim() || `It ended with exit code ${error.code}.`,
            }),
          );
      },
    );
  });
}
