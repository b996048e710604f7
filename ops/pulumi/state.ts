import type { Deployment, Stack } from "@pulumi/pulumi/automation";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * A stack's state with its secrets encrypted. The Automation API's own export decrypts them, and its import writes what
 * it is given to a file everybody can read.
 */
export async function exportState(stack: Stack): Promise<Deployment> {
  return JSON.parse(await run(stack, ["stack", "export"])) as Deployment;
}

/** Puts a state back that `exportState` gave. */
export async function importState(stack: Stack, state: Deployment): Promise<void> {
  const folder = mkdtempSync(join(stack.workspace.envVars.TMPDIR || tmpdir(), "scani-state-"));
  try {
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    await run(stack, ["stack", "import", "--file", file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function run({ name, workspace }: Stack, words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    workspace.pulumiCommand.command,
    [...words, "--stack", name, "--non-interactive"],
    {
      cwd: workspace.workDir,
      env: workspace.envVars,
      maxBuffer: 256 * 1024 * 1024,
    },
  );
  return stdout;
}
