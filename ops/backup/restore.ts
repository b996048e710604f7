import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { readBackup, type Backup } from "../../host/backup/folder";
import { describeClients, lastingClients, type Client } from "../../host/backup/restore/clients";
import { restore as restoreBackup } from "../../host/backup/restore/restore";
import type { Server } from "../../host/backup/server";
import { typedWith, type TypedRestore } from "../../host/backup/restore/typedRestore";
import type { ContainerSummary } from "../../host/engine/engine";
import { restoredFilesNote } from "../../host/files/words";
import { findNamed } from "../../host/handover/findNamed";
import { readNamed } from "../../host/handover/namedFiles";
import { isOf, routedRelease } from "../../host/install/facts";
import { label } from "../../host/install/names/labels";
import { readFacts } from "../../host/install/readFacts";
import { pendingMigrations } from "../../host/scani/migrations/pending";
import { Progress, type Report } from "../../util/progress/progress";
import { isService, type Service } from "../../host/install/services/release";
import { otherTier } from "../../host/install/names/stacks";
import { isSet, type Tier } from "../../settings";
import { backupsCommand, dockerStart, dockerStop, dockerUnpause, upCommand } from "../../util/commands";
import { messageOf, OperatorError, renderProblem } from "../../util/operatorError";
import type { Context } from "../context";
import { typedIn } from "../project";
import { withInstallLock } from "./installLock";
import { contentsText } from "./show";
import type { Target } from "./target";

/** Options of a restore. */
export interface RestoreOptions {
  /** Restore even while a release runs, cutting its connections at the exchange. */
  readonly whileServing?: boolean;
  /** Restore a backup of another database. */
  readonly foreign?: boolean;
}

/**
 * Replaces the database in use by a backup. The replaced one is kept under another name.
 * @param file path of a dump, or its name in the folder of backups
 * @throws OperatorError with the database in use untouched
 */
export async function restore(context: Context, base: string, file: string, options: RestoreOptions): Promise<void> {
  await withInstallLock(context, "restore", base, (target, signal) =>
    // The lock's signal is aborted with the context's, and when the lock is lost.
    restoreOn({ ...context, signal }, target, file, options),
  );
}

async function restoreOn(
  { project, report, signal }: Context,
  target: Target,
  file: string,
  options: RestoreOptions,
): Promise<void> {
  const backup = await backupNamed(file, typedIn(project.environment, process.cwd()), target.folder);
  const typed: TypedRestore = {
    file,
    options: [
      ...(options.whileServing ? ["--while-serving" as const] : []),
      ...(options.foreign ? ["--foreign" as const] : []),
    ],
  };
  await refuseReleases(target, typed);
  const { manifest, tables, kept, dropCommand } = await restoreBackup(
    target.engine,
    target.database,
    backup,
    new Progress(report),
    {
      typed,
      checkUnused: async (server) => {
        await refuseReleases(target, typed);
        await refuseClients(target, server, typed);
      },
      encryptionKey: isSet("trustSettings", project.environment) ? undefined : target.encryptionKey,
      report,
      signal,
    },
  );
  report(
    `The database is as it was ${manifest === undefined ? `when ${backup.file} was made` : `at ${manifest.at}`}: ${contentsText({ tables })}.`,
  );
  report(
    renderProblem({
      what: `The database before the restore is kept as ${kept}. When you no longer need it:`,
      type: dropCommand,
    }),
  );
  await reportWhatFollows(target, report, signal);
}

/** Reports what a restored database needs next. A failure to find out is only reported, since the restore is done. */
export async function reportWhatFollows(
  target: Pick<Target, "engine" | "install" | "gateway" | "stacks" | "database">,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const finding: readonly (readonly [what: string, find: () => Promise<string[]>])[] = [
    ["Whether the restored schema fits the release that serves", () => missingMigrations(target)],
    ["How many files the restored database names", () => namedFiles(target, signal)],
  ];
  for (const [what, find] of finding) {
    const lines = await find().catch((error: unknown) => [`${what} could not be read: ${messageOf(error)}`]);
    for (const line of lines) report(line);
  }
}

/** Reports how many of the files that the database names the serving release finds: files are in no backup. */
async function namedFiles(
  { engine, install, gateway, database }: Pick<Target, "engine" | "install" | "gateway" | "database">,
  signal: AbortSignal,
): Promise<string[]> {
  const named = await readNamed(engine, database);
  const unread: string[] = [];
  const found = await findNamed(engine, { name: install, gateway }, named, signal).catch((error: unknown) => {
    unread.push(`Whether they are there could not be read: ${messageOf(error)}`);
    return undefined;
  });
  const note = restoredFilesNote(named, found);
  return note === undefined ? [] : [note, ...unread];
}

/** Finds a dump by its path, relative to the folder the command was typed in, or by its name in the backups' folder. */
async function backupNamed(file: string, here: string, folder: string): Promise<Backup> {
  const candidates = [resolve(here, file), join(folder, file)];
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path === undefined)
    throw new OperatorError({
      what: `There is no file ${file}, neither here nor in ${folder}.`,
      type: backupsCommand(),
    });
  return readBackup(path, basename(path));
}

