import { rawUpCommand, upCommand } from "../util/commands";
import { OperatorRunError } from "./operatorError";

/** A tier stack has no base to stand on yet. Whoever runs the program in its own process may bring it up. */
export class MissingBase extends OperatorRunError {
  /** @param base name of the stack that is to hold it */
  constructor(readonly base: string) {
    super({
      what: `There is no base yet: stack ${base} has not been brought up, and a tier stands on it. Nothing has been touched.`,
      type: [upCommand(base), rawUpCommand(base)],
    });
  }
}
