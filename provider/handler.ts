/** Operations of a resource of this module. Inputs are plain values, even those that Pulumi keeps secret. */
export interface Handler<Inputs = Record<string, unknown>> {
  /** Returns the fixed id of the resource: there is one of a kind per stack. */
  id(inputs: Inputs): string;
  /** Inputs that say where the command runs rather than what is wanted: a change to them alone is no difference. */
  readonly incidental?: readonly (keyof Inputs & string)[];
  /** True when the host is not as the inputs want it, whatever the state says. */
  differs(inputs: Inputs, context: Pick<Context, "signal">): Promise<boolean>;
  /**
   * Makes the host match the inputs, for a create and an update alike.
   * @returns outputs besides the inputs, where it has any
   */
  apply(inputs: Inputs, context: Context): Promise<Readonly<Record<string, unknown>> | void>;
  /**
   * Runs before anything of the stack is deleted; throwing refuses.
   */
  remove(inputs: Inputs, context: Pick<Context, "stack" | "say">): Promise<void>;
}

/** Context in which a handler works. */
export interface Context {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  /** Shows the operator a line as it comes, and keeps it shown. */
  say(line: string): void;
  /** Aborted when the operator interrupts, or the install's lock is lost. */
  readonly signal: AbortSignal;
  /** Takes the install's lock if no running gateway could hold it before. @throws LockTaken */
  lockAgain(): Promise<void>;
}
