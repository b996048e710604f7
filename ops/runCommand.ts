import type { Command } from "commander";
import { messageOf } from "../util/operatorError";
import { outliveReaders } from "../util/process/interruption";
import { ReportedFailure } from "./pulumi/words";

/** Carries out what was typed; an error is said as it is, and the process ends with 1. */
export function runCommand(program: Command): void {
  outliveReaders();
  program.parseAsync().catch((error: unknown) => {
    process.stderr.write(`${closingWords(error)}\n`);
    process.exitCode = 1;
    // What cannot be called off, such as a build, is not waited for.
    if (error instanceof Error && error.name === "Interrupted") process.exit();
  });
}

/** What is said of an error a command ended with. Pure. */
export function closingWords(error: unknown): string {
  return error instanceof ReportedFailure ? "Pulumi ended with an error, shown above." : messageOf(error);
}
