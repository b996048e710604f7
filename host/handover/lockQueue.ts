import { setTimeout as pause } from "node:timers/promises";
import { literal, type Server } from "../backup/server";

/** A database session that keeps a migration waiting. */
export interface Blocker {
  readonly pid: number;
  /** Name of its application, else its address; `(none)` for a session inside the server's container. */
  readonly who: string;
  /** When its transaction began, ISO 8601. */
  readonly since: string;
}

/**
 * Seconds a migration may wait for a table: later requests for the table queue behind it for as long, also those of the
 * app that serves.
 */
const longestWait = 2;

/** Milliseconds between two checks. */
const pollInterval = 500;

/** Reads the server's clock, in a form SQL takes. */
export async function serverTime(server: Server): Promise<string> {
  const [now] = await server.query<string>("select to_jsonb(clock_timestamp())");
  return now ?? "-infinity";
}

/**
 * Cancels statements that have waited too long for a lock only a schema change takes, in sessions begun since a moment.
 * The app's own statements take weaker locks, so only a migration is affected, whichever client runs it.
 * @param since by the server's clock
 * @returns sessions that kept them waiting
 */
async function cancelWaiting(server: Server, since: string): Promise<Blocker[]> {
  const waitingSince = "coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, a.query_start)";
  return server.query<Blocker>(`
    with waiting as (
      select a.pid, pg_blocking_pids(a.pid) as blockers
      from pg_stat_activity a join pg_locks l on l.pid = a.pid and not l.granted
      where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_start >= ${literal(since)}
        and l.locktype = 'relation' and l.mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
        and clock_timestamp() - ${waitingSince} >= make_interval(secs => ${longestWait})
    ), cancelled as (select pg_cancel_backend(pid) from waiting)
    select to_jsonb(b) from (
      select pid, coalesce(nullif(application_name, ''), host(client_addr), '(none)') as who, xact_start as since
      from pg_stat_activity where pid in (select unnest(blockers) from waiting)
        and (select count(*) from cancelled) >= 0
    ) b`);
}

/** Facts that tell a migrator's sessions from others. */
export interface MigratorSessions {
  /** When they began at the earliest, by the server's clock. */
  readonly since: string;
  /** IPv4 addresses of the migrator's container; empty where they are not known. */
  readonly addresses: readonly string[];
}

/**
 * Ends the sessions of a migrator that has stopped, whether they wait or work: Postgres notices a lost client only when
 * it answers it, and keeps the migration's locks until then. A bundled Postgres knows them by the container's address.
 * A managed one sees every container of this machine at one address, so there only sessions of the same role are ended
 * that hold or await a lock that keeps the app from reading or writing a table. The app, a backup, VACUUM and CREATE
 * INDEX CONCURRENTLY take weaker ones.
 * @throws OperatorError when the server refuses
 */
export async function endSessions(server: Server, { since, addresses }: MigratorSessions): Promise<void> {
  const ofMigrator =
    server.local && addresses.length > 0
      ? `a.client_addr = any (${literal(`{${addresses.join()}}`)}::inet[])`
      : `a.usename = session_user and exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'relation'
          and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))`;
  await server.query(`
    select to_jsonb(pg_terminate_backend(a.pid)) from pg_stat_activity a
    where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
      and a.backend_start >= ${literal(since)} and ${ofMigrator}`);
}

/**
 * Keeps a migration from waiting for a table longer than the app can do without, until the signal is aborted. A failed
 * check is repeated: it says nothing about the migration, which goes on meanwhile.
 * @returns sessions that kept it waiting, for each time it had to be cancelled
 */
export async function keepQueueShort(server: Server, since: string, over: AbortSignal): Promise<Blocker[]> {
  const found: Blocker[] = [];
  while (!over.aborted) {
    found.push(...(await cancelWaiting(server, since).catch(() => [])));
    await pause(pollInterval, undefined, { signal: over }).catch(() => undefined);
  }
  return found;
}
