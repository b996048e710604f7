import { rawUpCommand, upCommand } from "../util/commands";
import { OperatorRunError } from "./operatorError";

/**
 * Refusal of a tier stack whose base has not been brought up. A command with the program in its own process may do so.
 */
export class MissingBase extends OperatorRunError {
  /** @param base name of the stack that is to hold it */
  constructor(readonly base: string) {
    super({
      what: `There is no base yet: stack ${base} has not been brought up, and a tier stands on it. Nothing has been touched.`,
      type: [upCommand(base), rawUpCommand(base)],
    });
  }
}
