import { migrate, stopMigrators } from "../../../../host/handover/migrate";
import type { Database } from "../../../../host/backup/server";
import type { ReleaseContainer } from "../../../../host/install/facts";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { Progress } from "../../../../util/progress/progress";
import { FakeEngine, type FakeContainer } from "../fakeEngine";

const database: Database = { kind: "bundled", container: "scani-postgres", stacks: stacksBeside("base") };
const blocker = { pid: 77, who: "psql", since: "2026-01-10T12:00:00Z" };

/** Creates a migrator and a Postgres that blocks its statements a number of times. */
function scene(blocked = 0) {
  let left = blocked;
  const said: string[] = [];
  const engine = new FakeEngine((container, command) => {
    const sql = command.at(-1) ?? "";
    if (container.name !== "scani-postgres" || !sql.includes("clock_timestamp")) return undefined;
    if (!sql.includes("pg_cancel_backend")) return { output: JSON.stringify("2026-01-10T12:00:01Z") };
    cancelledSince.push(/backend_start >= '([^']+)'/.exec(sql)?.[1] ?? "");
    if (left === 0 || migrator.state !== "running") return {};
    left -= 1;
    if (left === 0) migrator.endsWith = 0;
    engine.ends(migrator, 1);
    return { output: JSON.stringify(blocker) };
  });
  engine.add({ name: "scani-postgres", state: "running" });
  const migrator: FakeContainer = engine.add({ name: "scani-migrate", endsWith: blocked === 0 ? 0 : undefined });
  const target = { id: migrator.id, name: migrator.name, title: "tier2 migrate" } as ReleaseContainer;
  /** Times from which sessions were cancelled, by the server's clock. */
  const cancelledSince: string[] = [];
  const go = (timeoutSeconds: number, signal = new AbortController().signal, pending?: readonly string[]) =>
    migrate(engine, pending, target, new Progress((line) => said.push(line)), {
      database,
      timeoutSeconds,
      signal,
    });
  return { engine, migrator, target, said, cancelledSince, go };
}

test.concurrent("a migrator that is done is done; where nothing is pending it is not run", async () => {
  const { engine, go } = scene();
  await go(5, undefined, []);
  expect(engine.calls).toEqual([]);
  await go(5);
  expect(engine.calls).toContain("start scani-migrate");
});

test.concurrent("one that exits by itself fails with the end of its log, and is not tried again", async () => {
  const { engine, migrator, go } = scene();
  migrator.endsWith = 3;
  await expect(go(5)).rejects.toThrow("exited with code 3; the schema is not migrated (container scani-migrate)");
  expect(engine.calls.filter((call) => call === "start scani-migrate")).toHaveLength(1);
});

test.concurrent(
  "one that was cancelled because it waited for a table is tried again, and what it waits for is said",
  async () => {
    const { engine, said, go } = scene(2);
    await go(30);
    expect(engine.calls.filter((call) => call === "start scani-migrate")).toHaveLength(3);
    expect(said.join()).toContain("in use by psql (Postgres process 77, in a transaction since 2026-01-10T12:00:00Z)");
  },
  20_000,
);

test.concurrent("one that takes too long is stopped, and nothing of it goes on waiting in the database", async () => {
  const { engine, migrator, go } = scene();
  migrator.endsWith = undefined;
  await expect(go(1)).rejects.toThrow(/tier2 migrate was not done within 1\.0 s \(migrationTimeout\) and was stopped/);
  expect(migrator.state).toBe("exited");
  const stop = engine.calls.indexOf("stop scani-migrate");
  expect(engine.calls.slice(stop).some((call) => call.startsWith("capture scani-postgres psql"))).toBe(true);
});

test.concurrent(
  "a check of its waiting that fails is made again, and is no failure of a migration that goes well",
  async () => {
    const { engine, migrator, go } = scene();
    migrator.endsWith = undefined;
    const capture = engine.capture.bind(engine);
    let checks = 0;
    engine.capture = async (container, command, ...rest) => {
      if (!command.join(" ").includes("pg_cancel_backend")) return capture(container, command, ...rest);
      checks += 1;
      if (checks === 1) throw new Error("the engine is busy");
      if (checks === 2) engine.ends(migrator, 0);
      return capture(container, command, ...rest);
    };
    await go(30);
    expect(checks).toBeGreaterThan(1);
  },
);

test.concurrent("one that takes too long says so, though what it waits for cannot be cancelled", async () => {
  const { engine, migrator, said, go } = scene();
  migrator.endsWith = undefined;
  const capture = engine.capture.bind(engine);
  engine.capture = async (container, command, ...rest) => {
    if (command.join(" ").includes("pg_cancel_backend")) throw new Error("the engine is busy");
    return capture(container, command, ...rest);
  };
  await expect(go(1)).rejects.toThrow("was not done within 1.0 s");
  expect(said.join()).toContain("what a stopped migration waits for could not be cancelled: the engine is busy");
});

test.concurrent("an interrupt stops it and says so", async () => {
  const { engine, migrator, said, go } = scene();
  migrator.endsWith = undefined;
  const interrupt = new AbortController();
  engine.watch = (call) => {
    if (call === "start scani-migrate") interrupt.abort();
  };
  await expect(go(30, interrupt.signal)).rejects.toThrow("Interrupted");
  expect(migrator.state).toBe("exited");
  expect(said.join()).toContain("tier2 migrate was stopped; migrations that were complete stay");
});

/** Creates a migrator that a killed run has started earlier. */
function leftRunning() {
  const left = scene(1);
  Object.assign(left.migrator, { state: "running", startedAt: "2026-01-10T11:55:00Z" });
  return left;
}

test.concurrent(
  "one that a killed run has left running goes on, and is kept from queueing like any other",
  async () => {
    const { migrator, cancelledSince, go } = leftRunning();
    await go(30);
    expect(cancelledSince[0]).toBe("2026-01-10T11:55:00Z");
    expect(migrator.exitCode).toBe(0);
  },
);

test.concurrent(
  "one that a killed run has left running and takes too long is stopped, with what it waits for",
  async () => {
    const { engine, migrator, cancelledSince, go } = leftRunning();
    engine.wait = () => new Promise(() => undefined);
    await expect(go(1)).rejects.toThrow("was not done within 1.0 s");
    expect(migrator.state).toBe("exited");
    expect(new Set(cancelledSince)).toEqual(new Set(["2026-01-10T11:55:00Z"]));
  },
);

test.concurrent("another release's is stopped, and nothing of it goes on waiting in the database", async () => {
  const { engine, migrator, target, cancelledSince } = leftRunning();
  await stopMigrators(engine, [target], database, new Progress(() => undefined));
  expect(migrator.state).toBe("exited");
  expect(cancelledSince).toEqual(["2026-01-10T11:55:00Z"]);
});
