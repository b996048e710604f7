import { makeBackup } from "../../backup/make";
import { listBackups } from "../../backup/folder";
import { countsFor } from "../../backup/manifest";
import { newestGood, verify } from "../../backup/restore/restore";
import { readIdentity, withServer, type Database } from "../../backup/server";
import { commandToRun } from "../../engine/containers/commandToRun";
import { networkName } from "../../install/network/addresses";
import { isConnected } from "../../install/network/connections";
import { replaceable } from "../../install/services/bundled";
import type { StackNames } from "../../install/names/stacks";
import type { Connection } from "../../install/resources";
import { expectData, homeOf, whereIsData } from "../postgres/moveData";
import { takesPort, type AdoptionRecord } from "../record";
import { hasRelease, startAgain, untilHealthy, type AdoptRun, type Phase } from "./phase";
import { isOnPort } from "./port";
import { unstartable } from "../startable";
import { OperatorError, problemsOf, type Problem } from "../../../util/operatorError";
import { adoptCommand, composeCreate } from "../../../util/commands";
import { sizeText } from "../../../util/sizeText";

/** Hours a backup counts as one made for the adoption. */
const backupHours = 24;

/** Phase that makes a backup by compose's own Postgres, reads it back and compares it. */
export class BackupPhase implements Phase {
  readonly title = "backup";

  describe({ postgres }: AdoptRun["record"]): string {
    return postgres === undefined
      ? "nothing: the database is not the project's own; up of a tier backs it up where a migration is pending"
      : "back the database up by compose's own Postgres, and read the backup back";
  }

  async done(run: AdoptRun): Promise<boolean> {
    const { engine, install, record, stacks, backups } = run;
    // A managed database is backed up by the switch, as always.
    if (record.postgres === undefined) return true;
    // Once its data has been taken over there is nothing of compose's to back up.
    if ((await engine.inspect(record.postgres.container))?.state !== "running") return !(await isNeeded(run));
    const identity = await withServer(engine, databaseOf(record.postgres.container, stacks.names), readIdentity);
    const oldest = Date.now() - backupHours * 3_600_000;
    // A backup that was not read back since this adoption began does not count.
    return (await listBackups({ folder: backups.folder, install: install.name, base: stacks.names.base })).some(
      ({ damage, at, manifest }) =>
        damage === undefined &&
        manifest !== undefined &&
        countsFor(manifest, identity) &&
        at > oldest &&
        Date.parse(manifest.verified ?? "") >= Date.parse(record.at),
    );
  }

  async perform(run: AdoptRun): Promise<void> {
    const { engine, install, record, stacks, backups, progress, watch } = run;
    const { container = "" } = record.postgres ?? {};
    // Only now it can be asked whether there is a backup of it already.
    if ((await havePostgres(run, container)) && (await this.done(run))) return;
    const database = databaseOf(container, stacks.names);
    const made = await progress.step("back up the database", () =>
      makeBackup(engine, { install: install.name, database, why: "adoption", ...backups }, watch.signal),
    );
    progress.note(`${made.file}, ${sizeText(made.bytes)}, ${made.tables.length} tables`);
    const found = await listBackups({ folder: backups.folder, install: install.name, base: stacks.names.base });
    await verify(engine, database, newestGood(found.filter(({ file }) => file === made.file)), progress, watch.signal);
  }
}

function databaseOf(container: string, stacks: StackNames): Database {
  return { kind: "bundled", container, stacks };
}

/** Phase that brings base up next to the project: Redis, S3 server, mail catcher and gateway, on compose's Postgres. */
export class BesidePhase implements Phase {
  readonly title = "base beside it";

  describe({ postgres }: AdoptRun["record"]): string {
    return `bring base up beside it${postgres === undefined ? "" : `, on the Postgres of ${postgres.container}`}`;
  }

  async done(run: AdoptRun): Promise<boolean> {
    const { engine, install, record } = run;
    const [gateway, postgres] = await Promise.all([
      engine.inspect(install.gateway),
      engine.inspect(record.postgres?.container ?? ""),
    ]);
    if (gateway?.state !== "running") return false;
    const waitsForPort = takesPort(record) && gateway.published.length === 0;
    if (!waitsForPort && !(await isOnPort(run, gateway))) return false;
    if (postgres === undefined) return true;
    if (postgres.state === "running") return isConnected(engine, borrowedConnection(install, postgres.id));
    return !(await isNeeded(run));
  }

