import type { CommandError } from "@pulumi/pulumi/automation";
import { stripVTControlCharacters } from "node:util";

/**
 * Pulumi's words without the colours it gives them on a terminal, with which it also ends them: whatever reads a meaning
 * from its words reads these. Pure.
 */
export function plainWords(printed: string): string {
  return stripVTControlCharacters(printed);
}

/**
 * What Pulumi said of a command that failed. The error's own message surrounds it with the command, and says it twice.
 * Pure.
 */
export function wordsOf(error: CommandError): string {
  // The SDK keeps them to itself.
  const { commandResult } = error as unknown as { commandResult?: { err?: { stderr?: string } } };
  return plainWords(commandResult?.err?.stderr || error.message).trim();
}

/** A Pulumi command failed, and the operator has read what it printed. The message repeats all of it. */
export class ReportedFailure extends Error {
  readonly name = "ReportedFailure";

  constructor(readonly cause: CommandError) {
    super(plainWords(cause.message));
  }
}
