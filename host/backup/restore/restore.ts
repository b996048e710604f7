import { dirname } from "node:path";
import type { Engine } from "../../engine/engine";
import { withFlag } from "../../../settings";
import { backupCommand, backupsCommand, quoted, setCommand, upCommand } from "../../../util/commands";
import { messageOf, OperatorError, renderProblem } from "../../../util/operatorError";
import type { Progress, Report } from "../../../util/progress/progress";
import { checkInterrupt } from "../../engine/containers/ready";
import type { DatabaseIdentity } from "../../install/data/databaseIdentity";
import { anyOpens, credentialQueries, credentialsIn } from "../../scani/credentials";
import { readContents } from "../dump";
import { checkWhole, renewManifest, type Backup } from "../folder";
import { originOf, type Manifest, type Table } from "../manifest";
import { givePrivileges, privilegeEntries, refusedProblem, type Refused } from "./privileges";
import { checkKind, checkMajor } from "./readable";
import { besideName, drop, load, type Expected } from "./scratch";
import { psql, readIdentity, withServer, type Database, type Server } from "../server";
import { swap } from "./swap";
import { typedWith, type TypedRestore } from "./typedRestore";

/** Options of a restore. */
export interface RestoreRules {
  /** As it was typed; `--foreign` restores a backup of another database. */
  readonly typed: TypedRestore;
  /** Called before the backup is loaded and again right before the exchange; refuses it by throwing. */
  readonly checkUnused: (server: Server) => Promise<void>;
  /** Key that has to open credentials in the backup; undefined where the settings are trusted all the same. */
  readonly encryptionKey: string | undefined;
  /** Called with what could not be checked, and with privileges the server refused. */
  readonly report: Report;
  /** Stops it before its next effect. */
  readonly signal: AbortSignal;
}

/** A restored database. */
export interface Restored {
  /** Absent for a dump this module did not make. */
  readonly manifest?: Manifest;
  readonly tables: readonly Table[];
  /** Name under which the previous database is kept. */
  readonly kept: string;
  /** Command that drops it. */
  readonly dropCommand: string;
}

/**
 * Replaces the database by a backup. The replaced one is kept under another name.
 * @throws OperatorError with Scani's database untouched
 */
export async function restore(
  engine: Engine,
  database: Database,
  backup: Backup,
  progress: Progress,
  { typed, checkUnused, encryptionKey, report, signal }: RestoreRules,
): Promise<Restored> {
  const manifest = isUnrecorded(backup) ? undefined : await progress.step("check the file", () => checkWhole(backup));
  return withServer(engine, database, async (server) => {
    if (manifest === undefined) await checkKind(server, backup, typed);
    const contents = await progress.step("read its table of contents", () => readContents(server, backup.path, signal));
    await checkMajor(server, backup, contents);
    if (manifest === undefined) acceptUnrecorded(backup, typed, report);
    else checkOrigin(backup, manifest, await readIdentity(server), typed, report);
    await checkUnused(server);
    const { name: fresh, tables } = await progress.step("restore into a new database", () =>
      load(server, backup, manifest ?? estimateOf(backup), "restoring", signal),
    );
    const kept = besideName(server.database, "before", new Date());
    let refused: Refused[] = [];
    try {
      if (manifest === undefined && !tables.some(({ schema }) => schema === ledgerSchema)) throw noScani(backup);
      if (encryptionKey !== undefined) await checkKey(server, fresh, encryptionKey, backup, typed);
      if (privilegeEntries(contents).length > 0)
        refused = await progress
          .step("give its privileges", () => givePrivileges(server, backup, contents, fresh, signal))
          .catch((error: unknown) => {
            checkInterrupt(signal);
            report(`Its privileges could not be given: ${messageOf(error)}`);
            return [];
          });
      // Without statistics the first hours of queries would be planned blindly.
      await progress.step("analyse it", () => server.run([...psql, "-c", "analyze"], { database: fresh }));
      await checkUnused(server);
      checkInterrupt(signal);
      await progress.step("exchange it for the one in use", () => swap(server, fresh, kept));
    } catch (error) {
      // The exchange may have succeeded although its answer was lost: then no database has this name any more.
      await drop(server, fresh).catch(() => undefined);
      throw error;
    }
    if (refused.length > 0) report(renderProblem(refusedProblem(refused, server)));
    return { manifest, tables, kept, dropCommand: server.byHand("dropdb", quoted(kept)) };
  });
}

/**
 * Loads a backup into a scratch database, compares its row counts, and drops it. Records in its manifest when that was.
 * @throws OperatorError when they differ
 */
