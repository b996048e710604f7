import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listBackups, type Backup } from "../../../../host/backup/folder";
import { makeBackup } from "../../../../host/backup/make";
import { restore, verify, type RestoreRules } from "../../../../host/backup/restore";
import type { Table } from "../../../../host/backup/manifest";
import { stacksBeside } from "../../../../host/install/stacks";
import { OperatorError } from "../../../../util/operatorError";
import { Progress } from "../../../../util/progress/progress";
import { FakeEngine, type FaultKind } from "../fakeEngine";
import { FakePostgres } from "../fakePostgres";

const silent = (): void => undefined;
const now: readonly Table[] = [{ schema: "public", name: "rows", rows: 8 }];
const then: readonly Table[] = [{ schema: "public", name: "rows", rows: 3 }];

/** A Postgres with a good backup of `then`, which has `now` since. */
class Scene {
  readonly postgres: FakePostgres;
  readonly engine: FakeEngine;
  private readonly place = mkdtempSync(join(tmpdir(), "backup-faults-"));
  readonly folder = join(this.place, "backups");
  backup: Backup | undefined;

  constructor(cluster?: string) {
    this.postgres = new FakePostgres(cluster);
    this.engine = new FakeEngine((_container, command, call) => this.postgres.answer(command, call));
    this.engine.add({
      name: "postgres",
      state: "running",
      environment: ["POSTGRES_USER=scani", "POSTGRES_DB=scani"],
    });
  }

  static async backedUp(): Promise<Scene> {
    const scene = new Scene();
    await scene.make();
    [scene.backup] = await scene.backups();
    scene.postgres.databases.set("scani", now);
    return scene;
  }

  make(signal = new AbortController().signal, kept = 5, folder = this.folder) {
    const order = { install: "scani", database: this.database, folder, kept, why: "asked for" };
    return makeBackup(this.engine, order, signal);
  }

  restore(changes: Partial<RestoreRules> = {}) {
    const rules: RestoreRules = {
      checkUnused: async () => undefined,
      foreign: false,
      report: silent,
      signal: new AbortController().signal,
      ...changes,
    };
    return restore(this.engine, this.database, this.backup as Backup, new Progress(silent), rules);
  }

  verify(signal = new AbortController().signal) {
    return verify(this.engine, this.database, this.backup as Backup, new Progress(silent), signal);
  }

  backups() {
    return listBackups(this.folder, "scani");
  }

  /** Databases beside the one in use. */
  beside(): string[] {
    return [...this.postgres.databases.keys()].filter((name) => !["postgres", "scani"].includes(name));
  }

  close(): void {
    rmSync(this.place, { recursive: true, force: true });
  }

  private readonly database = { kind: "bundled", container: "postgres", stacks: stacksBeside("prod-base") } as const;
}

type Trouble = Exclude<FaultKind, "hang"> | "interrupted";
const troubles: readonly Trouble[] = ["throw", "lose", "interrupted", "die"];

/** More calls than any of the runs makes. */
const mostCalls = 40;

/**
 * Runs something with a fault at each of its calls in turn, each on a scene of its own.
 * @returns the number of calls at which there was one
 */
async function atEveryCall(
  trouble: Trouble,
  run: (scene: Scene, signal: AbortSignal) => Promise<unknown>,
  check: (scene: Scene, failure: unknown, call: string) => Promise<void>,
): Promise<number> {
  for (let at = 1; at <= mostCalls; at += 1) {
    const scene = await Scene.backedUp();
    const interrupt = new AbortController();
    scene.engine.plan({ at, kind: trouble === "interrupted" ? "hang" : trouble, signal: interrupt.signal });
    if (trouble === "interrupted") scene.engine.onFault = () => setImmediate(() => interrupt.abort());
    const failure = await run(scene, interrupt.signal).then(
      () => undefined,
      (error: unknown) => error ?? new Error("failed"),
    );
    const call = scene.engine.faulted;
    scene.engine.plan();
    if (call !== undefined) await check(scene, failure, call);
    scene.close();
    if (call === undefined) return at - 1;
  }
  throw new Error(`more than ${mostCalls} calls`);
}

