import { answeringEngine } from "../host/engine/connection/answering";
import type { Engine } from "../host/engine/engine";
import { reportToStderr, type Report } from "../util/progress/progress";
import { dockerHostOf, type Project } from "./project";

/** Destinations of a command's output. */
export interface Output {
  /** Takes the result that was asked for. */
  readonly print: Report;
  /** Takes what is reported on the way there. */
  readonly report: Report;
}

/**
 * Chooses where output goes: with `--json`, standard output is one line of JSON and nothing else, and reports go to
 * standard error. Pure.
 * @param options as they were typed
 */
export function outputFor(
  { json = false }: { readonly json?: boolean },
  stdout: Report,
  stderr: Report = reportToStderr,
): Output {
  return { print: stdout, report: json ? stderr : stdout };
}

/** Context every command works in, built once from the command line. */
export interface Context extends Output {
  readonly project: Project;
  /**
   * Connects to the engine a stack is on: its setting, DOCKER_HOST, `.env`, the current Docker context, the local
   * socket.
   * @throws OperatorError when it does not answer
   */
  readonly engine: (stack: string) => Promise<Engine>;
  /** Aborted when the operator interrupts, upon which running work cleans up and ends. */
  readonly signal: AbortSignal;
}

/** Builds the context of commands on a project. */
export function contextOf(
  project: Project,
  output: Output,
  signal: AbortSignal = new AbortController().signal,
): Context {
  const engine = (stack: string): Promise<Engine> => answeringEngine(dockerHostOf(project, stack), project.environment);
  return { ...output, project, engine, signal };
}
