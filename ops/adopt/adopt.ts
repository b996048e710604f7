import { folderOf } from "../../host/backup/plan";
import { nextPhases, phasesOf } from "../../host/adopt/phases";
import { portsOf, startStoppedGateway } from "../../host/adopt/phases/port";
import { isTakenOver } from "../../host/adopt/phases/files";
import { hasRelease, readPhase, type AdoptRun, type Phase } from "../../host/adopt/phases/phase";
import { planAdoption, type Adoption } from "../../host/adopt/plan";
import { portProblems } from "../../host/adopt/refusals";
import { migratorBeside, objectSourceOf, partsOf, tierOf, type ComposeProject } from "../../host/adopt/compose/project";
import { readEvidence, type AdoptEvidence } from "../../host/adopt/evidence";
import { composeLabel, readProject } from "../../host/adopt/compose/readCompose";
import {
  beginRecord,
  keeperFault,
  keepInUse,
  placeOf,
  readRecord,
  takesPort,
  withPresentNames,
  writeRecord,
  type AdoptionRecord,
} from "../../host/adopt/record";
import { fileVolumesOf } from "../../host/adopt/settling";
import { readStrays, stopStrays } from "../../host/adopt/strays";
import { engineHost } from "../../host/engine/connect";
import type { Engine } from "../../host/engine/engine";
import { resumeAll } from "../../host/gateway/resume";
import { containerName } from "../../host/install/names/containerName";
import { ownAmong } from "../../host/install/leftovers";
import { label } from "../../host/install/names/labels";
import { stacksBeside } from "../../host/install/names/stacks";
import { servingOf } from "../../host/install/facts";
import { readFacts } from "../../host/install/readFacts";
import { settingNamed } from "../../settings";
import { StackFile } from "../../stacks/stackFile";
import { adoptBesideCommand, adoptCommand, composeUpWords, statusCommand } from "../../util/commands";
import { messageOf, OperatorError, withLogTail } from "../../util/operatorError";
import { isAbsent } from "../../util/files/isAbsent";
import { isListenedOn } from "../../util/listening";
import { Progress, seconds } from "../../util/progress/progress";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import { dockerHostOf, installNameOf, settingOf, typedIn } from "../project";
import { engineProblems } from "./engineProblems";
import { isToBeDone, type AdoptWords, type Going } from "./act";
import { begunJson, planJson, servingLine, showBegun, showPlan, whileBothServe, type Begun } from "./show";
import { heldBy, heldProblem, settingProblems, stackOf, stacksOn } from "./stacks";

/** Options of an adoption. */
export type AdoptOptions = Going & Pick<AdoptWords, "json" | "port" | "takePort" | "acceptPublicKey">;

/** An adoption as a command finds it. */
export interface Adopting {
  readonly engine: Engine;
  readonly install: string;
  /** Undefined where an adoption has begun and its containers have been removed since. */
  readonly project?: ComposeProject;
  /** Undefined where none has begun. */
  readonly record?: AdoptionRecord;
  /** An image that is on the engine: Scani's, where the project exists. */
  readonly image: string;
}

/**
 * Reads the record. One that is missing or unreadable counts as none while nothing else has been done: a run was killed,
 * or the engine's machine lost power, while the first was written.
 */
async function readWritten(engine: Engine, install: string, image: string): Promise<AdoptionRecord | undefined> {
  try {
    return await readRecord(engine, install, image);
  } catch (error) {
    if (error instanceof OperatorError && !(await hasMadeAny(engine, install))) return undefined;
    throw error;
  }
}

/**
 * True once an adoption has made a container of the install; what it does before leaves compose as it was. One through
 * which a killed command has read something is none.
 */
export async function hasMadeAny(engine: Engine, install: string): Promise<boolean> {
  const own = await engine.containers({ labels: [`${label.install}=${install}`, label.service], all: true });
  return ownAmong(install, own).length > 0;
}

/**
 * Returns the id of an image that is on the engine, through which volumes are read: this install's or compose's where one
 * of theirs is. An image is removed under a stopped container by `docker rmi -f`.
 */
async function anyImageThere(engine: Engine, install: string): Promise<string | undefined> {
  const all = await engine.containers({ all: true });
  const near = all.filter(({ labels }) => labels[label.install] === install || composeLabel.project in labels);
  return firstThere(
    engine,
    [...near, ...all].map(({ imageId }) => imageId),
  );
}

