import type Docker from "dockerode";
import { setTimeout as pause } from "node:timers/promises";
import { exec, type ExecResult } from "../../../host/engine/docker/exec";

/** Milliseconds between two checks for a waiting query, and after which the check gives up. */
const [pollInterval, timeout] = [100, 10_000];

/** Builds a psql command for the install's own Postgres that sends each statement separately. */
function psql(statements: readonly string[]): string[] {
  const words = statements.map((statement) => `-c "${statement}"`).join(" ");
  return [
    "sh",
    "-c",
    `PGPASSWORD=$POSTGRES_PASSWORD psql -X -v ON_ERROR_STOP=1 -At -h 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" ${words}`,
  ];
}

/**
 * Locks a table for some seconds. Resolves when it has the lock; `released` resolves when the lock is given back.
 * @throws Error with psql's message
 */
export async function holdLock(
  postgres: Docker.Container,
  table: string,
  seconds: number,
): Promise<{ released: Promise<void> }> {
  let taken = (): void => undefined;
  const locked = new Promise<void>((resolve) => {
    taken = resolve;
  });
  const ended = exec(
    postgres,
    psql(["begin", `lock table ${table} in access exclusive mode`, `select pg_sleep(${seconds})`, "commit"]),
    (line) => {
      if (line.trim() === "LOCK TABLE") taken();
    },
  ).then(refuse);
  ended.catch(() => undefined);
  await Promise.race([locked, ended]);
  return { released: ended };
}

/** Resolves when some query waits for the table. @throws Error when none does within ten seconds */
export async function untilSomebodyWaits(postgres: Docker.Container, table: string): Promise<void> {
  const waiting = psql([`select count(*) from pg_locks where not granted and relation = '${table}'::regclass`]);
  for (const until = Date.now() + timeout; Date.now() < until; await pause(pollInterval)) {
    const answer = await exec(postgres, waiting);
    refuse(answer);
    if (Number(answer.output) > 0) return;
  }
  throw new Error(`no query waits for ${table}: the slow request did not reach the api`);
}

function refuse({ exitCode, output }: ExecResult): void {
  if (exitCode !== 0) throw new Error(`psql in the install's Postgres: ${output}`);
}
