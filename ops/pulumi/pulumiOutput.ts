import { CommandError, type EngineEvent } from "@pulumi/pulumi/automation";
import { canBeRestarted } from "../../host/engine/connect";
import { renderProblem } from "../../util/operatorError";
import { wholeLines } from "../../util/progress/wholeLines";
import type { Context } from "../context";
import { dockerHostOf } from "../project";
import { besidePulumi } from "./besidePulumi";
import { PluginRefusals } from "./pluginRefusals";
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
 * Runs a Pulumi command on a stack and reports what it prints, line by line, to its end, even when it is interrupted.
 * Where the Docker plugin was refused something, what to do about it is reported after that.
 * @param events takes the events, in place of the printed lines
 * @throws ReportedFailure where it ended with an error
 */
export async function reporting<T>(
  { project, report, signal }: Pick<Context, "project" | "report" | "signal">,
  stack: string,
  command: (output: Output) => Promise<T>,
  events?: EventReport,
): Promise<T> {
  const refusals = new PluginRefusals();
  const take = (line: string): void => {
    refusals.takeLine(line);
    report(line);
  };
  const takeEvent = (event: EngineEvent): void => {
    refusals.takeEvent(event);
    events?.(event);
  };
  const [lines, errors] = [wholeLines(take), wholeLines(take)];
  const run = async (): Promise<T> => {
    try {
      return await besidePulumi((interrupt) => {
        const common = { onError: errors.take, signal: AbortSignal.any([signal, interrupt]) };
        return command(
          events === undefined
            ? { ...common, onOutput: lines.take, color: colorOf(project.environment, process.stdout.isTTY) }
            : { ...common, onEvent: takeEvent, color: "never" },
        );
      });
    } finally {
      lines.end();
      errors.end();
    }
  };
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const isSystemService = (): boolean => {
      try {
        return canBeRestarted(dockerHostOf(project, stack), project.environment);
      } catch {
        // A wrong address is Pulumi's own failure, which has been shown.
        return false;
      }
    };
    for (const problem of refusals.problems(isSystemService)) report(renderProblem(problem));
    throw new ReportedFailure(error);
  }
}