/** Returns the first of these image ids that the engine still has. */
async function firstThere(engine: Engine, ids: readonly string[]): Promise<string | undefined> {
  for (const id of new Set(ids)) if ((await engine.image(id)) !== undefined) return id;
  return undefined;
}

/** Reads the project and how far its adoption has come. @param named a compose project or its folder */
export async function openAdoption(context: Context, base: string, named: string | undefined): Promise<Adopting> {
  const engine = await context.engine(base);
  const install = installNameOf(context.project, base);
  const anyImage = await anyImageThere(engine, install);
  const written = anyImage === undefined ? undefined : await readWritten(engine, install, anyImage);
  const here = typedIn(context.project.environment, process.cwd());
  const project = await readProject(engine, named ?? written?.project, here).catch(async (error: unknown) => {
    if (written !== undefined && [undefined, written.project].includes(named)) return undefined;
    if (named !== undefined || (await engine.inspect(containerName(install, "gateway"))) === undefined) throw error;
    throw new OperatorError({
      what: `No compose project on this engine runs Scani, and the install ${install} is there: there is nothing to adopt.`,
      type: statusCommand(),
    });
  });
  if (written !== undefined && project !== undefined && written.project !== project.name)
    throw new OperatorError({
      what: `The install ${install} is adopting the project ${written.project}.`,
      why: "The first says how far that is. The second adopts the other project beside it, as an install with stacks of its own:",
      type: [
        adoptCommand(written.project, "--status"),
        adoptBesideCommand(install, project.name, "--port", String(written.port.then + 1)),
      ],
    });
  const record = written && project ? withPresentNames(written, project) : written;
  const { api } = project ? partsOf(project) : {};
  const image = (api && (await firstThere(engine, [api.imageId]))) ?? anyImage ?? "";
  const found = project && { ...project, isElsewhere: isElsewhere(context, base, project) };
  return { engine, install, project: found, record, image };
}

/** True where a project's folder is known not to be on the engine's machine. */
function isElsewhere(context: Context, base: string, { folder }: Pick<ComposeProject, "folder">): boolean {
  return isHere(context, base) && isAbsent(folder);
}

/**
 * Adopts a compose project from whatever is true now: an adoption that was killed is continued. Without `yes` nothing
 * at all is touched, not even requests that a killed run has left waiting: the operator may be about to give everything
 * back.
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
    const { project, record } = adopting;
    if (record !== undefined) return goOnWith(context, base, { ...adopting, record }, options);
    if (project === undefined) return;
    const { adoption, began } = await planned(context, base, { ...adopting, project }, options);
    if (options.json) return context.print(JSON.stringify(planJson(adoption, began)));
    context.report(showPlan(adoption, began));
    if (options.plan) return;
    if (!options.yes) {
      context.report(
        `Nothing has been touched. To go on:\n  type: ${adoptCommand(adoption.project, ...wordsOf(options), "--yes")}`,
      );
      return;
    }
    const known = await withKnown(adopting, began);
    await begin(context, base, adopting, adoption, known);
    await goOn(context, base, adopting, known);
  });
}

/** Continues an adoption that has begun if that was asked for, else reports how far it has come. */
async function goOnWith(
  context: Context,
  base: string,
  adopting: Adopting & { readonly record: AdoptionRecord },
  options: AdoptOptions,
): Promise<void> {
  const run = runOf(context, base, adopting, adopting.record);
  const record = onPort(adopting.record, options, await hasRelease(run));
  if (record !== adopting.record) refusePort(adopting, record);
  if (isToBeDone(options) && !options.json) {
    refuseGivenBack(record);
    const known = await withKnown(adopting, record);
    // The phases bring the settings, and base, in line with another port.
    if (JSON.stringify(known) !== JSON.stringify(adopting.record))
      await save(context, base, adopting.engine, known, adopting.image);
    // Typing the first run's command again does not confirm that nothing comes to the old port any more.
    const isFirst = options.port !== undefined && !(await isTakenOver(runOf(context, base, adopting, known)));
    return goOn(context, base, adopting, isFirst ? { ...known, announced: false } : known);
  }
  const begun = await readBegun(runOf(context, base, adopting, record));
  if (options.json) return context.print(JSON.stringify(begunJson(begun)));
  const next = record.givenBack !== undefined ? ["--back"] : begun.isOver ? ["--settle"] : wordsOf(options);
  context.report(
    [
      showBegun(begun),
      `Nothing has been touched. ${begun.isOver ? "When all is well after some days, compose's containers can go:" : "To go on:"}`,
      `  type: ${adoptCommand(record.project, ...next, "--yes")}`,
    ].join("\n"),
  );
}

