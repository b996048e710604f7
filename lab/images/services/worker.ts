import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Cloud } from "./lib/cloud";
import { openDatabase } from "./lib/database";
import { importFile } from "./lib/imports";
import { fail, finish, giveBack, LOCK_SECONDS, renew, take, type Job } from "./lib/jobs";
import { createLog, errorText, fault, instance, logCrashes, version } from "./lib/log";
import { allOk, checkDependencies } from "./lib/readiness";
import { atLeast, cloudUrl, optionalUrl, positiveInteger, Settings, urlOf } from "./lib/settings";
import { tierOf } from "./lib/tier";

/** Milliseconds the real worker drains at most: a stop has to allow more than this. */
const DRAIN_MS = 25_000;
/**
 * Milliseconds between two polls of one slot; the slots poll one after the other, so together several times as often.
 */
const POLL_MS = 800;
const RETRY_MS = 200;
const BOOT_MS = 30_000;
/** Number of times a failing job is tried. */
const ATTEMPTS = 2;
/** Milliseconds before the next try. Scani waits 30 s for a file that is imported; shorter lets a test see it. */
const AGAIN_MS = 8_000;

const log = createLog("worker");
logCrashes(log);
const env = readEnvironment();
const tier = tierOf(env.cloudUrl);
const cloud = new Cloud(env.cloudUrl, env.cloudKey);
const runId = randomUUID();
const startedAt = new Date();
const pool = openDatabase(env.databaseUrl, log, env.concurrency + 2);

/** Aborted by SIGTERM; ends every wait for work. */
const draining = new AbortController();
/** Aborted when the drain budget is spent; ends the jobs themselves. */
const givingUp = new AbortController();
let running: Promise<void>[] = [];

process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));
void main();

function readEnvironment() {
  const settings = new Settings("worker");
  settings.common();
  const read = {
    databaseUrl: settings.required("DATABASE_URL", urlOf("postgres:", "postgresql:")),
    redisUrl: settings.required("REDIS_URL", urlOf("redis:", "rediss:")),
    cloudUrl: settings.required("SCANI_CLOUD_URL", cloudUrl),
    cloudKey: settings.required("SCANI_CLOUD_API_KEY", atLeast(16)),
    concurrency: Number(settings.optional("WORKER_CONCURRENCY", positiveInteger) ?? 4),
  };
  settings.required("ENCRYPTION_KEY", atLeast(32));
  settings.optional("SENTRY_DSN", optionalUrl);
  settings.settle();
  return read;
}

async function main(): Promise<void> {
  log.info("🚀 Starting Scani worker", { nodeEnv: process.env.NODE_ENV, scaniCloudUrl: env.cloudUrl });
  if (fault === "worker-crash") crash();
  if (!(await dependenciesReady())) return;
  await pool.query("insert into worker_log (run_id, instance, tier, version, started_at) values ($1, $2, $3, $4, $5)", [
    runId,
    instance,
    tier,
    version,
    startedAt,
  ]);
  if (draining.signal.aborted) return;
  await mark("listening_at");
  running = Array.from({ length: env.concurrency }, (_, index) => slot((index * POLL_MS) / env.concurrency));
  log.info("🎧 Worker listening for jobs", { concurrency: env.concurrency });
  if (fault === "worker-crash-late") setTimeout(crash, 2000);
}

function crash(): never {
  log.fatal("💥 Unhandled exception in worker — exiting", { error: `stand-in fault ${fault}` });
  process.exit(1);
}

/**
 * Waits for the dependencies: containers of one host restart together after a reboot, so the first refusal is not
 * final.
 */
async function dependenciesReady(): Promise<boolean> {
  const deadline = Date.now() + BOOT_MS;
  while (!draining.signal.aborted) {
    const checks = await checkDependencies(pool, env.redisUrl);
    if (allOk(checks)) return true;
    if (Date.now() > deadline) {
      log.fatal("Dependencies not ready", { checks });
      process.exit(1);
    }
    await pause(RETRY_MS);
  }
  return false;
}

/** Runs one of WORKER_CONCURRENCY slots: takes a job, does it, takes the next. */
async function slot(afterMs: number): Promise<void> {
  await pause(afterMs);
  while (!draining.signal.aborted) {
    try {
      const job = await take(pool, runId);
      if (job) await perform(job);
      else await pause(POLL_MS);
    } catch (error) {
      log.warn("Queue unreachable, trying again", { error: errorText(error) });
      await pause(1000);
    }
  }
}

/** Waits some milliseconds, or until the worker drains. */
async function pause(ms: number): Promise<void> {
  await delay(ms, undefined, { signal: draining.signal }).catch(() => undefined);
}

async function perform(job: Job): Promise<void> {
  const renewal = setInterval(
    () => {
      renew(pool, job).catch((error) => log.warn("Lock not renewed", { job: job.id, error: errorText(error) }));
    },
    (LOCK_SECONDS * 1000) / 2.5,
  );
  try {
    await delay(job.ms, undefined, { signal: givingUp.signal }).catch(() => undefined);
    if (givingUp.signal.aborted) return await giveBack(pool, job);
    const result = job.kind === "file-import" ? await importFile(pool, cloud, job) : undefined;
    if (!(await finish(pool, job, { runId, instance, tier }, result))) {
      log.error("Job lock lost, the job may have been done twice", { job: job.id });
    }
  } catch (error) {
    log.error("Job failed", { job: job.id, kind: job.kind, attempt: job.attempts, error: errorText(error) });
    if (job.attempts >= ATTEMPTS) return await fail(pool, job, errorText(error));
    await pause(AGAIN_MS);
    await giveBack(pool, job);
  } finally {
    clearInterval(renewal);
  }
}

async function mark(column: "listening_at" | "draining_at" | "stopped_at"): Promise<void> {
  await pool.query(`update worker_log set ${column} = clock_timestamp() where run_id = $1`, [runId]);
}

async function stop(signal: string): Promise<void> {
  if (draining.signal.aborted) return;
  draining.abort();
  const since = Date.now();
  log.warn("🛑 Shutdown signal received — draining worker", { signal, drainTimeoutMs: DRAIN_MS });
  const budget = setTimeout(() => givingUp.abort(), DRAIN_MS);
  try {
    await mark("draining_at");
    await Promise.all(running);
    clearTimeout(budget);
    const elapsedMs = Date.now() - since;
    if (givingUp.signal.aborted) log.warn("⏱️ Drain budget exceeded — unfinished jobs were given back", { elapsedMs });
    else log.info("✅ Worker drained cleanly", { elapsedMs });
    await mark("stopped_at");
    await pool.end();
    log.info("✅ Shutdown complete", { totalShutdownMs: Date.now() - since });
    process.exit(0);
  } catch (error) {
    log.error("❌ Error during shutdown", { error: errorText(error) });
    process.exit(1);
  }
}
