import { migrate, stopMigrators } from "../../../../host/handover/migrate";
import { endSessions } from "../../../../host/handover/lockQueue";
import { Server, type Database } from "../../../../host/backup/server";
import type { ReleaseContainer } from "../../../../host/install/facts";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { Progress } from "../../../../util/progress/progress";
import { FakeEngine, type FakeContainer } from "../fakeEngine";

const database: Database = { kind: "bundled", container: "scani-postgres", stacks: stacksBeside("base") };
const blocker = { pid: 77, who: "psql", since: "2026-01-10T12:00:00Z" };
/** The server's time when a migration begins, and times before and after it. */
const [earlier, begin, later] = ["2026-01-10T11:00:00Z", "2026-01-10T12:00:01Z", "2026-01-10T12:00:02Z"];

/** A session in the fake database. */
interface Session {
  readonly address: string;
  /** When it began, ISO 8601. */
  readonly begun: string;
  /** Its lock of a table; granted, since a fake has no queue. */
  readonly lock: string;
  /** Role it logged in as; Scani's where absent. */
  readonly role?: string;
  ended?: true;
}

/** Creates a migrator and a Postgres that blocks its statements a number of times. */
function scene(blocked = 0) {
  let left = blocked;
  const said: string[] = [];
  const sessions: Session[] = [];
  const engine = new FakeEngine((container, command) => {
    const sql = command.at(-1) ?? "";
    if (container.name !== "scani-postgres") return undefined;
    const since = /backend_start >= '([^']+)'/.exec(sql)?.[1] ?? "";
    if (sql.includes("pg_terminate_backend")) {
      endedSince.push(since);
      // A migrator that runs would connect again.
      if (migrator.state === "running") return { output: "true" };
      const addresses = /'\{(.*)\}'::inet/.exec(sql)?.[1]?.split(",");
      for (const session of sessions) {
        if (session.role !== undefined && sql.includes("usename = session_user")) continue;
        const isMigrators = addresses?.includes(session.address) ?? sql.includes(`'${session.lock}'`);
        if (isMigrators && session.begun >= since && !sql.includes("not l.granted")) session.ended = true;
      }
      return { output: "true" };
    }
    if (!sql.includes("clock_timestamp")) return undefined;
    if (!sql.includes("pg_cancel_backend")) return { output: JSON.stringify(begin) };
    cancelledSince.push(since);
    if (left === 0 || migrator.state !== "running") return {};
    left -= 1;
    if (left === 0) migrator.endsWith = 0;
    engine.ends(migrator, 1);
    return { output: JSON.stringify(blocker) };
  });
  engine.add({ name: "scani-postgres", state: "running" });
  const migrator: FakeContainer = engine.add({
    name: "scani-migrate",
    networks: ["scani-data"],
    address: "10.9.0.7",
    endsWith: blocked === 0 ? 0 : undefined,
  });
  const target = { id: migrator.id, name: migrator.name, title: "tier2 migrate" } as ReleaseContainer;
  /** Times from which sessions were cancelled, and ended, by the server's clock. */
  const cancelledSince: string[] = [];
  const endedSince: string[] = [];
  const go = (timeoutSeconds: number, signal = new AbortController().signal, pending?: readonly string[]) =>
    migrate(engine, pending, target, new Progress((line) => said.push(line)), {
      database,
      timeoutSeconds,
      signal,
    });
  return { engine, migrator, target, said, sessions, cancelledSince, endedSince, go };
}