/**
 * Returns the record with what only the project's containers say, as they say it now: they may be removed by hand before
 * all is over.
 */
async function withKnown({ engine, project }: Adopting, record: AdoptionRecord): Promise<AdoptionRecord> {
  if (project === undefined) return record;
  const server = await engine.inspect(record.objectStore ?? "");
  return {
    ...record,
    place: placeOf(project),
    fileVolumes: (server && fileVolumesOf(server)) ?? record.fileVolumes,
  };
}

/** Reads how far an adoption has come and who serves. */
export async function readBegun(run: AdoptRun): Promise<Begun> {
  const { record } = run;
  const phases = await Promise.all(phasesOf(record).map((phase) => readPhase(phase, run)));
  const isOver = (takesPort(record) || record.announced) && phases.every(({ done }) => done === true);
  const [strays, keeper] = await Promise.all([
    readStrays(run.engine, run.install.name),
    keeperFault(run.engine, record),
  ]);
  return { record, phases, isOver, serving: await whoServes(run), strays, keeper };
}

/** @throws OperatorError once only the way back is left */
export function refuseGivenBack({ project, givenBack }: AdoptionRecord): void {
  if (givenBack !== undefined)
    throw new OperatorError({
      what: `A way back has given the data to ${project} already, so the adoption can only be taken back.`,
      type: adoptCommand(project, "--back", "--yes"),
    });
}

/** Returns the options that ask for the same again. */
const wordsOf = ({ port, takePort, acceptPublicKey }: AdoptOptions): string[] => [
  ...(takePort ? ["--take-port"] : port === undefined ? [] : ["--port", port]),
  ...(acceptPublicKey ? ["--accept-public-key"] : []),
];

/** @throws OperatorError with every reason not to go on */
async function planned(
  context: Context,
  base: string,
  { engine, install, project }: Adopting & { readonly project: ComposeProject },
  options: AdoptOptions,
): Promise<{ adoption: Adoption; began: AdoptionRecord }> {
  const port = portOf(options, project.name);
  const found = await readEvidence(engine, project, install, stacksBeside(base, base));
  const evidence = { ...found, published: [...found.published, ...(await listening(context, base, port, found))] };
  const stack = stackOf(base, tierOf(project));
  const plan = planAdoption(
    project,
    evidence,
    {
      install,
      keepsName:
        install !== settingNamed("name").fallback &&
        new StackFile(context.project.folder, base).text("scani:name") === undefined,
      port,
      stack,
      chosen: {
        MAILPIT_UI_PORT: settingOf(context.project, base, "MAILPIT_UI_PORT"),
        subnet: settingOf(context.project, base, "subnet"),
        postgresMemory: settingOf(context.project, base, "postgresMemory"),
        apiMemory: settingOf(context.project, stack, "apiMemory"),
        workerMemory: settingOf(context.project, stack, "workerMemory"),
        CSP_CONNECT_SRC: settingOf(context.project, stack, "CSP_CONNECT_SRC"),
      },
      acceptPublicKey: options.acceptPublicKey === true,
    },
    (kind, values) => settingProblems(context.project, base, kind, values, project),
  );
  const adoption = "adoption" in plan ? plan.adoption : plan.draft;
  const withRelease = "adoption" in plan;
  const unfit =
    adoption === undefined
      ? []
      : await engineProblems(context.project, engine, { base, adoption, isHere: isHere(context, base), withRelease });
  const held = heldProblem(await heldBy(context, base), { base, install, engine: (await engine.info()).id }, [
    project.name,
    ...wordsOf(options),
  ]);
  const problems = [...(held === undefined ? [] : [held]), ...("problems" in plan ? plan.problems : []), ...unfit];
  if (adoption === undefined || problems.length > 0)
    throw new OperatorError(
      problems,
      {},
      `The compose project ${project.name} cannot be adopted as it is. Nothing has been touched.`,
    );
  return { adoption, began: beginRecord(adoption, project, new Date().toISOString()) };
}

/** Finds a program outside the engine that has the port, which is possible on this machine only. */
async function listening(
  context: Context,
  base: string,
  port: number | undefined,
  { published }: AdoptEvidence,
): Promise<AdoptEvidence["published"]> {
  if (port === undefined || !isHere(context, base) || published.some((one) => one.port === port)) return [];
  return (await isListenedOn(port)) ? [{ container: "another program of this machine", port, project: false }] : [];
}

