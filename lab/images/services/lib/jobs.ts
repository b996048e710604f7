import { randomUUID } from "node:crypto";
import type { Pool } from "pg";

/** Seconds a dead worker's lock keeps its jobs from others. BullMQ has 30 s; shorter lets a test see the recovery. */
export const LOCK_SECONDS = 5;

export interface Job {
  id: string;
  kind: string;
  ms: number;
  attempts: number;
  token: string;
  user: string | null;
  data: unknown;
}

export async function enqueue(pool: Pool, count: number, kind: string, ms: number): Promise<string[]> {
  const added = await pool.query<{ id: string }>(
    "insert into jobs (kind, ms) select $2, $3 from generate_series(1, $1) returning id",
    [count, kind, ms],
  );
  return added.rows.map((row) => row.id);
}

/**
 * Counts sent jobs by how often each took effect: after a good handover `once` equals `sent`. Imports are not sent
 * here; their rows are counted instead.
 */
export async function countJobs(pool: Pool): Promise<Record<string, number>> {
  const counted = await pool.query<Record<string, number>>(`
    select count(*)::int as sent,
      count(*) filter (where done = 1)::int as once,
      count(*) filter (where done > 1)::int as twice,
      count(*) filter (where done = 0)::int as never,
      count(*) filter (where state = 'queued')::int as queued,
      count(*) filter (where state = 'active')::int as active,
      count(*) filter (where attempts > 1)::int as retried
    from (
      select state, attempts, (select count(*) from effects e where e.job_id = j.id) as done from jobs j where kind <> 'file-import'
    ) each`);
  return counted.rows[0] ?? {};
}

/** Locks the oldest job nobody holds for this worker and returns it; undefined when there is none. */
export async function take(pool: Pool, runId: string): Promise<Job | undefined> {
  const token = randomUUID();
  const taken = await pool.query<Job>(
    `with taken as (
       update jobs set state = 'active', lock_token = $1, attempts = attempts + 1,
         locked_until = now() + make_interval(secs => ${LOCK_SECONDS})
       where id = (
         select id from jobs where state = 'queued' or (state = 'active' and locked_until < now())
         order by id limit 1 for update skip locked)
       returning id, kind, ms, attempts, lock_token as token, user_id as "user", data
     ), logged as (
       update worker_log set last_take_at = clock_timestamp() where run_id = $2 and exists (select 1 from taken)
     )
     select * from taken`,
    [token, runId],
  );
  return taken.rows[0];
}

/** Renews the lock of a job. @returns false when another worker has taken the job over */
export async function renew(pool: Pool, job: Job): Promise<boolean> {
  const renewed = await pool.query(
    `update jobs set locked_until = now() + make_interval(secs => ${LOCK_SECONDS}) where id = $1 and lock_token = $2`,
    [job.id, job.token],
  );
  return renewed.rowCount === 1;
}

/**
 * Records a job's effect, then its end, in two separate statements because a real job's effect is outside the queue: a
 * worker that lost its lock has had its effect nevertheless, and the job shows as done twice.
 */
export async function finish(
  pool: Pool,
  job: Job,
  by: { runId: string; instance: string; tier: string },
  result?: object,
): Promise<boolean> {
  await pool.query("insert into effects (job_id, run_id, instance, tier) values ($1, $2, $3, $4)", [
    job.id,
    by.runId,
    by.instance,
    by.tier,
  ]);
  const done = await pool.query(
    `update jobs set state = 'done', lock_token = null, locked_until = null, result = $3, error = null where id = $1 and lock_token = $2`,
    [job.id, job.token, result ?? null],
  );
  return done.rowCount === 1;
}

/** Marks a job as failed with its error; it is not tried again. */
export async function fail(pool: Pool, job: Job, error: string): Promise<void> {
  await pool.query(
    `update jobs set state = 'failed', lock_token = null, locked_until = null, error = $3 where id = $1 and lock_token = $2`,
    [job.id, job.token, error],
  );
}

export async function giveBack(pool: Pool, job: Job): Promise<void> {
  await pool.query(
    `update jobs set state = 'queued', lock_token = null, locked_until = null where id = $1 and lock_token = $2`,
    [job.id, job.token],
  );
}