describe.each(troubles)("with a fault at every call: %s", (trouble) => {
  test("a backup is good or none, nothing half is left, and the same again makes one", async () => {
    const calls = await atEveryCall(
      trouble,
      (scene, signal) => scene.make(signal),
      async (scene, failure, call) => {
        const found = await scene.backups();
        expect([call, found.length, found.every(({ damage }) => damage === undefined)]).toEqual([
          call,
          failure === undefined ? 2 : 1,
          true,
        ]);
        if (trouble !== "die") expect(readdirSync(scene.folder).filter((name) => name.startsWith("."))).toEqual([]);
        await scene.make();
        expect((await scene.backups()).length).toBe(failure === undefined ? 3 : 2);
        expect(readdirSync(scene.folder).filter((name) => name.startsWith("."))).toEqual([]);
      },
    );
    expect(calls).toBeGreaterThanOrEqual(5);
  });

  test("a restore is whole or has touched nothing, and the same again succeeds", async () => {
    const calls = await atEveryCall(
      trouble,
      (scene, signal) => scene.restore({ signal }),
      async (scene, failure, call) => {
        const exchanged = scene.postgres.databases.get("scani") !== now;
        // A process that was killed can say nothing; any other says what is true.
        if (trouble !== "die") expect([call, exchanged]).toEqual([call, failure === undefined]);
        if (trouble !== "die") expect([call, scene.beside().length]).toEqual([call, exchanged ? 1 : 0]);
        if (exchanged) return;
        await scene.restore();
        expect(scene.postgres.databases.get("scani")).toEqual(then);
        expect(scene.beside().map((name) => name.replace(/\d+$/, ""))).toEqual(["scani_before_"]);
      },
    );
    expect(calls).toBeGreaterThanOrEqual(10);
  });

  test("a verification never touches the database in use, and the next one leaves nothing behind", async () => {
    await atEveryCall(
      trouble,
      (scene, signal) => scene.verify(signal),
      async (scene, _failure, call) => {
        expect([call, scene.postgres.databases.get("scani")]).toEqual([call, now]);
        await scene.verify();
        expect([call, scene.beside()]).toEqual([call, []]);
      },
    );
  });
});

test("what stops the work is what it fails with: a lost lock, in its own words", async () => {
  const lost = new AbortController();
  const scene = await Scene.backedUp();
  scene.postgres.before = (command) => {
    if (command.startsWith("pg_restore --no-owner"))
      lost.abort(new OperatorError({ what: "The restore lost its lock" }));
  };
  await expect(scene.restore({ signal: lost.signal })).rejects.toThrow("The restore lost its lock");
  expect(scene.postgres.databases.get("scani")).toBe(now);
  expect(scene.beside()).toEqual([]);

  const again = new AbortController();
  scene.postgres.before = (command) => {
    if (command.includes("pg_restore --list")) again.abort(new OperatorError({ what: "The backup lost its lock" }));
  };
  await expect(scene.make(again.signal)).rejects.toThrow("The backup lost its lock");
  expect(await scene.backups()).toHaveLength(1);
  scene.close();
});

test("a lock that is lost after the last check of users does not exchange the databases", async () => {
  const lost = new AbortController();
  const scene = await Scene.backedUp();
  const checkUnused = async () => lost.abort(new OperatorError({ what: "lost" }));
  await expect(scene.restore({ signal: lost.signal, checkUnused })).rejects.toThrow("lost");
  expect(scene.postgres.databases.get("scani")).toBe(now);
  expect(scene.beside()).toEqual([]);
  scene.close();
});

test("two installs of one name in one folder: each counts, removes and restores its own cluster's backups only", async () => {
  const [mine, others] = [await Scene.backedUp(), new Scene("7300000000000000002")];
  others.postgres.databases.set("scani", now);
  await others.make(undefined, 1, mine.folder);
  for (let made = 0; made < 3; made += 1) await mine.make(undefined, 2);
  const found = await mine.backups();
  expect(found.map(({ manifest }) => manifest?.cluster).sort()).toEqual([
    mine.postgres.cluster,
    mine.postgres.cluster,
    others.postgres.cluster,
  ]);

  mine.backup = found.find(({ manifest }) => manifest?.cluster === others.postgres.cluster);
  await expect(mine.restore()).rejects.toThrow(
    /from another database cluster[^]*type: npm run restore -- .* --foreign/,
  );
  expect(mine.postgres.databases.get("scani")).toBe(now);
  expect(mine.beside()).toEqual([]);
  await mine.restore({ foreign: true });
  expect(mine.beside()).toHaveLength(1);
  for (const scene of [mine, others]) scene.close();
});

test("a backup made before clusters were recorded is restored, and the doubt is said", async () => {
  const scene = await Scene.backedUp();
  const { manifest, ...backup } = scene.backup as Backup;
  scene.backup = { ...backup, manifest: manifest && { ...manifest, cluster: undefined } };
  const said: string[] = [];
  await scene.restore({ report: (line) => said.push(line) });
  expect(said.join()).toMatch(/cannot be checked/);
  expect(scene.postgres.databases.get("scani")).toEqual(then);
  scene.close();
});

test("a dump this module did not make is restored when it is asked for, and what could not be checked is said", async () => {
  const scene = await Scene.backedUp();
  const { manifest, ...backup } = scene.backup as Backup;
  scene.backup = { ...backup, damage: "it has no manifest beside it", unrecorded: manifest?.bytes };
  await expect(scene.restore()).rejects.toThrow(/has no manifest beside it[^]*type: npm run restore -- .* --foreign/);
  await expect(scene.restore({ foreign: true })).rejects.toThrow("holds no database of Scani's");
  expect(scene.postgres.databases.get("scani")).toBe(now);
  expect(scene.beside()).toEqual([]);

  const scanis = [...then, { schema: "drizzle", name: "__scani_migrations", rows: 2 }];
  scene.postgres.databases.set("scani", scanis);
  await scene.make();
  scene.postgres.databases.set("scani", now);
  const said: string[] = [];
  await scene.restore({ foreign: true, report: (line) => said.push(line) });
  expect(said.join()).toContain("Not checked: whether it holds every row");
  expect(scene.postgres.databases.get("scani")).toEqual(scanis);
  scene.close();
});
