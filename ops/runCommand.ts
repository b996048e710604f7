import type { Command } from "commander";
import { outliveReaders } from "../util/process/interruption";

/** Carries out what was typed; an error is said as it is, and the process ends with 1. */
export function runCommand(program: Command): void {
  outliveReaders();
  program.parseAsync().catch((error: Error) => {
    // Pulumi has already shown its own output; its errors repeat all of it.
    process.stderr.write(
      `${error.name === "CommandError" ? "Pulumi ended with an error, shown above." : error.message}\n`,
    );
    process.exitCode = 1;
    // What cannot be called off, such as a build, is not waited for.
    if (error.name === "Interrupted") process.exit();
  });
}
