import {
  clearRemains,
  hasReleaseSince,
  readOwn,
  readRemains,
  type OwnInstall,
  type Remains,
} from "../../host/adopt/own";
import type { Stacks } from "../../host/adopt/phases/phase";
import { adoptedFolder } from "../../host/install/data/postgresData";
import type { StackValues } from "../../host/adopt/compose/variables";
import { commandToRun } from "../../host/engine/containers/commandToRun";
import type { Engine } from "../../host/engine/engine";
import { dataRefusalHeading, dataRefusals } from "../../host/guards/data/dataRefusals";
import type { Evidence } from "../../host/guards/data/evidence";
import { readEvidence } from "../../host/guards/data/readEvidence";
import { dataPlaceOf, dataServicesOf, volumeIn } from "../../host/install/data/dataPlace";
import { containerName } from "../../host/install/names/containerName";
import { strangersOn, type OnNetwork } from "../../host/hold/strangers";
import { routedRelease } from "../../host/install/facts";
import { readRouted } from "../../host/install/readFacts";
import { stackKinds, stacksBeside, type StackKind } from "../../host/install/names/stacks";
import { baseImages, releaseImages } from "../../host/install/services/images";
import { bringImages, missingImages, missingProblem, type MissingImage } from "../../host/preflight/images";
import { withLock } from "../../host/lock/lock";
import { isSet, plainText, setCommand, SettingsError, withFlag, type Mistake, type Settings } from "../../settings";
import { StackFile } from "../../stacks/stackFile";
import { adoptCommand, dockerWait, previewCommand, upCommand } from "../../util/commands";
import { OperatorError, type Problem } from "../../util/operatorError";
import { Progress, seconds } from "../../util/progress/progress";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import { installNameOf } from "../project";
import { begunRecovery, noteRecovery, setSettings, type RecoveryNote } from "../pulumi/config";
import { setsNothing } from "../pulumi/lostSettings";
import { stackOutputs } from "../pulumi/stackOutputs";
import { isToBeDone, type Going } from "./act";
import { settingsWith, stackOf, stacksOn } from "./stacks";

/** Operations on stacks that a recovery needs. */
export interface RecoveryStacks extends Pick<Stacks, "set" | "up"> {
  /** True where a stack's settings file sets nothing, as one that a full disk has emptied. */
  setsNothing(kind: StackKind): boolean;
  /** True where base is in Pulumi's state as a whole. */
  hasBase(): Promise<boolean>;
  /** Returns the note of a recovery that has not ended; undefined without one. */
  begun(): RecoveryNote | undefined;
  /** Writes it down, with base's settings, before what it was read off is removed; undefined for one that has ended. */
  note(note: RecoveryNote | undefined): Promise<void>;
}

/**
 * Recovers an install whose Pulumi state is gone while its containers run: its settings and secrets are read off them
 * and written, encrypted, into the stacks' settings; then base and the tier that served are recreated on the same
 * volumes. Scani is down meanwhile, because Docker has no two containers of one name.
 */
export async function recover(context: Context, base: string, going: Going): Promise<void> {
  await withMachineLock("recovery", base, context.project, async () => {
    const stacks: RecoveryStacks = {
      // A recovery puts no former settings back, so it keeps none.
      set: (kind, values) => setSettings(context, stackOf(base, kind), values),
      setsNothing: (kind) => setsNothing(context.project.folder, stackOf(base, kind)),
      up: stacksOn(context, base).up,
      hasBase: async () => (await stackOutputs(context, base))?.sockets !== undefined,
      begun: () => begunRecovery(context.project.folder, base),
      note: (note) => noteRecovery(context, base, note),
    };
    await recoverInstall(context, await context.engine(base), base, stacks, isToBeDone(going));
  });
}

/**
 * Recovers an install, or goes on with a recovery that has not ended: that one has written the settings and the tier
 * down, which cannot be read again off what it has left.
 * @throws OperatorError where there is nothing to recover, and with everything for which `up` would be refused, before
 * anything is removed: afterwards nothing would be left to read the settings from
 */
