import { setCommand as settingCommand, settingFrom, withdrawCommands, withFlag, type Origin } from "../../settings";
import { adoptCommand, backupsCommand, pulumiCommand, quoted, setCommand, upCommand } from "../../util/commands";
import { commandsOf, type Problem } from "../../util/operatorError";
import { containerName, isOfBase, volumeNameOf } from "../install/names/containerName";
import { isSameDatabase, type ManagedDatabase } from "../install/data/databaseIdentity";
import { adoptedFolder } from "../install/data/postgresData";
import { isUp } from "../install/facts";
import { label } from "../install/names/labels";
import type { BaseServiceOutput, BaseOutputs } from "../install/platform";
import type { Presence } from "../install/presence";

/** Base as its last `up` left it, from its stack's outputs. Those of an earlier version have fewer fields. */
export type RememberedBase = Pick<BaseOutputs, "install" | "services"> & Partial<BaseOutputs>;

/** Identity that base is about to be brought up with, and what the operator allows. */
export interface IdentityIntent {
  readonly install: string;
  readonly installOrigin?: Origin;
  /** Base's stack. */
  readonly stack: string;
  readonly dockerHostOrigin?: Origin;
  readonly databaseOrigin?: Origin;
  /** Volume the bundled Postgres is declared with; undefined where somebody else runs it. */
  readonly postgresVolume?: string;
  readonly postgresVolumeOrigin?: Origin;
  /** Services base is declared with that keep data. */
  readonly keepsData: readonly string[];
  readonly startEmpty: boolean;
  readonly allowDowntime: boolean;
  /** True if the operator has said that the settings are right, whatever the data says. */
  readonly trustSettings: boolean;
}

/** Present state of the install that is remembered. */
export interface IdentityNow extends Presence {
  /** Remembered volumes that are not on the engine. */
  readonly missingVolumes: readonly string[];
  /** Volumes of the borrowed Postgres that is remembered; undefined where none is, or its container is gone. */
  readonly borrowedVolumes?: readonly string[];
  /** Identity of the bundled database's cluster on the engine; undefined where none runs. */
  readonly cluster?: string;
  /** The managed database the settings name. */
  readonly managed?: ManagedDatabase;
}

/** Returns why base must not go on as another install, on another engine, or without its data. Pure. */
export function identityRefusals(
  remembered: RememberedBase | undefined,
  now: IdentityNow,
  intent: IdentityIntent,
): Problem[] {
  if (remembered === undefined) return [];
  const other = otherEngine(remembered, now, intent);
  if (other !== undefined) return intent.startEmpty ? [] : [other];
  const renamed = intent.allowDowntime ? undefined : otherName(remembered, now, intent);
  if (renamed !== undefined) return [renamed];
  const lost = intent.startEmpty
    ? undefined
    : (otherVolume(remembered, intent) ??
      otherThanBorrowed(remembered, now, intent) ??
      lostData(remembered, now, intent) ??
      otherCluster(remembered, now, intent));
  const moved = intent.trustSettings
    ? undefined
    : (otherDatabase(remembered, now, intent) ?? otherKind(remembered, now, intent));
  return [lost, moved].filter((problem) => problem !== undefined);
}

/**
 * Returns the managed database as base is to remember it: one that could not be asked keeps the cluster remembered for
 * it. Pure.
 * @param now as the settings name it
 */
export function rememberedManaged(
  remembered: RememberedBase | undefined,
  now: ManagedDatabase | undefined,
): ManagedDatabase | undefined {
  const before = remembered?.managed;
  if (now === undefined || before === undefined || !isSameDatabase(before, now)) return now;
  return { ...now, cluster: now.cluster ?? before.cluster };
}

/**
 * Returns why base must not be created while its install already has releases, or a base of which its state knows
 * nothing: that state is lost, or somewhere else. Pure.
 * @param known ids in Pulumi's state; a first `up` that was killed has left some
 */
export function lostStateProblems(
  remembered: RememberedBase | undefined,
  known: ReadonlySet<string>,
  { containers }: Pick<Presence, "containers">,
  { install, stack }: Pick<IdentityIntent, "install" | "stack">,
): Problem[] {
  const [ofReleases, ofBase] = [
    containers.filter(({ labels }) => label.release in labels),
    containers.filter(isOfBase),
  ];
  if (remembered !== undefined || ofBase.length === 0 || (ofReleases.length === 0 && known.size > 0)) return [];
  return [
    {
      what: `The install ${install} is on this engine, and the state of stack ${stack} knows nothing of it: it is in another project folder, or lost.`,
      why: "Use the folder and the backend it was brought up from. Where that is gone, its settings and secrets can be read from its containers; this says what would be done, and touches nothing:",
      type: adoptCommand("--recover"),
    },
  ];
}

/**
 * True where an engine is not the one base was brought up on: it has another id, and none of base's containers. (An
 * engine that was moved with all it holds is the same.) Pure.
 */
