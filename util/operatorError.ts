/** One thing that is wrong, as an operator reads it. None of its parts holds a secret. */
export interface Problem {
  /** The fault: a sentence whose subject is the setting, container or file it is about. */
  readonly what: string;
  /** The cause or the consequence, in further sentences. */
  readonly why?: string;
  /** Commands to type, as `util/commands` spells them; the first is the one to try first. */
  readonly type?: string | readonly string[];
}

/** Returns the commands to type against a problem, the one to try first at the front. Pure. */
export function commandsOf({ type = [] }: Problem): readonly string[] {
  return typeof type === "string" ? [type] : type;
}

/** Renders a problem as lines of text. Pure. */
export function renderProblem(problem: Problem): string {
  const { what, why } = problem;
  const commands = commandsOf(problem).map((command) => `type: ${command}`);
  const lines = [...(why === undefined ? [] : why.split("\n")), ...commands];
  return [what, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** Renders several problems under a heading, each indented once more. Pure. */
export function renderProblems(heading: string, problems: readonly Problem[]): string {
  const indented = problems.flatMap((problem) =>
    renderProblem(problem)
      .split("\n")
      .map((line) => `  ${line}`),
  );
  return [heading, ...indented].join("\n");
}

/** Optional parts of an `OperatorError`. */
export interface OperatorErrorOptions extends ErrorOptions {
  /** The last lines the container in question logged. */
  readonly logTail?: readonly string[];
}

/** The one error an operator may see. Its message is for them as it is: what is wrong, why, and what to type. */
export class OperatorError extends Error {
  readonly problems: readonly Problem[];
  readonly logTail: readonly string[];

  /**
   * @param problem one, or several under a heading
   * @param heading the first line where there are several; without it a single problem stands by itself
   */
  constructor(problem: Problem | readonly Problem[], options: OperatorErrorOptions = {}, heading?: string) {
    const problems = Array.isArray(problem) ? (problem as readonly Problem[]) : [problem as Problem];
    super(heading === undefined ? problems.map(renderProblem).join("\n") : renderProblems(heading, problems), options);
    this.name = "OperatorError";
    this.problems = problems;
    this.logTail = options.logTail ?? [];
  }
}

/**
 * Returns the problems behind whatever was thrown; an error without parts becomes one problem with its message. Pure.
 */
export function problemsOf(thrown: unknown): readonly Problem[] {
  return thrown instanceof OperatorError ? thrown.problems : [{ what: messageOf(thrown) }];
}

/** Returns the message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Renders a failure for the operator: what happened, then the end of the log. Pure. */
export function withLogTail(thrown: unknown): string {
  const tail = thrown instanceof OperatorError ? thrown.logTail : [];
  return [
    messageOf(thrown),
    ...(tail.length > 0 ? ["", "The last it logged:", ...tail.map((line) => `    ${line}`)] : []),
  ].join("\n");
}
