import * as pulumi from "@pulumi/pulumi";
import { renderProblem, type Problem } from "../util/operatorError";

/**
 * Error for the operator: Pulumi prints its message and nothing else. It has no stack, since Pulumi inspects the error
 * in colour before it looks at its kind, and Node 20 takes 25 s and a gigabyte to colour a stack that passes through
 * node_modules.
 */
export class OperatorRunError extends pulumi.RunError {
  constructor(problem: Problem | string) {
    super(typeof problem === "string" ? problem : renderProblem(problem));
    this.stack = this.message;
  }
}