export function isOtherEngine(remembered: Pick<RememberedBase, "engine" | "services">, now: Presence): boolean {
  const { engine, services } = remembered;
  if (engine === undefined || engine.id === now.engine.id) return false;
  return !now.containers.some(({ id }) => services.some((service) => service.id === id));
}

/** Returns why a stack must not go on on another engine than base's, and the commands that lead back. Pure. */
export function otherEngineProblem(
  remembered: RememberedBase,
  now: Presence,
  { stack, origin }: { readonly stack: string; readonly origin?: Origin },
): Problem {
  const home = remembered.engine as Presence["engine"];
  return {
    what: `${remembered.install} was brought up on the engine at ${home.address} (ID ${home.id}), and this is another one, at ${now.engine.address} (ID ${now.engine.id})${origin === undefined ? "" : `: DOCKER_HOST comes from ${origin}`}.`,
    type:
      origin === undefined || origin === "Pulumi config"
        ? [setCommand("dockerHost", stack, { value: home.address })]
        : withdrawCommands("dockerHost", origin, stack),
  };
}

function otherEngine(remembered: RememberedBase, now: IdentityNow, intent: IdentityIntent): Problem | undefined {
  if (!isOtherEngine(remembered, now)) return undefined;
  const problem = otherEngineProblem(remembered, now, { stack: intent.stack, origin: intent.dockerHostOrigin });
  return {
    ...problem,
    why: "Pulumi would forget the containers that are there.",
    type: [...commandsOf(problem), startEmptyCommand(intent.stack)],
  };
}

function otherName(remembered: RememberedBase, now: IdentityNow, intent: IdentityIntent): Problem | undefined {
  const isDataLeft = remembered.services.some(
    ({ volume }) => volume !== undefined && !now.missingVolumes.includes(volume),
  );
  const isLeft = now.containers.length > 0 || isDataLeft;
  if (remembered.install === intent.install || !isLeft) return undefined;
  return {
    what: `SCANI_NAME${intent.installOrigin === undefined ? "" : ` (from ${intent.installOrigin})`} is ${intent.install}, and stack ${intent.stack} holds the install ${remembered.install}, ${now.containers.length > 0 ? "which is still there: its containers would be deleted and its data left behind" : "whose data is still there: it would be left behind"}.`,
    why: "An install keeps its name; a second one needs stacks of its own.",
    type: [
      ...withdrawCommands("name", intent.installOrigin, intent.stack),
      setCommand("name", intent.stack, { value: remembered.install }),
    ],
  };
}

/** Refuses another volume than the one with Scani's data: Postgres would start on other data, or on none. */
function otherVolume(
  { install, services }: RememberedBase,
  { install: wanted, stack, postgresVolume: now, postgresVolumeOrigin: origin }: IdentityIntent,
): Problem | undefined {
  const before = services.find(({ service }) => service === "postgres")?.volume;
  if (install !== wanted || before === undefined || now === undefined || before === now) return undefined;
  const own = volumeNameOf(install, "postgres");
  return {
    what: `${settingFrom("postgresVolume", origin)} leads to the volume ${now}, and the data of ${install} is in ${before}: Postgres would start without it.`,
    why: `Data that is moved by hand into ${now} is taken with the last command${before === own ? ", after that before it" : ""}.`,
    type: [
      ...(before === own ? withdrawCommands("postgresVolume", origin, stack) : []),
      ...(before === own ? [] : [setCommand("postgresVolume", stack, { value: before })]),
      // Base's own volume is protected, and leaves the stack; it stays on the engine.
      ...(before === own ? [pulumiCommand("state", "unprotect", "--all", "--stack", quoted(stack), "--yes")] : []),
      startEmptyCommand(stack),
    ],
  };
}

/** Returns the container of a Postgres that is somebody else's and holds the data of base; undefined without one. Pure. */
export function borrowedIn({ install, backups }: RememberedBase): string | undefined {
  const container = backups?.postgres;
  return container === containerName(install, "postgres") ? undefined : container;
}

/**
 * Refuses a Postgres of base's own on another volume than that of the borrowed one with Scani's data: it would start
 * empty under the release that serves.
 */
function otherThanBorrowed(
  remembered: RememberedBase,
  { borrowedVolumes }: IdentityNow,
  { install: wanted, stack, postgresVolume: now, postgresVolumeOrigin: origin }: IdentityIntent,
): Problem | undefined {
  const { install } = remembered;
  const borrowed = borrowedIn(remembered);
  if (install !== wanted || borrowed === undefined || now === undefined) return undefined;
  // Of a container that is gone nothing tells the volume, and whoever names one has meant it.
  if (borrowedVolumes?.includes(now) ?? origin !== undefined) return undefined;
  const isThere = borrowedVolumes !== undefined;
  return {
    what: `borrowedPostgres is not given any more, and the data of ${install} is in the Postgres ${borrowed}: base would run a Postgres of its own on the volume ${now}, without that data.`,
    why: isThere
      ? "The first command goes on with the adoption, the second with that Postgres. To go on without the data, the last one."
      : "That container is gone. Name the volume its data is in, and the folder of the volume. To go on without the data, the last one.",
    type: [
      ...(isThere
        ? [adoptCommand("--yes"), settingCommand("borrowedPostgres", stack, borrowed)]
        : [settingCommand("postgresVolume", stack), settingCommand("postgresFolder", stack, adoptedFolder)]),
      startEmptyCommand(stack),
    ],
  };
}

