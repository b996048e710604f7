import { CommandError, type EngineEvent } from "@pulumi/pulumi/automation";
import { wholeLines } from "../../util/progress/wholeLines";
import type { Context } from "../context";
import { besidePulumi } from "./besidePulumi";
import { ReportedFailure } from "./words";

/** Takes the events of a Pulumi command. */
export type EventReport = (event: EngineEvent) => void;

/** Output options of a Pulumi command. */
interface Output {
  readonly onOutput?: (piece: string) => void;
  readonly onError: (piece: string) => void;
  readonly onEvent?: EventReport;
  readonly color: "always" | "never";
  /** Interrupts it. */
  readonly signal: AbortSignal;
}

/**
 * Decides whether Pulumi prints colours: on a terminal that shows them, unless the operator wants none (NO_COLOR, as
 * https://no-color.org defines it) or a CI keeps the output. Pure.
 */
export function colorOf({ NO_COLOR = "", TERM, CI = "" }: NodeJS.ProcessEnv, onTerminal: boolean): Output["color"] {
  const isPlain = NO_COLOR !== "" || TERM === "dumb" || !["", "0", "false"].includes(CI);
  return onTerminal && !isPlain ? "always" : "never";
}

/**
 * Runs a Pulumi command and reports what it prints, line by line, to its end, even when it is interrupted.
 * @param events takes the events, in place of the printed lines
 * @throws ReportedFailure where it ended with an error
 */
export async function reporting<T>(
  { project, report, signal }: Pick<Context, "project" | "report" | "signal">,
  command: (output: Output) => Promise<T>,
  events?: EventReport,
): Promise<T> {
  const [lines, refusal] = [wholeLines(report), wholeLines(report)];
  try {
    return await besidePulumi((interrupt) => {
      const common = { onError: refusal.take, signal: AbortSignal.any([signal, interrupt]) };
      return command(
        events === undefined
          ? { ...common, onOutput: lines.take, color: colorOf(project.environment, process.stdout.isTTY) }
          : { ...common, onEvent: events, color: "never" },
      );
    });
  } catch (error) {
    throw error instanceof CommandError ? new ReportedFailure(error) : error;
  } finally {
    lines.end();
    refusal.end();
  }
}
