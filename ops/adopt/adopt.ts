import { folderOf } from "../../host/backup/plan";
import { besidePhases, takeOverPhases } from "../../host/adopt/phases";
import type { AdoptRun, Phase } from "../../host/adopt/phases/phase";
import { objectSourceOf, planAdoption, type Adoption } from "../../host/adopt/plan";
import { imageOf, partsOf, type ComposeProject } from "../../host/adopt/project";
import { readEvidence } from "../../host/adopt/evidence";
import { readProject } from "../../host/adopt/readCompose";
import { readRecord, writeRecord, type AdoptionRecord } from "../../host/adopt/record";
import type { Engine } from "../../host/engine/engine";
import { containerName } from "../../host/install/containerName";
import { label } from "../../host/install/labels";
import { settingNamed } from "../../settings";
import { StackFile } from "../../stacks/stackFile";
import { adoptCommand, statusCommand } from "../../util/commands";
import { messageOf, OperatorError, withLogTail } from "../../util/operatorError";
import { Progress, seconds } from "../../util/progress/progress";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import { installOf, settingOf, typedIn } from "../project";
import { planJson, showPlan } from "./show";
import { settingProblems, stacksOn } from "./stacks";

/** What can be told an adoption. */
export interface AdoptOptions {
  readonly plan?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly port?: string;
  readonly acceptPublicKey?: boolean;
}

/** An adoption as a command finds it. */
export interface Adopting {
  readonly engine: Engine;
  readonly install: string;
  readonly project: ComposeProject;
  /** Undefined where none has begun. */
  readonly record?: AdoptionRecord;
  /** An image of Scani's that is on the engine. */
  readonly image: string;
}

/** Reads the project, and how far its adoption has come. @param named a compose project or its folder */
export async function openAdoption(context: Context, base: string, named: string | undefined): Promise<Adopting> {
  const engine = await context.engine(base);
  const install = installOf(context.project, base) ?? settingNamed("name").fallback ?? "";
  const project = await readProject(engine, named, typedIn(context.project.environment, process.cwd()));
  const image = partsOf(project).api?.imageId ?? "";
  const record = await readRecord(engine, install, image);
  if (record !== undefined && record.project !== project.name)
    throw new OperatorError({
      what: `The install ${install} is adopting the project ${record.project}.`,
      type: adoptCommand(record.project),
    });
  return { engine, install, project, record, image };
}

/**
 * Makes a compose project this module's, from whatever is true now: an adoption that was killed is gone on with.
 * @param named a compose project or its folder
 */
export async function adopt(
  context: Context,
  base: string,
  named: string | undefined,
  options: AdoptOptions,
): Promise<void> {
  await withMachineLock("adoption", base, context.project, async () => {
    const adopting = await openAdoption(context, base, named);
    const { record } = adopting;
    if (record !== undefined) return goOn(context, base, adopting, record);
    const { adoption, began } = await planned(context, base, adopting, options);
    if (options.json) return context.report(JSON.stringify(planJson(adoption, began)));
    context.report(showPlan(adoption, began));
    if (options.plan) return;
    if (!options.yes) {
      context.report(
        `Nothing has been touched. To go on:\n  type: ${adoptCommand(adoption.project, ...portWords(options), "--yes")}`,
      );
      return;
    }
    await begin(context, base, adopting, adoption, began);
    await goOn(context, base, adopting, began);
  });
}

const portWords = ({ port }: AdoptOptions): string[] => (port === undefined ? [] : ["--port", port]);

/** @throws OperatorError with every reason not to go on */
async function planned(
  context: Context,
  base: string,
  { engine, install, project }: Adopting,
  options: AdoptOptions,
): Promise<{ adoption: Adoption; began: AdoptionRecord }> {
  const port = portOf(options.port, project.name);
  const evidence = await readEvidence(engine, project, install);
  const plan = planAdoption(
    project,
    evidence,
    { install, port, acceptPublicKey: options.acceptPublicKey === true },
    (kind, values) => settingProblems(context.project, base, kind, values),
  );
  if ("problems" in plan)
    throw new OperatorError(
      plan.problems,
      {},
      `The compose project ${project.name} cannot be adopted as it is. Nothing has been touched.`,
    );
  const {
    project: name,
    settings,
    tier,
    postgres,
    scani,
    replaced,
    objectStore,
    tags,
    frontNetwork,
    port: ports,
    notes,
  } = plan.adoption;
  const namesOf = (stack: keyof typeof settings) => Object.keys(settings[stack]);
  const began: AdoptionRecord = {
    project: name,
    install,
    tier,
    postgres,
    scani,
    replaced,
    objectStore,
    tags,
    frontNetwork,
    port: ports,
    notes,
    at: new Date().toISOString(),
    settingNames: { base: namesOf("base"), tier1: namesOf("tier1"), tier2: namesOf("tier2") },
    restartPolicies: Object.fromEntries(project.containers.map(({ name, restartPolicy }) => [name, restartPolicy])),
    announced: false,
  };
  return { adoption: plan.adoption, began };
}