/** Services that read or write the database. */
const users: readonly Service[] = ["migrate", "data-provider", "api", "worker"];

/** A container that may write to the database. */
interface User {
  readonly name: string;
  readonly tier: Tier;
  readonly title: string;
  readonly paused: boolean;
  /** Its addresses on its networks. */
  readonly addresses: readonly string[];
}

/** Lists containers of releases that may write, including paused or restarting ones, which may go on at any moment. */
async function databaseUsers({ engine, install }: Pick<Target, "engine" | "install">): Promise<User[]> {
  const running = await engine.containers({ labels: [`${label.install}=${install}`, label.release] });
  return running.flatMap(({ name, labels, state, networks }) => {
    const [service, tier] = [labels[label.service], labels[label.tier] as Tier];
    return isService(service) && users.includes(service)
      ? [{ name, tier, title: `${tier} ${service}`, paused: state === "paused", addresses: addressesIn(networks) }]
      : [];
  });
}

function addressesIn(networks: ContainerSummary["networks"]): string[] {
  return Object.values(networks).flatMap(({ current }) => current ?? []);
}

/**
 * @throws OperatorError when a release of this install may write to the database, unless `--while-serving` allows it
 */
export async function refuseReleases(
  target: Pick<Target, "engine" | "install" | "stacks">,
  typed: TypedRestore,
): Promise<void> {
  if (typed.options.includes("--while-serving")) return;
  const running = await databaseUsers(target);
  const [first] = running;
  if (first === undefined) return;
  const paused = running.filter((one) => one.paused).map(({ name }) => name);
  throw new OperatorError([
    {
      what: `${running.map(({ title }) => title).join(", ")} ${running.length === 1 ? "uses" : "use"} this database: restoring now would discard what they wrote since the backup. Nothing has been touched.`,
      type: [
        ...(paused.length === 0 ? [] : [dockerUnpause(...paused)]),
        dockerStop(...running.map(({ name }) => name)),
        typedWith(typed),
        upCommand(target.stacks[first.tier]),
      ],
    },
    {
      what: "Or restore while they run, which cuts their connections at the exchange:",
      type: typedWith(typed, "--while-serving"),
    },
  ]);
}

/**
 * Refuses a restore while anything else is connected to the database: another install or Scani's own compose, whose
 * writes would be lost, and whose connections no option allows to be cut. Clients of this install's releases pass where
 * theirs may be cut.
 * @param timeout milliseconds others may take to disconnect
 * @throws OperatorError
 */
export async function refuseClients(
  target: Pick<Target, "engine" | "install" | "database">,
  server: Server,
  typed: TypedRestore,
  timeout?: number,
): Promise<void> {
  const own = typed.options.includes("--while-serving") ? await databaseUsers(target) : [];
  const addresses = new Set(own.flatMap((user) => user.addresses));
  const managed = target.database.kind === "managed";
  const isOwn = ({ address, beside }: Client): boolean =>
    // A managed server sees everything of this machine at one address.
    (address !== undefined && addresses.has(address)) || (managed && beside && own.length > 0);
  const clients = await lastingClients(server, (client) => !isOwn(client), timeout);
  if (clients.length === 0) return;
  // On the network of a managed server an address may be one that a container has here.
  const names = managed ? new Map<string, string>() : await containersByAddress(target);
  const containers = [...new Set(clients.flatMap(({ address = "" }) => names.get(address) ?? []))];
  const elsewhere = clients.some(({ address = "" }) => !names.has(address));
  throw new OperatorError({
    what: `Connected to the database ${server.database}, and no release of ${target.install}: ${describeClients(clients, (address) => names.get(address))}. Restoring now would discard what they wrote since the backup. Nothing has been touched.`,
    why: elsewhere ? "Stop what is connected, and type the restore again:" : undefined,
    type: [...(containers.length === 0 ? [] : [dockerStop(...containers)]), typedWith(typed)],
  });
}

/** Reads the names of the running containers, by their addresses. */
async function containersByAddress({ engine }: Pick<Target, "engine">): Promise<Map<string, string>> {
  const running = await engine.containers({});
  return new Map(running.flatMap(({ name, networks }) => addressesIn(networks).map((address) => [address, name])));
}

/**
 * Reports migrations of the serving release that the restored schema lacks. The next `up` would not apply them, since
 * there is nothing to switch.
 */
async function missingMigrations(target: Pick<Target, "engine" | "install" | "gateway" | "stacks">): Promise<string[]> {
  const live = await readFacts(target.engine, { name: target.install, gateway: target.gateway });
  const now = routedRelease(live);
  const migrate = live.containers.find((one) => one.service === "migrate" && isOf(now, one));
  if (now === undefined || migrate === undefined) return [];
  const pending = (await pendingMigrations(target.engine, { name: target.install }, migrate.id)) ?? [];
  if (pending.length === 0) return [];
  return [
    renderProblem({
      what: `The restored schema is older than ${now.tier}'s release: it lacks ${pending.join(", ")}. To apply them:`,
      type: dockerStart(migrate.name, "-a"),
    }),
    renderProblem({
      what: "Or switch to the release that fits the schema:",
      type: upCommand(target.stacks[otherTier(now.tier)]),
    }),
  ];
}
