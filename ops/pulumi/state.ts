import type { Deployment, Stack } from "@pulumi/pulumi/automation";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../util/operatorError";
import { cliOf, runOnStack } from "./onStack";

/**
 * Exports a stack's state with its secrets encrypted. The Automation API's own export decrypts them, and its import
 * writes what it is given to a file everybody can read.
 */
export async function exportState(stack: Stack): Promise<Deployment> {
  return JSON.parse(await run(stack, ["stack", "export"])) as Deployment;
}

/** Imports a state that `exportState` gave. */
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

/** Lifts the protection of everything in a stack, so that it can be destroyed. */
export async function unprotectAll(stack: Stack): Promise<void> {
  await run(stack, ["state", "unprotect", "--all", "--yes"]);
}

/** @throws OperatorError with Pulumi's words, which may name the lock it was refused for */
async function run(stack: Stack, words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runOnStack(cliOf(stack), stack.name, words);
  if (code === 0) return stdout;
  throw new OperatorError({
    what: `Pulumi failed at "${words.slice(0, 2).join(" ")}" of ${stack.name}.`,
    why: stderr.trim() || `It ended with exit code ${code}.`,
  });
}
