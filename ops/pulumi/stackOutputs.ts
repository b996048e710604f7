import { execFile } from "node:child_process";
import { environmentFor } from "./workspace";
import type { Place } from "../place";
import { pulumiCommand } from "./pulumiCommand";

/** Bytes of outputs at most; base's are a few thousand. */
const maxBuffer = 16 * 1024 * 1024;

/** What Pulumi says of a stack that was never made. */
const notThere = /no stack named .* found/;

/**
 * Outputs of a stack by their names, secrets in clear; undefined where there is no such stack. The SDK would start the
 * command line twice, to say of each whether it is secret.
 * @throws Error with Pulumi's words
 */
export async function stackOutputs(
  stack: string,
  place: Place,
  say: (line: string) => void,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { command } = await pulumiCommand(say);
  const options = { cwd: place.workDir, env: { ...process.env, ...environmentFor(place, say) }, maxBuffer };
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
            new Error(`Pulumi does not say what stack ${stack} holds: ${stderr.trim() || `exit code ${error.code}`}`),
          );
      },
    );
  });
}
