import type { Stack } from "@pulumi/pulumi/automation";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Pulumi's command line, and where it runs. */
export interface PulumiCli {
  readonly command: string;
  /** Folder with Pulumi.yaml. */
  readonly cwd: string;
  /** Its environment, whole. */
  readonly env: NodeJS.ProcessEnv;
}

/** Exit code and output of a command. */
export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Returns the command line the SDK works on a stack with. */
export function cliOf({ workspace: { pulumiCommand, workDir, envVars } }: Stack): PulumiCli {
  return { command: pulumiCommand.command, cwd: workDir, env: envVars };
}

/**
 * Runs a Pulumi command on a stack, without asking the operator anything.
 * @param input its standard input; a secret goes there, because commands show in process lists
 * @returns also where the command failed
 * @throws Error when it cannot be started
 */
export async function runOnStack(
  { command, cwd, env }: PulumiCli,
  stack: string,
  words: readonly string[],
  input?: string,
): Promise<Printed> {
  const child = spawn(command, [...words, "--stack", stack, "--non-interactive"], { cwd, env });
  // A command may end without reading its input.
  child.stdin.on("error", () => undefined).end(input);
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: code ?? 1, stdout, stderr };
}
