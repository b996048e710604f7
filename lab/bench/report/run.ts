import type { FilesSeen } from "../../rehearse/papers";

/** Names of the runs, in the order they are made; readers of the JSON recognise the control by `compose`. */
export const runName = {
  composeForth: "compose, tier 1 to 2",
  composeBack: "compose, tier 2 to 1",
  first: "tier 1 to 2, first time",
  back: "tier 2 to 1, containers stopped",
  again: "tier 1 to 2, containers stopped",
  slowBack: "tier 2 to 1, a slow response open",
  slowForth: "tier 1 to 2, a slow response open",
  warmForth: "tier 1 to 2, kept warm",
  warmBack: "tier 2 to 1, kept warm",
  newTag: "new image tag, tier 1",
} as const;

/**
 * Outcome of a response that was begun before the flip. `missed`: it was not open when the gateway flipped, so it
 * proves nothing.
 */
export type SlowResponse = "whole" | "cut" | "missed";

/** One measured switch. Times in milliseconds. */
export interface Run {
  readonly name: string;
  /** Requests sent, and those among them without a whole response of the expected status. */
  readonly sent: number;
  readonly failed: number;
  /** Longest time in which no request to the api succeeded, or none for the page: whichever was longer. */
  readonly longestGapMs: number;
  /** First gateway command to last; null for the control, which has no gateway. */
  readonly flipMs: number | null;
  /** From the command's start to its end, less the seconds of the soak; for the control, until the api is ready too. */
  readonly totalMs: number;
  /**
   * Parts of the command's time: Pulumi with the containers it creates, then each step of the handover by its id, in
   * full even if steps run concurrently. The control has no steps.
   */
  readonly parts?: Readonly<Record<string, number>>;
  /** 99th percentile of successful requests, before the command and while it ran; null where none succeeded. */
  readonly p99BeforeMs: number | null;
  readonly p99DuringMs: number | null;
  /** Users' files and the jobs that read them, once the switch is over; the control has no bucket. */
  readonly files?: FilesSeen;
  /** Only on the runs that hold a response open over the flip. */
  readonly slowResponse?: SlowResponse;
}

/** Returns true for a run of the guide's own procedure. */
export function isControl({ name }: Pick<Run, "name">): boolean {
  return name.startsWith("compose");
}
