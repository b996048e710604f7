import { describeShortcomings, servingOf, type Serving } from "../install/facts";
import { readFacts } from "../install/readFacts";
import { adoptCommand, upCommand } from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import { phasesOf } from "./phases";
import { isTakenOver } from "./phases/files";
import type { AdoptRun } from "./phases/phase";
import { RetirePhase } from "./phases/takeOver";

/** What is true of an adoption whose way back is to be given up. */
export interface Settling {
  /** What is still to be done before compose's part is this module's, as a plan says it; undefined where nothing is. */
  readonly open?: string;
  readonly serving: Serving;
}

/** Reads it. */
export async function readSettling(run: AdoptRun): Promise<Settling> {
  const { engine, install } = run;
  return { open: await openIn(run), serving: servingOf(await readFacts(engine, install)) };
}

/** Once compose's part is taken over, only what of it runs, or will again, is left to do: the rest is this module's own. */
async function openIn(run: AdoptRun): Promise<string | undefined> {
  const isTaken = await isTakenOver(run);
  const phases = isTaken ? [new RetirePhase()] : phasesOf(run.record);
  for (const phase of phases) if (!(await phase.done(run))) return phase.describe(run.record);
  return isTaken ? undefined : "compose's part has not been taken over";
}

/**
 * Why the way back is not to be given up: something would be lost by it. What is amiss with this module's own Scani is no
 * reason while it serves. Pure.
 * @param removesFiles whether compose's volume of files goes too
 */
export function settlingProblem(
  { open, serving }: Settling,
  { record: { project }, stacks }: Pick<AdoptRun, "record" | "stacks">,
  removesFiles: boolean,
): Problem | undefined {
  const goOn = adoptCommand(project, "--yes");
  if (open !== undefined)
    return { what: `The adoption of ${project} is not over: ${open}. Nothing has been touched.`, type: goOn };
  if (serving.is !== "serving")
    return {
      what: `This module's Scani does not serve${"why" in serving ? ` (${serving.why})` : ""}, and compose's containers are the way back. Nothing has been touched.`,
      why: "The first command has it serve again, the second gives everything back.",
      type: [goOn, adoptCommand(project, "--back", "--yes")],
    };
  const ofBase = serving.shortcomings.filter((one) => one.of === "base");
  if (!removesFiles || ofBase.length === 0) return undefined;
  return {
    what: `This module's Scani serves${describeShortcomings(ofBase)}, and the files of compose's S3 server are not removed before its own is well. Nothing has been touched.`,
    type: upCommand(stacks.names.base),
  };
}

/** What is amiss while it serves all the same; undefined where nothing is. Pure. */
export function settlingNote(
  { serving }: Pick<Settling, "serving">,
  { stacks }: Pick<AdoptRun, "stacks">,
): Problem | undefined {
  if (serving.is !== "serving" || serving.shortcomings.length === 0) return undefined;
  const { release, shortcomings } = serving;
  const isOfBase = shortcomings.some((one) => one.of === "base");
  return {
    what: `This module's Scani serves${describeShortcomings(shortcomings)}.`,
    type: [...(isOfBase ? [upCommand(stacks.names.base)] : []), upCommand(stacks.names[release.tier])],
  };
}
