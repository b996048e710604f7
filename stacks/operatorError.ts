import * as pulumi from "@pulumi/pulumi";

/**
 * An error for the operator: Pulumi prints its message and nothing else.
 * Without a stack, since Pulumi inspects the error in colour before it looks at its kind, and Node 20 takes 25 s and a
 * gigabyte to colour a stack that passes through node_modules.
 */
export function operatorError(message: string): Error {
  const error = new pulumi.RunError(message);
  error.stack = message;
  return error;
}
