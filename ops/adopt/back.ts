import { describeWayBack, goBack, refuseWayBack } from "../../host/adopt/back";
import { retired } from "../../host/adopt/phases/takeOver";
import {
  heldNote,
  readOldFiles,
  readSettling,
  settlingNote,
  settlingProblem,
  unclearNote,
} from "../../host/adopt/settling";
import { readRecord, removeRecord, writeRecord, type AdoptionRecord } from "../../host/adopt/record";
import { adoptCommand, composeCreate } from "../../util/commands";
import { OperatorError, renderProblem } from "../../util/operatorError";
import { seconds } from "../../util/progress/progress";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import {
  endInterruption,
  failed,
  hasMadeAny,
  openAdoption,
  readBegun,
  refuseGivenBack,
  runOf,
  type Adopting,
} from "./adopt";
import { keepsFormer } from "../pulumi/config";
import { isToBeDone, type AdoptWords, type Going } from "./act";
import { begunJson, showBegun } from "./show";
import { stackOf, stacksOn } from "./stacks";

/** Returns the record of an adoption that has begun. @throws OperatorError when none has */
function recordOf({ record, project, install }: Adopting): AdoptionRecord {
  if (record !== undefined) return record;
  const name = project?.name ?? "";
  throw new OperatorError({
    what: `The compose project ${name} is not being adopted by ${install}, so there is nothing to go on with, to give back or to settle.`,
    type: adoptCommand(name, "--plan", "--port", "8090"),
  });
}

/** Gives everything back to compose, or reports what that would do and what stands in its way. */
export async function back(context: Context, base: string, named: string | undefined, going: Going): Promise<void> {
  await withMachineLock("way back of an adoption", base, context.project, async () => {
    const adopting = await openAdoption(context, base, named);
    if (await isOnlyWritten(context, base, adopting)) return takeBackWritten(context, base, adopting, going);
    const record = recordOf(adopting);
    const run = runOf(context, base, adopting, record);
    if (adopting.project === undefined)
      throw new OperatorError({
        what: `The containers of ${record.project} are gone, so there is nothing to give it back to. Nothing has been touched.`,
        why: `${run.compose.folder === "" ? "In the folder of its compose file, this" : "This"} makes them again without starting them:`,
        type: composeCreate(run.compose),
      });
    if (!isToBeDone(going)) {
      await refuseWayBack(run);
      context.report(
        [
          `What ${record.install} has made of ${record.project} is given back to compose:`,
          ...describeWayBack(record).map((line, at) => `  ${at + 1} ${line}`),
          notTouched(adoptCommand(record.project, "--back", "--yes")),
        ].join("\n"),
      );
      return;
    }
    const began = performance.now();
    // Once the data is compose's, nothing of this module may serve any more.
    if (record.givenBack === undefined) await endInterruption(run);
    await refuseWayBack(run, true);
    await goBack(run).catch(async (error: unknown) => {
      const now = await readRecord(run.engine, run.install.name, run.image).catch(() => undefined);
      throw await failed("way back", error, { ...run, record: now ?? record });
    });
    const done = `${record.project} is compose's again, on port ${record.port.now ?? "(none)"} (${seconds(performance.now() - began)}).`;
    context.report(
      run.closing.length === 0 ? `${done} Nothing of this module is left.` : [done, ...run.closing].join("\n"),
    );
  });
}

/** The stacks whose settings an adoption replaces. */
const stacks = ["base", "tier1", "tier2"] as const;

/** True where a run was killed while it wrote the settings, before the plan was written: nothing else has been done. */
async function isOnlyWritten(context: Context, base: string, { engine, install, record }: Adopting): Promise<boolean> {
  if (record !== undefined) return false;
  if (!stacks.some((stack) => keepsFormer(context.project.folder, stackOf(base, stack)))) return false;
  return !(await hasMadeAny(engine, install));
}

/** Puts back the settings such a run has replaced, or reports that it would. */
async function takeBackWritten(
  context: Context,
  base: string,
  { engine, install, project }: Adopting,
  going: Going,
): Promise<void> {
  if (!isToBeDone(going)) {
    const command = adoptCommand(...(project === undefined ? [] : [project.name]), "--back", "--yes");
    context.report(
      [`An adoption was killed before it began: the settings it has replaced are put back.`, notTouched(command)].join(
        "\n",
      ),
    );
    return;
  }
  const { putBack } = stacksOn(context, base);
  for (const stack of stacks) await putBack(stack);
  await removeRecord(engine, install);
  context.report("The settings are what they were before. Nothing else had been done.");
}

/** Options of settling an adoption. */
export interface SettleOptions extends Going {
  /** Remove the volume of compose's S3 server too. */
  readonly removeOldFiles?: boolean;
}

/**
 * Gives up the way back, or reports what that would remove: compose's containers go, and its volumes stay, except the
 * one with its files where that is asked for.
 */
export async function settle(
  context: Context,
  base: string,
  named: string | undefined,
  options: SettleOptions,
): Promise<void> {
  await withMachineLock("end of an adoption", base, context.project, async () => {
    const adopting = await openAdoption(context, base, named);
    const record = recordOf(adopting);
    refuseGivenBack(record);
    const run = runOf(context, base, adopting, record);
    const { engine, install } = run;
    const settling = await readSettling(run);
    const problem = settlingProblem(settling, run, options.removeOldFiles === true);
    if (problem !== undefined) throw new OperatorError(problem);
    const note = settlingNote(settling, run);
    if (note !== undefined) context.report(renderProblem(note));
    const files = await readOldFiles(run);
    const volumes = options.removeOldFiles ? files.removable : [];
    const names = retired(record);
    const all = `the containers ${names.join(", ")}${volumes.length === 0 ? "" : ` and the volume ${volumes.join(", ")}`}`;
    const others = `The other volumes stay${options.removeOldFiles && files.kept.length > 0 ? `, of ${record.objectStore}'s ${files.kept.join(", ")}` : ""}.`;
    const staying = options.removeOldFiles ? [unclearNote(files, record.objectStore), heldNote(files)] : [];
    for (const one of staying) if (one !== undefined) context.report(renderProblem(one));
    if (!isToBeDone(options)) {
      context.report(
        [
          `Compose's part of ${record.project} is removed: ${all}. ${others} There is no way back from then on.`,
          notTouched(
            adoptCommand(
              record.project,
              "--settle",
              ...(options.removeOldFiles ? ["--remove-old-files"] : []),
              "--yes",
            ),
          ),
        ].join("\n"),
      );
      return;
    }
    // Record the volumes first: a run after a kill no longer finds the container they belonged to.
    await writeRecord(engine, { ...record, fileVolumes: files.volumes }, run.image, {});
    for (const name of names) await engine.remove(name, { force: false, volumes: false });
    for (const volume of volumes) await engine.removeVolume(volume);
    for (const stack of stacks) await run.stacks.forget(stack);
    await removeRecord(engine, install.name);
    context.report(`Removed ${all}. ${others}`);
  });
}

/** Returns the closing lines of a report that changes nothing. */
function notTouched(command: string): string {
  return `Nothing has been touched. To go on:\n  type: ${command}`;
}

/** Prints how far an adoption has come. */
export async function adoptionStatus(
  context: Context,
  base: string,
  named: string | undefined,
  { json }: Pick<AdoptWords, "json"> = {},
): Promise<void> {
  const adopting = await openAdoption(context, base, named);
  const record = recordOf(adopting);
  const run = runOf(context, base, adopting, record);
  const begun = await readBegun(run);
  context.print(json ? JSON.stringify(begunJson(begun)) : showBegun(begun));
}
