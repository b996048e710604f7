import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listBackups, type Backup } from "../../../../host/backup/folder";
import { makeBackup } from "../../../../host/backup/make";
import type { Table } from "../../../../host/backup/manifest";
import { restore, verify, type RestoreRules } from "../../../../host/backup/restore/restore";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { Progress } from "../../../../util/progress/progress";
import { FakeEngine } from "../fakeEngine";
import { FakePostgres } from "../fakePostgres";

const silent = (): void => undefined;
export const foreign = { file: "typed.dump", options: ["--foreign"] } as const;
/** ENCRYPTION_KEY of the install. */
export const installKey = "11".repeat(32);

export const now: readonly Table[] = [{ schema: "public", name: "rows", rows: 8 }];
export const then: readonly Table[] = [{ schema: "public", name: "rows", rows: 3 }];

/** An install `scani` on a Postgres in memory, with a good backup of `then`; its database now has `now`. */
export class Scene {
  readonly postgres: FakePostgres;
  readonly engine: FakeEngine;
  private readonly place = mkdtempSync(join(tmpdir(), "backup-faults-"));
  readonly folder = join(this.place, "backups");
  backup: Backup | undefined;

  constructor(
    cluster?: string,
    private readonly inUse = "scani",
  ) {
    this.postgres = new FakePostgres(cluster);
    this.engine = new FakeEngine((_container, command, call) => this.postgres.answer(command, call));
    this.engine.add({
      name: "postgres",
      state: "running",
      environment: ["POSTGRES_USER=scani", `POSTGRES_DB=${inUse}`],
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
      typed: { file: "typed.dump", options: [] },
      checkUnused: async () => undefined,
      encryptionKey: installKey,
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
    return listBackups({ folder: this.folder, install: "scani", base: "prod-base" });
  }

  /** Lists the databases besides the one in use. */
  beside(): string[] {
    return [...this.postgres.databases.keys()].filter((name) => !["postgres", this.inUse].includes(name));
  }

  close(): void {
    rmSync(this.place, { recursive: true, force: true });
  }

  private readonly database = { kind: "bundled", container: "postgres", stacks: stacksBeside("prod-base") } as const;
}