export async function recoverInstall(
  { project, report }: Pick<Context, "project" | "report">,
  engine: Engine,
  base: string,
  stacks: RecoveryStacks,
  yes: boolean,
): Promise<void> {
  const install = installNameOf(project, base);
  const gateway = containerName(install, "gateway");
  const hasBase = await stacks.hasBase();
  const noted = stacks.begun();
  // A release made since then is one of an `up` that has gone on by hand: the install is read anew.
  const begun = noted !== undefined && !(await hasReleaseSince(engine, install, noted.at)) ? noted.until : undefined;
  const progress = new Progress(report);
  if (hasBase && begun === undefined) {
    const lost = await readLost(engine, install, stacks);
    if (lost.length > 0) return rewriteLost({ progress, report }, stacks, { base, lost, yes });
  }
  const served = routedRelease(await readRouted(engine, { name: install, gateway }))?.tier;
  if (hasBase && (begun === undefined || begun === "base" || served !== undefined)) {
    if (noted !== undefined) await stacks.note(undefined);
    throw new OperatorError({
      what: `The state of stack ${base} is there, so nothing has to be recovered.`,
      type: upCommand(base),
    });
  }
  const readNew = async (): Promise<Recovery> => {
    const { own, images } = await readRecoverable(project, engine, base, yes);
    report(planText(install, own));
    const until = own.tier ?? "base";
    const prepare = async (): Promise<void> => {
      await progress.step("write the settings, secrets encrypted", async () => {
        await stacks.set("base", own.settings.base);
        if (own.tier !== undefined) await stacks.set(own.tier, own.settings.tier);
      });
      await progress.step("have every image under its name", async () =>
        refuseMissing(await bringImages(engine, images)),
      );
      await stacks.note({ until, at: Date.now() });
    };
    return { until, remains: own, prepare };
  };
  const readBegun = async (until: StackKind): Promise<Recovery> => {
    // Containers that a base in Pulumi's state has are its new ones.
    const remains = hasBase ? { containers: [], networks: [] } : await readRemains(engine, install);
    await refuseStrangers(engine, install, remains);
    report(restText(install, until, remains));
    return { until, remains, prepare: async () => undefined };
  };
  const read = (): Promise<Recovery> => (begun === undefined ? readNew() : readBegun(served ?? begun));
  if (!yes) {
    await read();
    report(`Nothing has been touched. To go on:\n  type: ${adoptCommand("--recover", "--yes")}`);
    return;
  }
  // Only the removal needs the run lock: each `up` takes it for itself, from the new gateway.
  const { until, began } = await withLock(engine, gateway, "recovery", report, async (lost) => {
    const recovery = await read();
    await recovery.prepare();
    const start = performance.now();
    await progress.step("remove containers and networks", () => clearRemains(engine, recovery.remains, lost));
    return { until: recovery.until, began: start };
  });
  await progress.step("bring base up", () => stacks.up("base"));
  if (until !== "base") await progress.step(`bring ${until} up`, () => stacks.up(until));
  await stacks.note(undefined);
  const names = until === "base" ? base : `${base} and ${stackOf(base, until)}`;
  // How long Scani has been away is known only to the recovery that took it down.
  const away = begun === undefined ? ` Scani did not serve for ${seconds(performance.now() - began)}.` : "";
  report(`${install} is in the state of ${names} again.${away}`);
}

/** A stack whose settings are lost, and what its containers were made with. */
interface LostSettings {
  readonly kind: StackKind;
  readonly values: StackValues;
}

/** Reads, off an install whose state is there, the settings of those of its stacks that have lost them. */
async function readLost(engine: Engine, install: string, stacks: RecoveryStacks): Promise<LostSettings[]> {
  // A tier that has never been up has no settings either.
  if (!stackKinds.some((kind) => stacks.setsNothing(kind))) return [];
  const own = await readOwn(engine, install);
  if (own === undefined) return [];
  const { tier, settings } = own;
  const all = [
    { kind: "base" as const, values: settings.base },
    ...(tier === undefined ? [] : [{ kind: tier, values: settings.tier }]),
  ];
  return all.filter(({ kind }) => stacks.setsNothing(kind));
}

/** Writes settings that are lost. No container is touched: `up` then changes what they would change. */
async function rewriteLost(
  { progress, report }: { readonly progress: Progress; readonly report: Context["report"] },
  stacks: RecoveryStacks,
  { base, lost, yes }: { readonly base: string; readonly lost: readonly LostSettings[]; readonly yes: boolean },
): Promise<void> {
  const names = lost.map(({ kind }) => stackOf(base, kind));
  report(
    [
      `The settings of ${names.join(" and ")} are lost. These can be read off the containers, and written, secrets encrypted:`,
      ...lost.map(({ kind, values }) => `  ${stackOf(base, kind)}: ${Object.keys(values).sort().join(", ")}`),
      "All others are at their defaults then: put a copy of the file back instead, if there is one.",
    ].join("\n"),
  );
  if (!yes) {
    report(`Nothing has been touched. To go on:\n  type: ${adoptCommand("--recover", "--yes")}`);
    return;
  }
  await progress.step("write the settings, secrets encrypted", async () => {
    for (const { kind, values } of lost) await stacks.set(kind, values);
  });
  report(`This says what they would change:\n${names.map((name) => `  type: ${previewCommand(name)}`).join("\n")}`);
}

