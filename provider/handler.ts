/**
 * What a resource of this module does when Pulumi asks. Inputs are plain values, whatever Pulumi keeps secret among
 * them.
 */
export interface Handler<Inputs = Record<string, unknown>> {
  /** Fixed id of the resource: there is one of a kind per stack. */
  id(inputs: Inputs): string;
  /** Inputs that say where the command runs rather than what is wanted: a change to them alone is no difference. */
  readonly incidental?: readonly (keyof Inputs & string)[];
  /** True when the host is not as the inputs want it, whatever the state says. */
  differs(inputs: Inputs, context: Pick<Context, "signal">): Promise<boolean>;
  /** Makes the host so. Creates and updates are the same thing. @returns outputs beside the inputs, where it has any */
  apply(inputs: Inputs, context: Context): Promise<Readonly<Record<string, unknown>> | void>;
  /**
   * Called before anything of the stack is deleted; throwing refuses.
   * @param stack its name, for the commands in a refusal
   */
  remove(inputs: Inputs, stack: string): Promise<void>;
}

/** How a handler talks back while it works. */
export interface Context {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  /** A line for the operator, shown as it comes and kept. */
  say(line: string): void;
  /** Aborted when the operator interrupts, or the install's lock is lost. */
  readonly signal: AbortSignal;
  /** Takes the install's lock where there was no running gateway to take it in. @throws LockTaken */
  lockAgain(): Promise<void>;
}
