import { spawn } from "node:child_process";

/** Outcome of a program. */
export interface Ended {
  /** Its exit code; undefined when it was killed. */
  readonly code?: number;
  /** Everything it printed, both streams as they came. */
  readonly output: string;
}

/**
 * Runs a program and keeps what it prints.
 * @param options.limit milliseconds after which it is killed
 * @throws Error when it cannot be started at all
 */
export function command(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; limit?: number } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      timeout: options.limit,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => reject(new Error(`cannot run ${program}: ${error.message}`, { cause: error })));
    child.on("close", (code) => resolve({ code: code ?? undefined, output: Buffer.concat(chunks).toString() }));
  });
}

/** Runs a program that must end with 0, and returns its output. @throws Error with the last lines of its output */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: Parameters<typeof command>[2] = {},
): Promise<string> {
  const { code, output } = await command(program, args, options);
  if (code === 0) return output;
  throw new Error(
    [
      `${program} ${args.join(" ")} ${code === undefined ? "was stopped" : `ended with ${code}`}:`,
      ...lastLines(output),
    ].join("\n"),
  );
}

/** Returns the last lines of an output, for an error. */
export function lastLines(output: string, count = 15): string[] {
  return output.trimEnd().split("\n").slice(-count);
}