/** A recovery that can be carried out. */
interface Recovery {
  /** Stack it ends with. */
  readonly until: StackKind;
  readonly remains: Remains;
  /** Writes everything down that cannot be read again once something has been removed. */
  prepare(): Promise<void>;
}

/** An install that can be recovered, and the images of everything that is to be recreated. */
interface Readable {
  readonly own: OwnInstall;
  readonly images: readonly string[];
}

/**
 * Reads the install that is to be recovered.
 * @param pull true if an image with Postgres' tools may be pulled, to ask a managed database
 * @throws OperatorError with why it cannot be recovered
 */
async function readRecoverable(
  project: Context["project"],
  engine: Engine,
  base: string,
  pull: boolean,
): Promise<Readable> {
  const install = installNameOf(project, base);
  const own = await readOwn(engine, install);
  if (own === undefined)
    throw new OperatorError({
      what: `There is no container of the install ${install} on this engine whose settings could be read.`,
      why: "Settings that were written before are in the stacks' settings, and the data is in its volumes:",
      type: upCommand(base),
    });
  await refuseStopped(engine, own);
  const images = imagesOf(project, base, own);
  refuseMissing(await missingImages(engine, images));
  refuseMigrating(own);
  await refuseStrangers(engine, install, own);
  await refuseUnfit(project, engine, base, own, pull);
  return { own, images };
}

/** Refuses while the Postgres that base borrows does not run: nothing can be read of the data it has. */
async function refuseStopped(engine: Engine, { borrowed }: OwnInstall): Promise<void> {
  const there = borrowed === undefined ? undefined : await engine.inspect(borrowed);
  if (there === undefined || there.state === "running") return;
  throw new OperatorError({
    what: `${there.name}, whose Postgres base uses, is ${there.state}. Nothing has been touched.`,
    why: "Have it run, and type the same again:",
    type: [commandToRun(there.name, there.state), adoptCommand("--recover")],
  });
}

/** Describes what a recovery does. Pure. */
function planText(install: string, { tier, settings, containers, networks, borrowed }: OwnInstall): string {
  return [
    `The state of ${install} is gone, and ${containers.length} containers of it are here. To make them Pulumi's again:`,
    `  1 write what they were made with into the settings, secrets encrypted: ${Object.keys(settings.base).sort().join(", ")}`,
    `  2 remove them and the networks ${networks.join(", ")}; every volume stays${borrowed === undefined ? "" : `, and so does ${borrowed}, whose Postgres base uses`}`,
    `  3 bring base${tier === undefined ? "" : ` and ${tier}`} up on the volumes`,
    "Scani is away from the second step to the end, for about a minute.",
  ].join("\n");
}

/** Describes what is left to do of a recovery that has begun. Pure. */
function restText(install: string, until: StackKind, { containers, networks }: Remains): string {
  return [
    `A recovery of ${install} has not ended. Its settings are written. To go on:`,
    ...(containers.length + networks.length === 0
      ? []
      : [`  - remove what is left (${[...containers, ...networks].join(", ")}); every volume stays`]),
    `  - bring base${until === "base" ? "" : ` and ${until}`} up on the volumes`,
  ].join("\n");
}

/** Refuses while a container of somebody else's is on a network of the install, which Docker would not remove. */
async function refuseStrangers(
  engine: Engine,
  install: string,
  { networks, containers, borrowed }: Remains,
): Promise<void> {
  const there = await Promise.all(
    networks.map(async (network): Promise<OnNetwork> => ({
      network,
      // Containers that are removed anyway are in nobody's way, such as a killed backup's, nor is one that base borrows.
      containers: (await engine.containers({ network })).filter(
        ({ name }) => !containers.includes(name) && name !== borrowed,
      ),
    })),
  );
  const problems = strangersOn(there, install, {
    fate: "made anew by the recovery",
    work: "recover the install",
    command: adoptCommand("--recover", "--yes"),
  });
  if (problems.length === 0) return;
  throw new OperatorError(problems, {}, "The install's networks cannot be removed yet. Nothing has been touched.");
}

/** Refuses while a migrator that a killed run has left changes the schema. */
function refuseMigrating({ migrators }: OwnInstall): void {
  if (migrators.length === 0) return;
  throw new OperatorError({
    what: `${migrators.join(" and ")} ${migrators.length === 1 ? "is" : "are"} migrating the database. Nothing has been touched.`,
    why: "Wait for the end of it, and type the same again:",
    type: [dockerWait(...migrators), adoptCommand("--recover")],
  });
}

/** Secrets the data was made with, which a recovery must not lose. */
const dataSecrets = ["ENCRYPTION_KEY", "POSTGRES_PASSWORD"] as const;

