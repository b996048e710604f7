import { answeringEngine } from "../host/engine/connection/answering";
import type { Engine } from "../host/engine/engine";
import { reportToStderr, type Report } from "../util/progress/progress";
import { dockerHostOf, type Project } from "./project";

/** Where a command's words go. */
export interface Output {
  /** Takes what was asked for. */
  readonly print: Report;
  /** Takes what is said on the way there. */
  readonly report: Report;
}

/**
 * With `--json`, standard output is one line of JSON and nothing else, whatever has to be said on the way there. Pure.
 * @param options as they were typed
 */
export function outputFor(
  { json = false }: { readonly json?: boolean },
  stdout: Report,
  stderr: Report = reportToStderr,
): Output {
  return { print: stdout, report: json ? stderr : stdout };
}

/** What every command works with, made once from the command line. */
export interface Context extends Output {
  readonly project: Project;
  /**
   * The engine a stack is on: its setting, DOCKER_HOST, `.env`, the current Docker context, the local socket.
   * @throws OperatorError when it does not answer
   */
  readonly engine: (stack: string) => Promise<Engine>;
  /** Aborted when the operator interrupts; whoever works cleans up and ends. */
  readonly signal: AbortSignal;
}

/** The context of commands on a project. */
export function contextOf(
  project: Project,
  output: Output,
  signal: AbortSignal = new AbortController().signal,
): Context {
  const engine = (stack: string): Promise<Engine> => answeringEngine(dockerHostOf(project, stack), project.environment);
  return { ...output, project, engine, signal };
}
