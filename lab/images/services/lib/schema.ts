import type { Pool } from "pg";
import { version } from "./log";

/** One migration of the database. Migrations are only added, never edited; `since` is the first release with it. */
interface Migration {
  id: string;
  since: string;
  sql: string;
}

const MIGRATIONS: Migration[] = [
  {
    id: "0001_accounts",
    since: "1.0.0",
    sql: `
      create table users (
        id uuid primary key, name text not null, email text not null unique, "emailVerified" boolean not null, image text,
        "createdAt" timestamptz not null, "updatedAt" timestamptz not null,
        unsubscribe_token uuid not null unique default gen_random_uuid(), digest_off_at timestamptz, alerts_off_at timestamptz
      );
      create table user_sessions (
        id uuid primary key, token text not null unique, "userId" uuid not null references users(id) on delete cascade,
        "expiresAt" timestamptz not null, "ipAddress" text, "userAgent" text, "createdAt" timestamptz not null, "updatedAt" timestamptz not null
      );
      create table user_accounts (
        id uuid primary key, "accountId" text not null, "providerId" text not null, "userId" uuid not null references users(id) on delete cascade,
        "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" timestamptz, "refreshTokenExpiresAt" timestamptz,
        scope text, password text, "createdAt" timestamptz not null, "updatedAt" timestamptz not null
      );
      create table user_verifications (
        id uuid primary key, identifier text not null, value text not null, "expiresAt" timestamptz not null,
        "createdAt" timestamptz not null, "updatedAt" timestamptz not null
      );
      create index user_verifications_identifier on user_verifications (identifier);
      create table credentials (
        user_id uuid not null references users(id), name text not null, sealed bytea not null,
        primary key (user_id, name)
      );
      create table accounts (
        id uuid primary key default gen_random_uuid(), user_id uuid not null references users(id), institution text not null, name text not null,
        unique (user_id, institution, name)
      );
      create table rows (id bigserial primary key, text text not null, created_at timestamptz not null default now());`,
  },
  {
    id: "0002_jobs",
    since: "1.0.0",
    sql: `
      create table jobs (
        id bigserial primary key, kind text not null, ms integer not null, state text not null default 'queued',
        lock_token uuid, locked_until timestamptz, attempts integer not null default 0,
        user_id uuid references users(id), request_id uuid, data jsonb, result jsonb, error text, created_at timestamptz not null default now(),
        unique (user_id, request_id)
      );
      create index jobs_open on jobs (id) where state in ('queued', 'active');
      create table imported (
        job_id bigint not null references jobs(id), line integer not null, text text not null, primary key (job_id, line)
      );
      create table effects (
        id bigserial primary key, job_id bigint not null references jobs(id), run_id uuid not null,
        instance text not null, tier text not null, at timestamptz not null default clock_timestamp()
      );
      create index effects_job on effects (job_id);
      create table worker_log (
        run_id uuid primary key, instance text not null, tier text not null, version text not null,
        started_at timestamptz not null, listening_at timestamptz, last_take_at timestamptz,
        draining_at timestamptz, stopped_at timestamptz
      );`,
  },
  {
    // Tables in which Scani names its files: its own, and the one of its job queue that others read.
    id: "0002_jobs_files",
    since: "1.0.0",
    sql: `
      create table documents (
        id uuid primary key default gen_random_uuid(), user_id uuid not null references users(id) on delete cascade,
        purpose text not null default 'invoice', r2_key text not null, content_hash text not null, mime_type text not null,
        byte_size integer not null, original_filename text not null, source_kind text not null,
        created_at timestamptz not null default now()
      );
      create schema bullmq;
      create view bullmq.job as
        select 'scani-jobs' as queue, id::text as id, kind as name,
          case state when 'queued' then 'waiting' when 'done' then 'completed' else state end as state, coalesce(data, '{}') as data
        from jobs;`,
  },
  {
    // Additive, so that 1.0.0 still runs on it; the migrator of 1.0.0 refuses it nevertheless, as Scani's does.
    id: "0003_rows_note",
    since: "1.0.1",
    sql: "alter table rows add column note text;",
  },
];

/** Returns the migrations a release needs and its migrate image ships. */
export const migrationsOf = (release: string): Migration[] =>
  MIGRATIONS.filter(({ since }) => since.localeCompare(release, "en", { numeric: true }) <= 0);

/** Table in which Scani's migrator records the migrations it has applied, by name. */
export const LEDGER = "drizzle.__scani_migrations";

/** Names the migrations this release needs and the database has not had. */
export async function pendingMigrations(pool: Pool): Promise<string[]> {
  const needed = migrationsOf(version).map(({ id }) => id);
  const known = await pool.query<{ present: boolean }>(`select to_regclass('${LEDGER}') is not null as present`);
  if (!known.rows[0]?.present) return needed;
  const applied = await pool.query<{ tag: string }>(`select tag from ${LEDGER}`);
  const tags = new Set(applied.rows.map((row) => row.tag));
  return needed.filter((id) => !tags.has(id));
}
