import type { Pool } from "pg";
import { errorText } from "./log";
import { pingRedis } from "./redis";
import { pendingMigrations } from "./schema";

export interface Check {
  ok: boolean;
  latencyMs: number;
  error?: string;
}

export type Checks = Record<string, Check>;

export async function check(work: () => Promise<unknown>): Promise<Check> {
  const start = performance.now();
  const latency = (): number => Math.round(performance.now() - start);
  try {
    await work();
    return { ok: true, latencyMs: latency() };
  } catch (error) {
    return { ok: false, latencyMs: latency(), error: errorText(error) };
  }
}

export async function checkDependencies(pool: Pool, redisUrl: string): Promise<Checks> {
  const [db, redis, schema] = await Promise.all([
    check(() => pool.query("select 1")),
    check(() => pingRedis(redisUrl)),
    check(() => assertMigrated(pool)),
  ]);
  return { db, redis, schema };
}

export const allOk = (checks: Checks): boolean => Object.values(checks).every((one) => one.ok);

async function assertMigrated(pool: Pool): Promise<void> {
  const pending = await pendingMigrations(pool);
  if (pending.length > 0) throw new Error(`schema not ready, pending: ${pending.join(", ")}`);
}