export async function verify(
  engine: Engine,
  database: Database,
  backup: Backup,
  progress: Progress,
  signal: AbortSignal = new AbortController().signal,
): Promise<Manifest> {
  const manifest = await progress.step("check the file", () => checkWhole(backup));
  await withServer(engine, database, async (server) => {
    await progress.step("read its table of contents", () => readContents(server, backup.path, signal));
    const { name } = await progress.step("restore into a scratch database and compare", () =>
      load(server, backup, manifest, "verifying", signal),
    );
    await progress.step("drop the scratch database", () => drop(server, name));
  });
  const verified = { ...manifest, verified: new Date().toISOString() };
  const place = { folder: dirname(backup.path), install: manifest.install, base: database.stacks.base };
  await renewManifest(place, verified);
  return verified;
}

/** Schema of the ledger of Scani's migrations. */
const ledgerSchema = "drizzle";

/** Largest known factor by which a compressed dump is smaller than the database it makes. */
const usualCompression = 10;

type Unrecorded = Backup & { readonly unrecorded: number };

/** True for a dump without a manifest next to it, as pg_dump makes one. */
function isUnrecorded(backup: Backup): backup is Unrecorded {
  return backup.unrecorded !== undefined;
}

function estimateOf({ unrecorded = 0 }: Backup): Expected {
  return { databaseBytes: unrecorded * usualCompression };
}

/** Reports what cannot be checked of a dump this module did not make. @throws OperatorError unless it was asked for */
function acceptUnrecorded({ file }: Backup, typed: TypedRestore, report: Report): void {
  if (!typed.options.includes("--foreign"))
    throw new OperatorError({
      what: `${file} has no manifest beside it: this module did not make it, or its manifest was left behind. Nothing has been touched.`,
      why: "A dump that pg_dump made with --format=custom, as Scani's backup page says, can be restored all the same. Whether it is whole and from when it is cannot be checked then.",
      type: typedWith(typed, "--foreign"),
    });
  report(
    `${file} has no manifest beside it. Not checked: whether it holds every row it was made with, and when it was made.`,
  );
}

/** @throws OperatorError when none of the credentials in a loaded backup opens with the install's key */
async function checkKey(
  server: Server,
  loaded: string,
  key: string,
  { file, manifest }: Backup,
  typed: TypedRestore,
): Promise<void> {
  const credentials = credentialsIn(await server.run(psql, { input: credentialQueries, database: loaded }));
  if (credentials.length === 0 || (await anyOpens(credentials, key))) return;
  const { base } = server.stacks;
  const again = typedWith(typed);
  throw new OperatorError([
    {
      what: `The credentials in ${file} were sealed with another ENCRYPTION_KEY than this install's: Scani could read none of them. The database in use has not been touched.`,
      why: `Give base the key of the install the backup is from${manifest === undefined ? "" : ` (${manifest.install}, by ${manifest.by})`}, restore, and bring the tier up, which gets the key then:`,
      type: [setCommand("ENCRYPTION_KEY", base, { secret: true }), withFlag("trustSettings", upCommand(base)), again],
    },
    {
      what: "Or, if that key is lost and every credential is to be entered again:",
      type: withFlag("trustSettings", again),
    },
  ]);
}

function noScani({ file }: Backup): OperatorError {
  return new OperatorError({
    what: `${file} holds no database of Scani's: it has no record of migrations. The database in use has not been touched.`,
    type: backupsCommand(),
  });
}

/** @throws OperatorError when a backup is from another database, unless it was asked for */
function checkOrigin(
  { file }: Backup,
  manifest: Manifest,
  own: DatabaseIdentity,
  typed: TypedRestore,
  report: Report,
): void {
  if (typed.options.includes("--foreign")) return;
  const origin = originOf(manifest, own);
  if (origin === "unknown")
    report(`Whether ${file} is from this install's database cluster cannot be checked: one of them is not recorded.`);
  if (origin !== "other") return;
  throw new OperatorError({
    what: `${file} is from another database (${placeOf(manifest)} of install ${manifest.install}, made by ${manifest.by}) than this install's, ${placeOf(own)}. Nothing has been touched.`,
    why: "Restoring it would replace this install's data by that one's. If that is intended, as after the database was lost and created anew:",
    type: typedWith(typed, "--foreign"),
  });
}

function placeOf({ database, cluster }: DatabaseIdentity): string {
  return cluster === undefined ? database : `${database} in cluster ${cluster}`;
}

/** Returns the newest backup that is not damaged. @throws OperatorError when there is none */
export function newestGood(backups: readonly Backup[]): Backup {
  const found = backups.find(({ damage }) => damage === undefined);
  if (found === undefined) throw new OperatorError({ what: "There is no good backup.", type: backupCommand() });
  return found;
}