  async perform(run: AdoptRun): Promise<void> {
    const { engine, install, record, stacks, progress } = run;
    const { container = "" } = record.postgres ?? {};
    await expectData(engine, homeOf(install.name, record.postgres));
    const borrows = await isNeeded(run);
    const setsPort = !(await hasRelease(run));
    const settings = {
      // Another port may have been chosen since the settings were written.
      ...(setsPort ? portSettings(record) : {}),
      // Compose may have recreated it under another name since the settings were written. A run killed before it moved
      // the data may have set where that was to be, which is refused together with a borrowed Postgres.
      ...(borrows ? { borrowedPostgres: container, postgresVolume: undefined, postgresFolder: undefined } : {}),
    };
    if (Object.keys(settings).length > 0) await stacks.set("base", settings);
    if (borrows) await havePostgres(run, container);
    await progress
      .step("bring base up", () => stacks.up("base"))
      .catch((error: unknown) => {
        if (!setsPort || takesPort(record)) throw error;
        // A refusal of the port says to set FRONTEND_PORT, which the next run would replace.
        const { logTail } = error instanceof OperatorError ? error : {};
        throw new OperatorError([...problemsOf(error), otherPort(record, stacks.names)], { cause: error, logTail });
      });
  }
}

/** Describes how an adoption is given another port before a release was started. Pure. */
function otherPort({ project, port }: AdoptionRecord, { base }: StackNames): Problem {
  return {
    what: `Until a release is started, the adoption sets FRONTEND_PORT of ${base}, to ${port.then} now.`,
    why: "Where it is that port which cannot be had, this chooses another:",
    type: adoptCommand(project, "--port", String(port.then + 1), "--yes"),
  };
}

/** Returns how a release reaches compose's Postgres while it is borrowed. Pure. */
function borrowedConnection({ name }: AdoptRun["install"], container: string): Connection {
  return { container, network: networkName(name, "data"), names: [replaceable.postgres.host] };
}

/** Takes compose's stopped Postgres off a data network that has been removed meanwhile, on which it would not start. */
export async function leaveGoneNetwork({ engine, install }: AdoptRun, container: string): Promise<void> {
  const borrowed = borrowedConnection(install, container);
  if (!(await isConnected(engine, borrowed))) await engine.disconnectNetwork(borrowed.network, container);
}

/**
 * Starts compose's Postgres where it does not run: it may have been stopped by hand, or by a run killed before it moved
 * the data. It leaves a data network that has been removed meanwhile, on which it would not start; `up` of base connects
 * it to the new one.
 * @returns whether it had to be started
 * @throws OperatorError where it cannot be started, and where somebody has paused it
 */
async function havePostgres(run: AdoptRun, container: string): Promise<boolean> {
  const { engine, record, compose, progress } = run;
  const there = await engine.inspect(container);
  if (there?.state === "running") return false;
  if (there === undefined)
    throw new OperatorError({
      what: `The container of the project's Postgres, ${container}, is gone.`,
      why: "This makes it again without starting it:",
      type: composeCreate(compose, ...[record.services[container]].filter((one) => one !== undefined)),
    });
  if (there.state === "paused")
    throw new OperatorError({ what: `${container} is paused.`, type: commandToRun(container, there.state) });
  const problem = await unstartable(run, [container]);
  if (problem !== undefined) throw new OperatorError(problem);
  await progress.step(`start ${container}`, async () => {
    await leaveGoneNetwork(run, container);
    await startAgain(run, container);
    await untilHealthy(run, container);
  });
  return true;
}

/** Returns base's settings for the gateway's port: taking the page's own, it is not published yet. Pure. */
function portSettings({ port }: AdoptionRecord): Readonly<Record<"FRONTEND_PORT" | "publishGateway", string>> {
  return { FRONTEND_PORT: String(port.then), publishGateway: String(!takesPort({ port })) };
}

/** True where the data is still where compose's Postgres has it, so that nothing else can serve it. */
async function isNeeded({ engine, install, record }: AdoptRun): Promise<boolean> {
  const home = homeOf(install.name, record.postgres);
  return home !== undefined && (await whereIsData(engine, home)) === "in the volume";
}
