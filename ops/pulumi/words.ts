import type { CommandError } from "@pulumi/pulumi/automation";
import { stripVTControlCharacters } from "node:util";

/**
 * Strips the colours that Pulumi's words have, and end with, on a terminal; whatever reads a meaning from them reads
 * the result. Pure.
 */
export function plainWords(printed: string): string {
  return stripVTControlCharacters(printed);
}

/**
 * Returns what Pulumi printed of a command that failed. The error's own message surrounds it with the command, and
 * repeats it. Pure.
 */
export function wordsOf(error: CommandError): string {
  // The property is private to the SDK.
  const { commandResult } = error as unknown as { commandResult?: { err?: { stderr?: string } } };
  return plainWords(commandResult?.err?.stderr || error.message).trim();
}

/** Failure of a Pulumi command whose output the operator has read. The message repeats all of it. */
export class ReportedFailure extends Error {
  readonly name = "ReportedFailure";

  constructor(readonly cause: CommandError) {
    super(plainWords(cause.message));
  }
}
