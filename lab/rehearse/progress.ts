import type { EngineEvent } from "@pulumi/pulumi/automation";

/** Type tokens of this module's own resources, whose provider reports the steps of a handover. */
const own = "::scani-host:";

/**
 * Returns the lines a rehearsal reports of an `up`: the progress of this module's provider, and every error whole, with
 * the container's log, since the install is removed soon and nobody can look there any more. Pure.
 */
export function progressOf({ diagnosticEvent }: EngineEvent): string[] {
  if (diagnosticEvent === undefined) return [];
  const { severity, urn, message } = diagnosticEvent;
  const lines = message.trimEnd().split("\n");
  if (severity === "error") return [`  error: ${lines[0]}`, ...lines.slice(1).map((line) => `  ${line}`)];
  return severity === "info" && urn?.includes(own) ? lines.map((line) => `  ${line}`) : [];
}