/** True if the engine is on this machine, the only one whose listening programs are known. */
function isHere({ project }: Context, base: string): boolean {
  const host = dockerHostOf(project, base) ?? engineHost(project.environment);
  return host === undefined || host.startsWith("unix://");
}

/** Returns the port that was typed; undefined where the page's own is to be taken. @throws OperatorError */
function portOf({ port: typed, takePort }: AdoptOptions, project: string): number | undefined {
  const port = Number(typed);
  const choices = [adoptCommand(project, "--port", "8090"), adoptCommand(project, "--take-port")];
  if (takePort && typed === undefined) return undefined;
  if (takePort)
    throw new OperatorError({
      what: "--take-port takes the port the page has now, so no other can be named with it.",
      type: choices,
    });
  if (typed !== undefined && /^\d+$/.test(typed) && port > 0 && port < 65_536) return port;
  throw new OperatorError({
    what: typed === undefined ? "Which port is the gateway to listen on?" : `${typed} is no port.`,
    why: "On one beside compose's, whatever sends browsers to Scani is pointed at it later, while both serve. The page's own port changes over with a gap of about a second.",
    type: choices,
  });
}

/**
 * Returns the record of an adoption that has begun, with the port that was typed where nobody can use the first yet:
 * something else may have taken that one since. Pure.
 * @param hasServed true once a release was started behind the first
 * @throws OperatorError when it is too late for that
 */
export function onPort(record: AdoptionRecord, options: AdoptOptions, hasServed: boolean): AdoptionRecord {
  if (options.port === undefined && options.takePort !== true) return record;
  const then = portOf(options, record.project) ?? record.port.now;
  if (then === undefined || then === record.port.then) return record;
  if (record.announced || hasServed || takesPort(record))
    throw new OperatorError({
      what: `The adoption of ${record.project} has begun with port ${record.port.then}.`,
      type: [adoptCommand(record.project, "--yes"), adoptCommand(record.project, "--back", "--yes")],
    });
  return { ...record, port: { ...record.port, then } };
}