/** Refuses settings that do not fit the data, for which `up` would refuse base when its containers are gone. */
async function refuseUnfit(
  project: Context["project"],
  engine: Engine,
  base: string,
  { settings }: OwnInstall,
  pull: boolean,
): Promise<void> {
  const resolved = settingsWith(project, base, "base", settings.base);
  const place = dataPlaceOf(resolved);
  const names = new StackFile(project.folder, base).ownNames("scani:");
  // What is encrypted in the stack's settings is not read here. It is not lost, and `up` compares it with the data.
  const isWritten = dataSecrets.some((name) => resolved[name] === undefined && names.includes(name));
  const evidence = await readEvidence(engine, place, { stacks: stacksBeside(base, base), pull });
  const lost = isSet("startEmpty", project.environment) ? [] : await findLost(engine, resolved, evidence);
  const refused = await dataRefusals(evidence, {
    place,
    encryptionKey: plainText(resolved.ENCRYPTION_KEY),
    databasePassword: plainText(resolved.POSTGRES_PASSWORD),
    baseStack: base,
    trustSettings: isWritten || isSet("trustSettings", project.environment),
  });
  const problems = [...lost.map((volume) => lostProblem(volume, base)), ...refused];
  if (problems.length > 0) throw new OperatorError(problems, {}, dataRefusalHeading);
}

/** A volume in which a service of base is to find its data, and does not. */
interface LostVolume {
  readonly service: string;
  readonly volume: string;
  /** False where it is there without the data. */
  readonly isGone: boolean;
}

/**
 * Finds services that would start without their data. A container is on its volume; one that is gone may have been on
 * another than the usual, as that of an install which was adopted.
 */
async function findLost(
  engine: Engine,
  settings: Settings<"base">,
  { volumeMajor }: Evidence,
): Promise<readonly LostVolume[]> {
  const found = await Promise.all(
    dataServicesOf(settings).map(async (service): Promise<LostVolume | undefined> => {
      const [volume, container] = [volumeIn(settings, service), containerName(settings.name, service)];
      if (!(await engine.hasVolume(volume))) return { service, volume, isGone: true };
      // Without the image nothing has been read out of the volume.
      const isRead = service === "postgres" && (await engine.image(settings.postgresImage)) !== undefined;
      const isEmpty = isRead && volumeMajor === undefined && (await engine.inspect(container)) === undefined;
      return isEmpty ? { service, volume, isGone: false } : undefined;
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** Describes that a service would start without its data, and what to type. Pure. */
function lostProblem({ service, volume, isGone }: LostVolume, base: string): Problem {
  const what = isGone
    ? `The volume ${volume} is not on this engine, and no container says where else the data of base's ${service} is: it would start empty.`
    : `The volume ${volume} holds no Postgres data at base's path: Postgres would start empty, or not at all.`;
  const empty = withFlag("startEmpty", adoptCommand("--recover", "--yes"));
  if (service !== "postgres") return { what, why: "To go on without it:", type: empty };
  return {
    what,
    why: `An install that was adopted has its data in compose's volume, in the folder ${adoptedFolder} of it, and may have run on another image than the default (postgresImage). Name the place; the last command goes on without the data.`,
    type: [setCommand("postgresVolume", base), setCommand("postgresFolder", base, adoptedFolder), empty],
  };
}

/**
 * Lists the images of everything that is to be recreated.
 * @throws OperatorError with everything for which `up` would refuse the settings
 */
function imagesOf(project: Context["project"], base: string, { tier, settings }: OwnInstall): string[] {
  const problems: Problem[] = [];
  const read = <T>(values: StackValues, imagesBy: () => T[]): T[] => {
    try {
      return imagesBy();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.mistakes.map((mistake) => (mistake.setting in values ? ofContainers(mistake) : mistake)));
      return [];
    }
  };
  const images = [
    ...read(settings.base, () =>
      baseImages(settingsWith(project, base, "base", settings.base)).map(({ image }) => image),
    ),
    ...(tier === undefined
      ? []
      : read(settings.tier, () => Object.values(releaseImages(settingsWith(project, base, tier, settings.tier))))),
  ];
  if (problems.length === 0) return images;
  throw new OperatorError(
    problems,
    {},
    "The install cannot be brought up with the settings it would have. Nothing has been touched.",
  );
}

/** Rewords a mistake in a value of the containers, which the operator does not set here. Pure. */
function ofContainers({ what }: Mistake): Problem {
  return {
    what: what.replace("(from Pulumi config)", "(of the install's containers)"),
    why: "This version of the module brings no install up with that. The version that made the containers recovers them; correct it there, and come back.",
  };
}

function refuseMissing(missing: readonly MissingImage[]): void {
  if (missing.length > 0) throw new OperatorError(missingProblem(missing, []));
}
