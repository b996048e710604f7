import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Context } from "../context";
import { pastKilledRun } from "./killedRun";
import { reporting } from "./pulumiOutput";
import { withStack } from "./workspace";

/** Destroys a stack with what is protected in it. Volumes are retained, as they are declared to be. */
export async function destroyWhole(context: Context, name: string): Promise<void> {
  await withStack(context, name, async (stack) => {
    const { pulumiCommand, workDir, envVars } = stack.workspace;
    const words = ["state", "unprotect", "--all", "--yes", "--stack", name, "--non-interactive"];
    await pastKilledRun(stack, context, async (reported) => {
      await promisify(execFile)(pulumiCommand.command, words, { cwd: workDir, env: { ...process.env, ...envVars } });
      await reporting(reported, (output) => stack.destroy(output));
    });
  });
}
