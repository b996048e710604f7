import { answeringEngine } from "../host/engine/connection/answering";
import type { Engine } from "../host/engine/engine";
import type { Report } from "../util/progress/progress";
import { dockerHostOf, type Project } from "./project";

/** What every command works with, made once from the command line. */
export interface Context {
  readonly project: Project;
  /**
   * The engine a stack is on: its setting, DOCKER_HOST, `.env`, the current Docker context, the local socket.
   * @throws OperatorError when it does not answer
   */
  readonly engine: (stack: string) => Promise<Engine>;
  readonly report: Report;
  /** Aborted when the operator interrupts; whoever works cleans up and ends. */
  readonly signal: AbortSignal;
}

/** The context of commands on a project. */
export function contextOf(
  project: Project,
  report: Report,
  signal: AbortSignal = new AbortController().signal,
): Context {
  const engine = (stack: string): Promise<Engine> => answeringEngine(dockerHostOf(project, stack), project.environment);
  return { project, engine, report, signal };
}