/** Adds the sessions of an app that serves, of a migrator that works, and of others that began after it. */
function addSessions(sessions: Session[]) {
  const add = (session: Session) => sessions[sessions.push(session) - 1];
  return {
    altering: add({ address: "10.9.0.7", begun: later, lock: "AccessExclusiveLock" }),
    updating: add({ address: "10.9.0.7", begun: later, lock: "RowExclusiveLock" }),
    others: [
      add({ address: "10.9.0.4", begun: earlier, lock: "RowExclusiveLock" }),
      add({ address: "10.9.0.4", begun: earlier, lock: "AccessExclusiveLock" }),
      add({ address: "10.9.0.4", begun: later, lock: "RowExclusiveLock" }),
      add({ address: "", begun: later, lock: "ShareUpdateExclusiveLock" }),
    ],
  };
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

test.concurrent(
  "one that takes too long is stopped, and its sessions end, though they work: no others do",
  async () => {
    const { engine, migrator, sessions, go } = scene();
    migrator.endsWith = undefined;
    const { altering, updating, others } = addSessions(sessions);
    const alien: Session = { address: "10.9.0.9", begun: later, lock: "AccessExclusiveLock" };
    sessions.push(alien);
    const states: string[] = [];
    engine.watch = (call) => {
      if (call.includes("pg_terminate_backend")) states.push(migrator.state);
    };
    await expect(go(1)).rejects.toThrow(
      /tier2 migrate was not done within 1\.0 s \(migrationTimeout\) and was stopped/,
    );
    expect(migrator.state).toBe("exited");
    expect([altering.ended, updating.ended]).toEqual([true, true]);
    expect([...others, alien].filter(({ ended }) => ended)).toEqual([]);
  },
);

test.concurrent("one that is killed, so that its address is gone, keeps no table from the app", async () => {
  const { engine, migrator, sessions, go } = scene();
  migrator.endsWith = undefined;
  const { altering, updating, others } = addSessions(sessions);
  const byHand: Session = { address: "", begun: later, lock: "AccessExclusiveLock" };
  sessions.push(byHand);
  engine.watch = (call) => {
    if (call.startsWith("containers")) engine.ends(migrator, 137);
  };
  await expect(go(5)).rejects.toThrow("exited with code 137");
  expect([altering.ended, updating.ended]).toEqual([true, true]);
  expect([...others, byHand].filter(({ ended }) => ended)).toEqual([]);
});

test.concurrent("of one that has failed before its address was known no other session is ended", async () => {
  const { migrator, sessions, go } = scene();
  migrator.endsWith = 1;
  addSessions(sessions);
  await expect(go(5)).rejects.toThrow("exited with code 1");
  expect(sessions.filter(({ ended }) => ended)).toEqual([]);
});

test.concurrent(
  "of a managed server only sessions of the same role are ended that keep the app from a table",
  async () => {
    const { engine, sessions } = scene();
    const { altering, others } = addSessions(sessions);
    sessions.push({ address: "10.9.0.9", begun: later, lock: "AccessExclusiveLock", role: "another" });
    const managed = new Server(engine, "scani-postgres", [], "scani", () => "", false, stacksBeside("base"));
    await endSessions(managed, { since: begin, addresses: ["10.9.0.7"] });
    expect(altering.ended).toBe(true);
    expect([...others, ...sessions.slice(-1)].filter(({ ended }) => ended)).toEqual([]);
  },
);

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

test.concurrent("one that takes too long says so, though its sessions cannot be ended", async () => {
  const { engine, migrator, said, go } = scene();
  migrator.endsWith = undefined;
  const capture = engine.capture.bind(engine);
  engine.capture = async (container, command, ...rest) => {
    if (command.join(" ").includes("pg_terminate_backend")) throw new Error("the engine is busy");
    return capture(container, command, ...rest);
  };
  await expect(go(1)).rejects.toThrow("was not done within 1.0 s");
  expect(said.join()).toContain(
    "what tier2 migrate was doing in the database could not be ended, and may keep tables locked until it is done: the engine is busy",
  );
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

test.concurrent("one that a killed run has left running and takes too long is stopped, with its sessions", async () => {
  const { engine, migrator, endedSince, go } = leftRunning();
  engine.wait = () => new Promise(() => undefined);
  await expect(go(1)).rejects.toThrow("was not done within 1.0 s");
  expect(migrator.state).toBe("exited");
  expect(endedSince).toEqual(["2026-01-10T11:55:00Z"]);
});

test.concurrent("another release's is stopped, and its sessions end, though they work", async () => {
  const { engine, migrator, target, sessions, endedSince } = leftRunning();
  const { altering, updating, others } = addSessions(sessions);
  await stopMigrators(engine, [target], database, new Progress(() => undefined));
  expect(migrator.state).toBe("exited");
  expect(endedSince).toEqual(["2026-01-10T11:55:00Z"]);
  expect([altering.ended, updating.ended]).toEqual([true, true]);
  expect(others.filter(({ ended }) => ended)).toEqual([]);
});

test.concurrent("one whose addresses cannot be read is stopped all the same, and its locks are ended", async () => {
  const { engine, migrator, target, sessions } = leftRunning();
  const { altering } = addSessions(sessions);
  engine.containers = () => Promise.reject(new Error("the engine is busy"));
  await stopMigrators(engine, [target], database, new Progress(() => undefined));
  expect(migrator.state).toBe("exited");
  expect(altering.ended).toBe(true);
});