function lostData(remembered: RememberedBase, now: IdentityNow, intent: IdentityIntent): Problem | undefined {
  const lost = remembered.services.filter(
    ({ service, volume }: BaseServiceOutput) =>
      volume !== undefined && intent.keepsData.includes(service) && now.missingVolumes.includes(volume),
  );
  if (lost.length === 0) return undefined;
  return {
    what: `The data of ${remembered.install} is not on this engine any more: ${lost.map(({ service, volume }) => `${volume} (${service})`).join(" and ")} ${lost.length === 1 ? "is" : "are"} gone.`,
    why: "Base can be made anew, empty, and a backup restored into it once a tier is up; the second command lists them.",
    type: [startEmptyCommand(intent.stack), backupsCommand()],
  };
}

/** Refuses a volume of the same name that holds another database, which is no data of this install. */
function otherCluster(remembered: RememberedBase, now: IdentityNow, intent: IdentityIntent): Problem | undefined {
  const { cluster, services } = remembered;
  if (cluster === undefined || now.cluster === undefined || cluster === now.cluster) return undefined;
  const volume = services.find(({ service }) => service === "postgres")?.volume ?? "the volume";
  return {
    what: `The database in ${volume} is another one (cluster ${now.cluster}) than ${remembered.install} was brought up with (cluster ${cluster}). Nothing has been touched.`,
    why: "Put the volume back that holds the install's own data, or go on with what is there; the second command lists the backups that can be restored into it.",
    type: [startEmptyCommand(intent.stack), backupsCommand()],
  };
}

/** Refuses another managed database than the one with Scani's data: it would be backed up and migrated instead. */
function otherDatabase(
  { install, managed: before }: RememberedBase,
  { managed: now }: IdentityNow,
  { stack, databaseOrigin: origin }: IdentityIntent,
): Problem | undefined {
  if (before === undefined || now === undefined || isSameDatabase(before, now)) return undefined;
  const byAddress = before.cluster === undefined || now.cluster === undefined;
  return {
    what: `DATABASE_URL${origin === undefined ? "" : ` (from ${origin})`} names another database, ${managedText(now)}, than ${install} was brought up with, ${managedText(before)}.`,
    why: `${byAddress ? "Their addresses are compared, since a server does not say which cluster it is. " : ""}Name the install's own again. If its data has been moved there, or its server upgraded, the last command goes on with it.`,
    type: [
      // Withdrawn from the shell only, so that the project's value counts again; without that one, base would run a
      // Postgres of its own.
      ...(origin === "the shell's environment" ? withdrawCommands("DATABASE_URL", origin, stack) : []),
      settingCommand("DATABASE_URL", stack),
      withFlag("trustSettings", upCommand(stack)),
    ],
  };
}

/** Refuses a change from base's own server to somebody else's, or back. */
function otherKind(
  { install, managed: before, backups }: RememberedBase,
  { managed: now, containers }: IdentityNow,
  { stack, databaseOrigin: origin }: IdentityIntent,
): Problem | undefined {
  // If a release is in use, `baseRefusals` reports what it would lose.
  if (containers.some((one) => label.release in one.labels && isUp(one))) return undefined;
  const goOn = "If its data has been moved there, the last command goes on with it.";
  const own = backups?.postgres;
  if (now !== undefined && own !== undefined)
    return {
      what: `DATABASE_URL${origin === undefined ? "" : ` (from ${origin})`} names a managed database, ${managedText(now)}, and the data of ${install} is in base's own Postgres, ${own}.`,
      why: goOn,
      type: [...withdrawCommands("DATABASE_URL", origin, stack), withFlag("trustSettings", upCommand(stack))],
    };
  if (now === undefined && before !== undefined)
    return {
      what: `DATABASE_URL is not given any more, and ${install} was brought up with a managed database, ${managedText(before)}: base would run a Postgres of its own.`,
      why: `Name it again. ${goOn}`,
      type: [settingCommand("DATABASE_URL", stack), withFlag("trustSettings", upCommand(stack))],
    };
  return undefined;
}

function managedText({ database, address, cluster }: ManagedDatabase): string {
  return `${database} at ${address}${cluster === undefined ? "" : ` (cluster ${cluster})`}`;
}

function startEmptyCommand(stack: string): string {
  return withFlag("startEmpty", upCommand(stack));
}
