import type { EngineEvent } from "@pulumi/pulumi/automation";
import { wholeLines } from "../../util/progress/wholeLines";
import type { Report } from "../../util/progress/progress";

/** Takes what happens in a Pulumi command. */
export type EventReport = (event: EngineEvent) => void;

/** How a Pulumi command is to print, and to whom. */
interface Output {
  readonly onOutput?: (piece: string) => void;
  readonly onError: (piece: string) => void;
  readonly onEvent?: EventReport;
  readonly color: "always" | "never";
}

/**
 * Runs a Pulumi command and reports what it prints, line by line.
 * @param events told what happens in place of what is printed
 */
export async function reporting<T>(
  report: Report,
  command: (output: Output) => Promise<T>,
  events?: EventReport,
): Promise<T> {
  const [lines, refusal] = [wholeLines(report), wholeLines(report)];
  try {
    return await command(
      events === undefined
        ? { onOutput: lines.take, onError: refusal.take, color: process.stdout.isTTY ? "always" : "never" }
        : { onEvent: events, onError: refusal.take, color: "never" },
    );
  } finally {
    lines.end();
    refusal.end();
  }
}
