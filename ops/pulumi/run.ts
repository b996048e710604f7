import { spawn } from "node:child_process";
import { reportToStderr } from "../../util/progress/progress";
import type { Context } from "../context";
import { besidePulumi } from "./besidePulumi";
import { pulumiEnvironment } from "./environment";
import { pulumiCommand } from "./pulumiCommand";

/** How it is called where PATH has it. */
const name = "pulumi";

/**
 * Runs Pulumi itself in the project, with the project's state and passphrase, on this process's own terminal.
 * @param words what to tell it
 * @returns its exit code
 */
export async function runPulumi(context: Context, words: readonly string[]): Promise<number> {
  const { project } = context;
  // Where it was found is nobody's answer, and would be in the way of what Pulumi prints.
  const { command } = await pulumiCommand({ project, report: () => undefined });
  const env = pulumiEnvironment(project, reportToStderr);
  return besidePulumi((interrupt) => {
    const child = spawn(command, words, { argv0: name, cwd: project.folder, env, stdio: "inherit" });
    interrupt.addEventListener("abort", () => child.kill("SIGINT"));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? 1));
    });
  });
}