/** The port that was typed. @throws OperatorError */
function portOf(typed: string | undefined, project: string): number {
  const port = Number(typed);
  if (typed !== undefined && /^\d+$/.test(typed) && port > 0 && port < 65_536) return port;
  throw new OperatorError({
    what: typed === undefined ? "Which port is the gateway to listen on, beside compose's?" : `${typed} is no port.`,
    why: "Whatever sends browsers to Scani now is pointed at it later, while both serve.",
    type: adoptCommand(project, "--port", "8090"),
  });
}

/** Writes the settings and the plan; nothing on the engine is touched before. */
async function begin(
  context: Context,
  base: string,
  { engine, image }: Adopting,
  { settings, tags }: Adoption,
  record: AdoptionRecord,
): Promise<void> {
  const progress = new Progress(context.report);
  const stacks = stacksOn(context, base);
  await progress.step("write the settings, secrets encrypted", async () => {
    for (const stack of ["base", "tier1", "tier2"] as const) await stacks.set(stack, settings[stack]);
  });
  for (const [id, name] of Object.entries(tags)) await engine.tagImage(id, name);
  await save(context, base, engine, record, image);
}

function save(context: Context, base: string, engine: Engine, record: AdoptionRecord, image: string): Promise<void> {
  const throwaway = new StackFile(context.project.folder, base).isolated;
  return writeRecord(engine, record, image, throwaway ? { [label.throwaway]: "true" } : {});
}

/** Scani's images have one tag. */
function migrateImageOf(project: ComposeProject): string {
  const { api } = partsOf(project);
  const { repository, tag } = imageOf(api ?? { image: "" });
  return `${repository}/migrate:${tag}`;
}

/** What the phases work with. */
export function runOf(context: Context, base: string, adopting: Adopting, record: AdoptionRecord): AdoptRun {
  const { engine, install, image, project } = adopting;
  const progress = new Progress(context.report);
  const setting = (name: "backupDirectory" | "backupsKept"): string =>
    settingOf(context.project, base, name) ?? (settingNamed(name).fallback as string);
  return {
    engine,
    install: { name: install, gateway: containerName(install, "gateway") },
    record,
    objects: objectSourceOf(project),
    stacks: stacksOn(context, base),
    backups: {
      folder: folderOf({ directory: setting("backupDirectory") }, context.project.folder),
      kept: Number(setting("backupsKept")),
    },
    image,
    migrateImage: migrateImageOf(project),
    progress,
    watch: {
      timeoutSeconds: 180,
      signal: context.signal,
      waiting: (title, reason) => progress.waiting(title, reason),
    },
  };
}

async function goOn(context: Context, base: string, adopting: Adopting, record: AdoptionRecord): Promise<void> {
  const run = runOf(context, base, adopting, record);
  const began = Date.now();
  if (!record.announced) {
    await carryOut(besidePhases, run);
    await save(context, base, adopting.engine, { ...record, announced: true }, adopting.image);
    context.report(
      [
        `Scani is served on port ${record.port.then} now, and on ${record.port.now ?? "its own"} by compose as before (${seconds(Date.now() - began)}).`,
        `Point whatever sends browsers to Scani at port ${record.port.then}. When nothing comes to the old port any more, compose's part is taken over:`,
        `  type: ${adoptCommand(record.project, "--yes")}`,
        "Until then, and afterwards too, there is a way back:",
        `  type: ${adoptCommand(record.project, "--back")}`,
      ].join("\n"),
    );
    return;
  }
  // What was begun, and then recreated or stopped by other hands, is mended first.
  await carryOut([...besidePhases.slice(1, 2), ...takeOverPhases], run);
  context.report(
    [
      `${record.project} is this module's now (${seconds(Date.now() - began)}). Its containers are stopped and kept.`,
      `  type: ${statusCommand()}`,
      "When all is well after some days, they can go:",
      `  type: ${adoptCommand(record.project, "--settle")}`,
    ].join("\n"),
  );
}

/** Carries out what is not done yet. A phase that fails takes back what it did; the earlier ones stay. */
async function carryOut(phases: readonly Phase[], run: AdoptRun): Promise<void> {
  for (const phase of phases) {
    if (await phase.done(run)) continue;
    try {
      await phase.perform(run);
    } catch (error) {
      await phase.undo?.(run).catch((failure: unknown) => run.progress.note(messageOf(failure)));
      throw new OperatorError(
        {
          what: `The phase ${phase.title} failed: ${withLogTail(error)}`,
          why: "What serves goes on serving. The same command goes on from here.",
          type: [adoptCommand(run.record.project, "--yes"), adoptCommand(run.record.project, "--back")],
        },
        { cause: error },
      );
    }
  }
}
