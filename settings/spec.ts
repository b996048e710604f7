import type { z } from "zod";

/** The three kinds of stack: what outlives every release, and one release of Scani per tier. */
export type StackKind = "base" | "tier1" | "tier2";

/** A tier stack's kind. */
export type Tier = Exclude<StackKind, "base">;

/** Entry of the table for one setting an operator can give. */
export interface Spec {
  /** Name in the environment and in `.env`; without it the setting's own name, which is Scani's. */
  readonly variable?: string;
  /** Stack kinds that read it. A stack ignores settings that are not its own. */
  readonly stacks: readonly StackKind[];
  /** True where it is never shown in a preview, log, output or error. */
  readonly secret?: true;
  /** Its purpose in one sentence, as `.env.example` and `Pulumi.yaml` print it. */
  readonly describe: string;
  /** Text form of the default; absent when nothing is assumed. */
  readonly fallback?: string;
  /** True where base generates it once, if nobody gives it, and keeps it for ever. */
  readonly generated?: true;
  /** True where base derives it, if nobody gives it, from the services it runs or from other settings. */
  readonly derived?: true;
  /** True where a stack that reads it cannot be declared without it. */
  readonly required?: true;
  /** Checks and converts the text form. Its messages finish the sentence "<name> …". */
  readonly schema: z.ZodType<unknown, string>;
  /** A valid value, for `.env.example` and the "type this" part of an error. */
  readonly example: string;
  /** File an operator has its value in, from which the command in an error reads it. */
  readonly file?: string;
}
