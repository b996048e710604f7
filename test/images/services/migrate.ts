import type { PoolClient } from 'pg';
import { openDatabase } from './lib/database';
import { fault } from './lib/faults';
import { createLog, errorText, logCrashes } from './lib/log';
import { pendingMigrations } from './lib/schema';
import { Settings, urlOf } from './lib/settings';

const LOCK = 4_711;

const log = createLog('migrate');
logCrashes(log);
// As process 1 it would otherwise ignore the signal.
process.on('SIGTERM', () => process.exit(143));
void main();

async function main(): Promise<void> {
  const settings = new Settings('migrate');
  const databaseUrl = settings.required('DATABASE_URL', urlOf('postgres:', 'postgresql:'));
  settings.settle();
  refuseOtherHost(new URL(databaseUrl).hostname);
  if (fault === 'migrate-fails') {
    fail('Migration failed', { migration: '0003_rows_note', error: 'stand-in fault migrate-fails: column "note" already exists' });
  }
  const pool = openDatabase(databaseUrl, log, 2);
  try {
    const client = await pool.connect();
    const applied = await migrate(client, () => pendingMigrations(pool));
    client.release();
    await pool.end();
    log.info(applied.length > 0 ? 'Migrations applied' : 'Nothing to migrate', { applied });
    process.exit(0);
  } catch (error) {
    fail('Migration failed', { error: errorText(error) });
  }
}

/** A connection string left over from somewhere else must not be migrated unnoticed: the caller names the host. */
function refuseOtherHost(host: string): void {
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host)) return;
  const at = process.argv.indexOf('--allow-remote');
  const named = at < 0 ? undefined : (process.argv[at + 1] ?? '');
  if (named === host) return;
  const why = named === undefined ? 'no --allow-remote given' : `--allow-remote ${named || '<missing value>'} is another host`;
  fail('Refusing to migrate a non-local database', { target: host, error: why });
}

/** Each migration is one transaction; the lock makes a second migrator wait and then find nothing to do. */
async function migrate(
  client: PoolClient,
  pending: () => Promise<{ id: string; sql: string }[]>,
): Promise<string[]> {
  await client.query('select pg_advisory_lock($1)', [LOCK]);
  await client.query(
    'create table if not exists schema_migrations (id text primary key, applied_at timestamptz not null default now())',
  );
  const applied: string[] = [];
  for (const migration of await pending()) {
    await client.query('begin');
    await client.query(migration.sql);
    await client.query('insert into schema_migrations (id) values ($1)', [migration.id]);
    await client.query('commit');
    applied.push(migration.id);
  }
  return applied;
}

function fail(msg: string, fields: Record<string, unknown>): never {
  log.fatal(msg, fields);
  process.exit(1);
}
