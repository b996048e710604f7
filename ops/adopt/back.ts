import { goBack } from "../../host/adopt/back";
import { retired } from "../../host/adopt/phases/takeOver";
import { besidePhases, takeOverPhases } from "../../host/adopt/phases";
import { removeRecord } from "../../host/adopt/record";
import { adoptCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import { seconds } from "../../util/progress/progress";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import { openAdoption, runOf, type Adopting } from "./adopt";

/** An adoption that has begun. @throws OperatorError when none has */
function recordOf({ record, project, install }: Adopting) {
  if (record !== undefined) return record;
  throw new OperatorError({
    what: `The compose project ${project.name} is not being adopted by ${install}, so there is nothing to go on with, back or to settle.`,
    type: adoptCommand(project.name, "--plan", "--port", "8090"),
  });
}

/** Gives everything back to compose. */
export async function back(context: Context, base: string, named: string | undefined): Promise<void> {
  await withMachineLock("way back of an adoption", base, context.project, async () => {
    const adopting = await openAdoption(context, base, named);
    const record = recordOf(adopting);
    const began = Date.now();
    await goBack(runOf(context, base, adopting, record));
    context.report(
      `${record.project} is compose's again, on port ${record.port.now ?? "(none)"} (${seconds(Date.now() - began)}). Nothing of this module is left.`,
    );
  });
}

/** Gives the way back up: compose's containers go, and its volumes stay. */
export async function settle(context: Context, base: string, named: string | undefined): Promise<void> {
  await withMachineLock("end of an adoption", base, context.project, async () => {
    const adopting = await openAdoption(context, base, named);
    const record = recordOf(adopting);
    const run = runOf(context, base, adopting, record);
    for (const phase of takeOverPhases)
      if (!(await phase.done(run)))
        throw new OperatorError({
          what: `The adoption of ${record.project} is not over: ${phase.describe(record)}. Nothing has been touched.`,
          type: adoptCommand(record.project, "--yes"),
        });
    for (const name of retired(record)) await run.engine.remove(name, { force: false, volumes: false });
    await removeRecord(run.engine, run.install.name);
    context.report(`Removed the containers ${retired(record).join(", ")}. Their volumes stay.`);
  });
}

/** Says how far an adoption has come. */
export async function adoptionStatus(context: Context, base: string, named: string | undefined): Promise<void> {
  const adopting = await openAdoption(context, base, named);
  const record = recordOf(adopting);
  const run = runOf(context, base, adopting, record);
  const phases = await Promise.all(
    [...besidePhases, ...takeOverPhases].map(
      async (phase) => `  ${(await phase.done(run)) ? "✓" : "·"} ${phase.title}: ${phase.describe(record)}`,
    ),
  );
  context.report([`${record.project} → ${record.install}, begun ${record.at}:`, ...phases].join("\n"));
}
