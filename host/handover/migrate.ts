import { setTimeout as pause } from "node:timers/promises";
import { details, type Engine } from "../engine/engine";
import { failed, unlessInterrupted } from "../engine/containers/ready";
import { withServer, type Database, type Server } from "../backup/server";
import { messageOf, OperatorError } from "../../util/operatorError";
import { seconds, type Progress } from "../../util/progress/progress";
import type { ReleaseContainer } from "../install/facts";
import { endSessions, keepQueueShort, serverTime, type Blocker, type MigratorSessions } from "./lockQueue";

/** Database, limits and interrupt of a migration. */
export interface MigrationRules {
  readonly database: Database;
  readonly timeoutSeconds: number;
  /** Aborted when the operator interrupts. */
  readonly signal: AbortSignal;
}

/** Milliseconds before a cancelled migration is tried again, during which the app gets its tables. */
const retryInterval = 2_000;

/** Seconds a migrator gets to end by itself when it is stopped. */
const stopSeconds = 10;

/**
 * Brings the schema to what the release needs: runs the migrator and waits for its end. If the database's own ledger
 * has every migration the image ships, nothing is run; without a ledger the migrator decides. A migration that waits
 * for a table longer than the app can do without is cancelled and tried again, which is safe: each is one transaction,
 * and the migrator skips those that are done.
 * @param pending migrations the image ships and the database lacks; undefined where they cannot be known
 * @throws OperatorError with the end of its log when it exits non-zero, takes too long or is interrupted
 */
export async function migrate(
  engine: Engine,
  pending: readonly string[] | undefined,
  target: ReleaseContainer,
  progress: Progress,
  { database, timeoutSeconds, signal }: MigrationRules,
): Promise<void> {
  if (pending?.length === 0) return progress.note("the schema has every migration of this release");
  if (pending !== undefined) progress.note(`pending: ${pending.join(", ")}`);
  const limit = new AbortController();
  let blockers: readonly Blocker[] = [];
  const timer = setTimeout(() => {
    limit.abort(tookTooLong(target, timeoutSeconds, blockers));
  }, timeoutSeconds * 1000);
  const stopped = AbortSignal.any([signal, limit.signal]);
  try {
    await withServer(engine, database, async (server) => {
      for (;;) {
        const attempt = await runOnce(engine, target, server, progress, stopped);
        if (attempt.exitCode === 0) return;
        if (attempt.blockers.length === 0)
          throw await failed(engine, target, `exited with code ${attempt.exitCode}; the schema is not migrated`);
        blockers = attempt.blockers;
        progress.waiting(target.title, `for a table that is in use by ${describeBlockers(blockers)}; trying again`);
        await unlessInterrupted(pause(retryInterval), stopped);
      }
    });
  } catch (error) {
    if (signal.aborted) progress.note(`${target.title} was stopped; migrations that were complete stay`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs the migrator once, or waits for one that a killed run left running. Unless it succeeds, its sessions in the
 * database have ended: it may have been killed while a statement worked.
 * @throws OperatorError when it was stopped
 */
async function runOnce(
  engine: Engine,
  target: ReleaseContainer,
  server: Server,
  progress: Progress,
  stopped: AbortSignal,
): Promise<{ readonly exitCode: number; readonly blockers: readonly Blocker[] }> {
  const { running, startedAt } = await details(engine, target.id);
  const since = running ? startedAt : await serverTime(server);
  const over = new AbortController();
  const keeping = keepQueueShort(server, since, over.signal);
  const end = (addresses: MigratorSessions["addresses"]) =>
    endSessions(server, { since, addresses }).catch(notEnded(progress, target.title));
  try {
    await engine.start(target.id);
    // Read while it runs: an exited container has no address. One that failed before that has done next to nothing.
    const addresses = addressesOf(engine, target.id);
    const exitCode = await unlessInterrupted(engine.wait(target.id), stopped);
    over.abort();
    const known = await addresses;
    if (exitCode !== 0 && (known.length > 0 || !server.local)) await end(known);
    return { exitCode, blockers: await keeping };
  } catch (error) {
    await end(await stop(engine, target.id));
    throw error;
  } finally {
    over.abort();
  }
}

/**
 * Stops migrators that killed runs left running, and ends their sessions, which keep everybody from the tables they have
 * locked or wait for. A database that cannot be reached is only noted, so that the run goes on.
 */
export async function stopMigrators(
  engine: Engine,
  migrators: readonly ReleaseContainer[],
  database: Database,
  progress: Progress,
): Promise<void> {
  const sessions = await Promise.all(
    migrators.map(async ({ id }): Promise<MigratorSessions> => {
      const { startedAt: since } = await details(engine, id);
      return { since, addresses: await stop(engine, id) };
    }),
  );
  await withServer(engine, database, async (server) => {
    for (const each of sessions) await endSessions(server, each);
  }).catch(notEnded(progress, migrators.map(({ title }) => title).join(", ")));
}

/** Stops a migrator. @returns the addresses it had, which its sessions are known by; empty where it had stopped itself */
async function stop(engine: Engine, id: string): Promise<MigratorSessions["addresses"]> {
  const addresses = await addressesOf(engine, id);
  await engine.stop(id, stopSeconds);
  return addresses;
}

/** Reads the addresses of a container that runs; empty where they cannot be read. */
async function addressesOf(engine: Engine, id: string): Promise<MigratorSessions["addresses"]> {
  const listed = await engine.containers({}).catch(() => []);
  const { networks = {} } = listed.find((one) => one.id === id) ?? {};
  return Object.values(networks).flatMap(({ current }) => current ?? []);
}

/** Returns a handler that notes why a migration may go on in the database; its failure is reported separately. */
const notEnded = (progress: Progress, migrator: string) => (error: unknown) =>
  progress.note(
    `what ${migrator} was doing in the database could not be ended, and may keep tables locked until it is done: ${messageOf(error)}`,
  );

function tookTooLong(
  { title, name }: ReleaseContainer,
  timeoutSeconds: number,
  blockers: readonly Blocker[],
): OperatorError {
  return new OperatorError({
    what: `${title} was not done within ${seconds(timeoutSeconds * 1000)} (migrationTimeout) and was stopped (container ${name}).`,
    why:
      blockers.length === 0
        ? "Migrations that were complete stay, and the next up goes on from there; give it more time in the setting migrationTimeout."
        : `A table it changes is in use by ${describeBlockers(blockers)}. End that transaction, and type the same again.`,
  });
}

function describeBlockers(blockers: readonly Blocker[]): string {
  const each = blockers.map(
    ({ pid, who, since }) => `${who} (Postgres process ${pid}, in a transaction since ${since})`,
  );
  return [...new Set(each)].join(", ");
}
