import type { Command } from "commander";
import { messageOf } from "../util/operatorError";
import { outliveReaders } from "../util/process/interruption";
import { ReportedFailure } from "./pulumi/words";

/** Runs the command that was typed; an error is printed as it is, and the process ends with 1. */
export function runCommand(program: Command): void {
  outliveReaders();
  program.parseAsync().catch((error: unknown) => {
    process.stderr.write(`${closingWords(error)}\n`);
    process.exitCode = 1;
    // Do not wait for work that cannot be aborted, such as a build.
    if (error instanceof Error && error.name === "Interrupted") process.exit();
  });
}

/** Returns the message for an error a command ended with. Pure. */
export function closingWords(error: unknown): string {
  return error instanceof ReportedFailure ? "Pulumi ended with an error, shown above." : messageOf(error);
}