/** @throws OperatorError where the gateway could not have the page's own port, which was not typed at first */
function refusePort({ project }: Adopting, record: AdoptionRecord): void {
  const problems =
    project !== undefined && takesPort(record) ? portProblems(project, partsOf(project), { port: undefined }) : [];
  if (problems.length > 0) throw new OperatorError(problems);
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

/** Returns the context the phases work in. */
export function runOf(context: Context, base: string, adopting: Adopting, record: AdoptionRecord): AdoptRun {
  const { engine, install, image, project } = adopting;
  const place = record.place ?? { folder: "", files: [], envFiles: [] };
  const progress = new Progress(context.report);
  const setting = (name: "backupDirectory" | "backupsKept"): string =>
    settingOf(context.project, base, name) ?? (settingNamed(name).fallback as string);
  return {
    engine,
    install: { name: install, gateway: containerName(install, "gateway") },
    record,
    compose: project ?? { name: record.project, ...place, isElsewhere: isElsewhere(context, base, place) },
    // The phases ignore an object store that the plan has left to compose.
    objects: project && record.objectStore !== undefined ? objectSourceOf(project) : undefined,
    stacks: stacksOn(context, base),
    backups: {
      folder: folderOf({ directory: setting("backupDirectory") }, context.project.folder),
      kept: Number(setting("backupsKept")),
    },
    image,
    migrateImage: project && (project.migrator?.image ?? migratorBeside(partsOf(project).api?.image ?? "")),
    progress,
    watch: {
      timeoutSeconds: 180,
      signal: context.signal,
      waiting: (title, reason) => progress.waiting(title, reason),
    },
    closing: [],
  };
}

async function goOn(context: Context, base: string, adopting: Adopting, record: AdoptionRecord): Promise<void> {
  const run = runOf(context, base, adopting, record);
  const began = performance.now();
  await endInterruption(run);
  const stopped = await stopStrays(run);
  const worked = (await carryOut(nextPhases(record), run)) || stopped;
  const took = seconds(performance.now() - began);
  if (!takesPort(record) && !record.announced) {
    await save(context, base, adopting.engine, { ...record, announced: true }, adopting.image);
    return context.report(
      [
        `Scani is served on port ${record.port.then} now, and on ${record.port.now ?? "its own"} by compose as before (${took}).`,
        ...(record.frontNetworks === undefined
          ? []
          : [
              `On the network ${record.frontNetworks.join(" and ")} the gateway answers to ${(record.frontNames ?? []).join(", ")} too. Point a proxy there at ${adopting.install}-gateway now, or at least restart one that looks names up only when it starts, as nginx does.`,
            ]),
        `Point whatever sends browsers to Scani at port ${record.port.then}. When nothing comes to the old port any more, compose's part is taken over:`,
        `  type: ${adoptCommand(record.project, "--yes")}`,
        ...(record.objectStore === undefined
          ? []
          : [
              "Do both soon: this module's worker does all jobs already, and finds files that are uploaded through the old port only when that command has been typed.",
            ]),
        ...whileBothServe(record, run.compose, adopting.project),
        "Until then, and afterwards too, there is a way back:",
        `  type: ${adoptCommand(record.project, "--back", "--yes")}`,
      ].join("\n"),
    );
  }
  context.report(
    [
      worked
        ? `${record.project} is this module's now (${took}). Its containers are stopped and kept.`
        : `Nothing to do: ${record.project} is this module's. Its containers are stopped and kept.`,
      ...run.closing,
      ...(record.postgres === undefined
        ? [
            `The database is the one compose's file names as well: \`${composeUpWords(run.compose)}\` would start a second worker on it, which status names.`,
          ]
        : []),
      "This says what serves:",
      `  type: ${statusCommand()}`,
      "When all is well after some days, they can go:",
      `  type: ${adoptCommand(record.project, "--settle", "--yes")}`,
    ].join("\n"),
  );
}

/**
 * Lets requests through that a killed run has left waiting, and starts a gateway it has left stopped. The volumes are kept
 * in use again where somebody has removed the container that does: whatever comes next may be `docker compose down -v`.
 */
export async function endInterruption(run: AdoptRun): Promise<void> {
  await resumeAll(run.engine, run.install.gateway);
  await keepInUse(run.engine, run.record, run.image);
  await startStoppedGateway(run);
}

/**
 * Carries out the phases that are not done yet. A phase that fails is rolled back; the earlier ones stay. One that
 * cannot be told to be done fails without having begun.
 * @returns true where any was carried out
 */
async function carryOut(phases: readonly Phase[], run: AdoptRun): Promise<boolean> {
  let worked = false;
  for (const phase of phases) {
    let begun = false;
    try {
      if (await phase.done(run)) continue;
      worked = begun = true;
      await phase.perform(run);
    } catch (error) {
      if (begun) await phase.undo?.(run).catch((failure: unknown) => run.progress.note(messageOf(failure)));
      throw await failed(`phase ${phase.title}`, error, run);
    }
  }
  return worked;
}

/**
 * Builds the error of work that failed, with what serves all the same and what to type.
 * @param what the work, as a noun
 */
export async function failed(what: string, error: unknown, run: AdoptRun): Promise<OperatorError> {
  const { project, givenBack } = run.record;
  const back = adoptCommand(project, "--back", "--yes");
  const [then, type] =
    givenBack === undefined
      ? [
          "The first command goes on from here, the second gives everything back.",
          [adoptCommand(project, "--yes"), back],
        ]
      : ["This goes on from here:", [back]];
  return new OperatorError(
    {
      what: `The ${what} failed: ${withLogTail(error)}`,
      why: `${servingLine(await whoServes(run))} ${then}`,
      type,
    },
    { cause: error },
  );
}

/** Reads who serves now, and where: this module's Scani, compose's, both or nobody. */
async function whoServes({ engine, install, record }: AdoptRun): Promise<string[]> {
  const [facts, gateway, page] = await Promise.all([
    readFacts(engine, install),
    engine.inspect(install.gateway),
    engine.inspect(record.scani["frontend-app"] ?? ""),
  ]);
  const serving = servingOf(facts);
  const amiss = serving.is === "serving" ? serving.shortcomings.map(({ what }) => what) : [];
  const ports = gateway === undefined ? [] : portsOf(gateway);
  const where = ports.length === 0 ? "no port yet" : `port ${ports.join(", ")}`;
  return [
    ...(serving.is === "serving"
      ? [`this module's on ${where}${amiss.length === 0 ? "" : ` (${amiss.join("; ")})`}`]
      : []),
    ...(page?.state === "running" ? [`compose's on port ${record.port.now ?? "(none)"}`] : []),
  ];
}
