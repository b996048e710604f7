import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listBackups, readBackup } from "../../../host/backup/folder";
import { makeBackup } from "../../../host/backup/make";
import { manifestName } from "../../../host/backup/manifest";
import { verify } from "../../../host/backup/restore/restore";
import { withServer, type Database } from "../../../host/backup/server";
import { label } from "../../../host/install/names/labels";
import { stacksBeside } from "../../../host/install/names/stacks";
import { readJournal } from "../../../host/install/journal";
import { exec } from "../../../host/engine/docker/exec";
import { withLock } from "../../../host/lock/lock";
import { OperatorError } from "../../../util/operatorError";
import { Progress } from "../../../util/progress/progress";
import { backup, verifyNewest } from "../../../ops/backup/backup";
import { backups } from "../../../ops/backup/list";
import { restore } from "../../../ops/backup/restore";
import type { BackupJson } from "../../../ops/backup/show";
import type { Session } from "../../../lab/rehearse/session";
import { StandInScani } from "../../../lab/rehearse/standIn";
import { changeSetting, contextOn } from "../../../lab/throwaway";
import { up } from "../../../ops/up";
import { container, containersOf, environmentOf } from "../host";
import { promisedRate, underLoad, until } from "../traffic";
import { scene } from "./install";

describe("backups", () => {
  let scani: StandInScani;
  let session: Session;
  let folder: string;
  const said: string[] = [];
  const say = (line: string) => {
    said.push(line);
  };
  const place = () => ({ folder, install: scene.place.install, base: "base" });
  const context = () => contextOn(scene.place, say);

  beforeAll(async () => {
    folder = join(scene.place.workDir, "backups");
    scani = new StandInScani(scene.place);
    session = await scani.seedUser("ada");
  });

  const server = <T>(sql: string, database?: string) =>
    withServer(
      scene.engine,
      { kind: "bundled", container: `${scene.place.install}-postgres`, stacks: stacksBeside("base") },
      (pg) => pg.query<T>(sql, database),
    );
  const databases = () =>
    server<string>("select to_jsonb(datname) from pg_database where not datistemplate order by 1", "postgres");
  const journal = async () => (await readJournal(scene.engine, `${scene.place.install}-gateway`)).at(-1);
  const serves = async () => await scene.fetchJson<{ tier: string; version: string }>("/api/whoami");

  /** Reads checksums of everything a user would miss. */
  async function contents(): Promise<unknown> {
    const sum = (table: string) =>
      `(select encode(sha256(convert_to(coalesce(string_agg(t::text, E'\\n' order by t::text), ''), 'UTF8')), 'hex') from ${table} t)`;
    const [sums] = await server(
      `select json_build_object('rows', ${sum("rows")}, 'sessions', ${sum("user_sessions")}, 'credentials', ${sum("credentials")}, 'users', ${sum("users")})`,
    );
    return sums;
  }

  async function servingIds(): Promise<string[]> {
    return (await containersOf(scene))
      .filter(({ running }) => running)
      .map(({ id, info }) => `${id} ${info.State.StartedAt}`)
      .sort();
  }

  test("the very first switch, on an empty database, makes none", async () => {
    expect(scene.output.join("\n")).not.toContain("back up the database");
    expect(await listBackups(place())).toEqual([]);
  });

  test("a backup while others write holds one moment of the data, and is readable by its owner only", async () => {
    // Insert enough that the dump takes as long as many writes.
    await server(
      "insert into rows (text) select string_agg(md5(random()::text), '') from generate_series(1, 30000) i, generate_series(1, 10) group by i returning 'null'::json",
    );
    const load = await underLoad(scene, 60, promisedRate);
    await until(async () => (await scani.rows()) > 30_050, 20_000);
    const before = await scani.rows();
    await backup(context(), "base");
    const after = await scani.rows();
    const report = await load.stop();
    expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });

    const [made] = await listBackups(place());
    const rows = made?.manifest?.tables.find(({ name }) => name === "rows")?.rows as number;
    expect(rows).toBeGreaterThanOrEqual(before);
    expect(rows).toBeLessThan(after);
    expect(after).toBeGreaterThan(before + 10);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder))
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);

    await verifyNewest(context(), "base");
    expect(said.at(-1)).toMatch(/is good: \d+ tables, [\d,]+ rows, all as they were at/);
    expect(await databases()).toEqual(["postgres", "scani"]);
  });

  test("nothing is backed up, verified or restored while somebody else works on the install", async () => {
    const [newest] = await listBackups(place());
    await withLock(scene.engine, `${scene.place.install}-gateway`, "up of tier2", say, async () => {
      const refused = "This install is being worked on: up of tier2";
      await expect(backup(context(), "base")).rejects.toThrow(refused);
      await expect(verifyNewest(context(), "base")).rejects.toThrow(refused);
      await expect(restore(context(), "base", newest?.file, { whileServing: true })).rejects.toThrow(refused);
    });
    expect(await listBackups(place())).toHaveLength(1);
  });

  test("a backup that does not hold what was counted is told apart", async () => {
    const [newest] = await listBackups(place());
    const path = newest?.path;
    const manifest = join(folder, manifestName(newest?.file));
    const whole = readFileSync(manifest, "utf8");
    const parsed = JSON.parse(whole) as { tables: { name: string; rows: number }[] };
    (parsed.tables.find(({ name }) => name === "users") as { rows: number }).rows += 1;
    writeFileSync(manifest, JSON.stringify(parsed));
    await expect(verifyNewest(context(), "base")).rejects.toThrow("public.users has 1 rows instead of 2");
    writeFileSync(manifest, whole);
    expect((await readBackup(path, newest?.file)).damage).toBeUndefined();
    expect(await databases()).toEqual(["postgres", "scani"]);
  });

  test("a backup whose lock is lost with a restarted gateway stops: nothing half is left, and the lock is free", async () => {
    const gateway = `${scene.place.install}-gateway`;
    const before = readdirSync(folder).sort();
    // A locked table makes the dump take as long as this test needs.
    const locking = server("begin; lock table credentials; select 'null'::json from pg_sleep(60)").catch(
      () => undefined,
    );
    const waits = "select to_jsonb(pid) from pg_stat_activity where wait_event_type = 'Lock'";
    const locked = "select to_jsonb(pid) from pg_stat_activity where query like 'begin; lock table credentials%'";
    await until(async () => (await server(locked)).length > 0, 5_000);
    const making = backup(context(), "base");
    making.catch(() => undefined);
    await until(async () => (await server(waits)).length > 0, 20_000);
    await scene.docker.getContainer(gateway).restart();
    await expect(making).rejects.toThrow(`The backup lost its lock: ${gateway} or the Docker engine was restarted`);
    await server(
      "select to_jsonb(pg_terminate_backend(pid)) from pg_stat_activity where query like 'begin; lock table%' and pid <> pg_backend_pid()",
    );
    await locking;
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(await withLock(scene.engine, gateway, "backup", say, async () => "taken")).toBe("taken");
    await until(async () => (await scene.fetchJson<{ tier: string }>("/api/whoami")).tier === "tier1", 10_000);
  });

  /**
   * Command that prints the command line of every process in a container. The engine's own list needs a `ps` on its
   * machine.
   */
  const commandLines = ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"];

  /** Collects the process lists and the settings of backup containers until it is stopped. */
  function watchProcesses(): { stop(): Promise<string> } {
    const filters = { label: [`${label.install}=${scene.place.install}`, `${label.service}=backup`] };
    let seen = "";
    let stopped = false;
    const look = async (): Promise<void> => {
      for (const { Id } of await scene.docker.listContainers({ filters })) {
        const container = scene.docker.getContainer(Id);
        // The container may be gone by now.
        const found = await Promise.all([exec(container, commandLines), container.inspect()]).catch(() => undefined);
        seen += JSON.stringify(found);
      }
    };
    const watching = (async () => {
      while (!stopped) await look();
    })();
    return {
      stop: async () => {
        stopped = true;
        await watching;
        return seen;
      },
    };
  }

  test("a managed Postgres is backed up from a container of its own, which is gone afterwards", async () => {
    const url = environmentOf(await container(scene, "tier1", "migrate")).DATABASE_URL;
    // The bundled Postgres plays the managed one: over the network, with its password.
    const database: Database = {
      kind: "managed",
      install: scene.place.install,
      url,
      image: scene.images.postgres,
      network: `${scene.place.install}-data`,
      stacks: stacksBeside("base"),
    };
    const elsewhere = join(scene.place.workDir, "elsewhere");
    const before = (await containersOf(scene)).length;
    const watching = watchProcesses();
    const made = await makeBackup(
      scene.engine,
      { install: scene.place.install, database, folder: elsewhere, kept: 1, why: "asked for" },
      new AbortController().signal,
    );
    const seen = await watching.stop();
    expect(seen).toContain("pg_dump");
    expect(seen.includes(decodeURIComponent(new URL(url).password))).toBe(false);
    await verify(scene.engine, database, await readBackup(join(elsewhere, made.file), made.file), new Progress(say));
    const listed = await databases();
    await until(async () => (await containersOf(scene)).length === before, 5_000);
    expect(made.tables.find(({ name }) => name === "users")?.rows).toBe(1);
    expect(listed).toEqual(["postgres", "scani"]);
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot)
    console.warn("SKIPPED: a file system of its own cannot be mounted here, so a full disk cannot be tested.");

  (isRoot ? test : test.skip)(
    "a disk that is full during the backup refuses the switch: nothing half is left, nothing is migrated, the old release serves",
    async () => {
      // Do not mount it in the install's own folder, which then could not be removed.
      const small = mkdtempSync(join(tmpdir(), "small-"));
      expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=512k", "none", small]).status).toBe(0);
      try {
        changeSetting(scene.place, "base", "backupDirectory", small);
        await scene.up("base");
        const before = await servingIds();
        // Nothing is pending for the first, so its backup is made while the candidate starts; the second's comes before
        // everything else.
        for (const [tag, why, started] of [
          [scene.images.scaniTag, "there is none yet", true],
          [scene.images.nextTag, "a migration is pending: 0003_rows_note", false],
        ] as const) {
          changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", tag);
          const from = scene.output.length;
          await expect(scene.up("tier2")).rejects.toThrow();
          const printed = scene.output.slice(from).join("\n");
          expect(printed).toContain(`✗ back up the database (${why})`);
          expect(printed).toContain(`No room for the backup in ${small}.`);
          expect(printed.includes("▸ start api")).toBe(started);
          expect(printed).not.toContain("▸ flip the gateway");
          expect(printed).toContain("goes on serving, untouched.");
          expect(readdirSync(small)).toEqual([]);
          expect(await servingIds()).toEqual(before);
          expect(await serves()).toMatchObject({ tier: "tier1", version: scene.images.scaniTag });
        }
        expect(
          await server(
            "select json_build_object('note', exists (select from information_schema.columns where table_name = 'rows' and column_name = 'note'))",
          ),
        ).toEqual([{ note: false }]);
        expect(await journal()).toMatchObject({ outcome: "failed", to: { tier: "tier2" } });
      } finally {
        spawnSync("umount", [small]);
        rmdirSync(small);
        changeSetting(scene.place, "base", "backupDirectory", "backups");
        await scene.up("base");
      }
    },
  );

  test("a switch with a pending migration makes one first, as the preview said; the switch back finds it fresh", async () => {
    expect(await scene.preview("tier2")).toContain(
      "back up the database before anything else: a migration is pending: 0003_rows_note",
    );
    const counted = (await listBackups(place())).length;
    // An open transaction keeps the migration from its table, and must not keep the app from it.
    const holding = server("begin; select count(*) from rows; select 'null'::json from pg_sleep(120)").catch(
      () => undefined,
    );
    const load = await underLoad(scene, 120, promisedRate);
    const from = scene.output.length;
    const switching = scene.up("tier2");
    switching.catch(() => undefined);
    await until(async () => scene.output.slice(from).join("\n").includes("is in use by"), 90_000);
    await server(
      "select to_jsonb(pg_terminate_backend(pid)) from pg_stat_activity where query like 'begin; select count(*) from rows%' and pid <> pg_backend_pid()",
    );
    const printed = await switching;
    await holding;
    const report = await load.stop();
    expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
    expect(printed).toContain("back up the database (a migration is pending: 0003_rows_note)");
    process.stderr.write(`${/✓ back up the database.*/.exec(printed)?.[0]}\n`);
    expect(printed.indexOf("✓ back up the database")).toBeLessThan(printed.indexOf("▸ migrate"));
    const [made] = await listBackups(place());
    expect(made?.manifest?.why).toBe("a migration is pending: 0003_rows_note");
    expect((await listBackups(place())).length).toBe(counted + 1);

    changeSetting(scene.place, "tier1", "SCANI_IMAGE_TAG", scene.images.nextTag);
    expect(await scene.preview("tier1")).toContain("backup: none is due, the last one is 0 min old");
    expect(await scene.up("tier1")).not.toContain("back up the database");
    expect((await listBackups(place()))[0]?.file).toBe(made?.file);
  });

  test("a restore is refused while a release runs, and a damaged file before anything is touched", async () => {
    const [newest] = await listBackups(place());
    const file = newest?.file;
    await expect(restore(context(), "base", file, {})).rejects.toThrow(
      /tier1 worker.*this database: restoring now would discard[\s\S]*--while-serving/,
    );

    const damaged = (name: string, spoil: (path: string) => void): string => {
      const path = join(scene.place.workDir, "elsewhere", name);
      copyFileSync(join(folder, file), path);
      copyFileSync(join(folder, manifestName(file)), manifestName(path));
      spoil(path);
      return path;
    };
    const before = { contents: await contents(), databases: await databases(), ids: await servingIds() };
    const bytes = statSync(join(folder, file)).size;
    const truncated = damaged("truncated.dump", (path) => truncateSync(path, bytes - 1));
    await expect(restore(context(), "base", truncated, { whileServing: true })).rejects.toThrow(
      `truncated.dump is damaged: it has ${bytes - 1} bytes instead of ${bytes}`,
    );
    const flipped = damaged("flipped.dump", (path) => {
      const contentsOf = readFileSync(path);
      const at = Math.floor(bytes / 2);
      contentsOf[at] = contentsOf[at] ^ 1;
      writeFileSync(path, contentsOf);
    });
    await expect(restore(context(), "base", flipped, { whileServing: true })).rejects.toThrow(
      "flipped.dump is damaged: its checksum differs from the manifest's",
    );
    expect({ contents: await contents(), databases: await databases(), ids: await servingIds() }).toEqual(before);
  });

  test("as many good ones are kept as the setting says", async () => {
    await backup(context(), "base");
    const listed: string[] = [];
    await backups(
      contextOn(scene.place, (line) => listed.push(line)),
      "base",
      { json: true },
    );
    const found = JSON.parse(listed.join("")) as BackupJson[];
    expect(found.map(({ good, why }) => [good, why])).toEqual([
      [true, "asked for"],
      [true, "a migration is pending: 0003_rows_note"],
    ]);
    expect(readdirSync(folder).sort()).toEqual(found.flatMap(({ file }) => [file, manifestName(file)]).sort());
  });

  test("a good file brings rows, sessions and credentials back as they were; what was there is kept", async () => {
    const then = await contents();
    await scani.addRow("written after the backup");
    await scani.seedUser("grace");
    await server(
      "delete from credentials where user_id = (select id from users where email = 'ada@example.org') returning 'null'::json",
    );
    const lost = await contents();
    expect(lost).not.toEqual(then);
    expect(await scani.stillKnows(session)).toBe(false);

    const [newest] = await listBackups(place());
    said.length = 0;
    await restore(context(), "base", newest?.file, { whileServing: true });
    expect(await contents()).toEqual(then);
    await until(() => scani.stillKnows(session), 10_000);
    await scani.addRow("written after the restore");

    const kept = (await databases()).filter((name) => name.startsWith("scani_before_"));
    expect(kept).toHaveLength(1);
    expect(
      await server("select json_build_object('graces', count(*)) from users where email like 'grace%'", kept[0]),
    ).toEqual([{ graces: 1 }]);
    const command = /type: docker exec (\S+) (dropdb .*)/.exec(said.join("\n"));
    expect(spawnSync("docker", ["exec", command?.[1] as string, ...(command?.[2] as string).split(" ")]).status).toBe(
      0,
    );
    expect(await databases()).toEqual(["postgres", "scani"]);
  });

  /** Returns the commands a message says to type. */
  const typedIn = (message: string) => [...message.matchAll(/type: (.*)/g)].map(([, command]) => command);

  /** Returns the message with which a restore is refused. */
  const refusal = async (path: string, foreign: boolean): Promise<string> => {
    const failure = await restore(context(), "base", path, { whileServing: true, foreign }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(OperatorError);
    return (failure as OperatorError).message;
  };

  const type = (command: string) => {
    const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect([command, status, stderr]).toEqual([command, 0, ""]);
  };

  test("a dump by pg_dump itself is restored with --foreign, and not from under whoever else is connected", async () => {
    const [then, path] = [await contents(), join(scene.place.workDir, "by hand.dump")];
    const postgres = `${scene.place.install}-postgres`;
    // Dump as Scani's own backup page says.
    type(`docker exec ${postgres} pg_dump --format=custom -U scani scani > '${path}'`);
    await scani.addRow("written after the dump");
    expect(typedIn(await refusal(path, false))).toEqual([`npm run restore -- '${path}' --while-serving --foreign`]);

    const staying = server("select 'null'::json from pg_sleep(120)").catch(() => undefined);
    const sleeps =
      "select to_jsonb(pid) from pg_stat_activity where query like '%pg_sleep(120)%' and pid <> pg_backend_pid()";
    await until(async () => (await server(sleeps)).length > 0, 5_000);
    expect(await refusal(path, true)).toContain("Connected to the database scani, and no release of");
    expect(await contents()).not.toEqual(then);
    await server(`select to_jsonb(pg_terminate_backend(pid)) from (${sleeps.replace("to_jsonb(pid)", "pid")}) others`);
    await staying;

    said.length = 0;
    await restore(context(), "base", path, { whileServing: true, foreign: true });
    expect(said.join("\n")).toContain("Not checked: whether it holds every row");
    expect(await contents()).toEqual(then);
    await until(() => scani.stillKnows(session), 10_000);
    typedIn(said.join("\n"))
      .filter((command) => command.includes("dropdb"))
      .forEach(type);
    expect(await databases()).toEqual(["postgres", "scani"]);
  });

  test("one that is text becomes one by the commands it is refused with", async () => {
    const [then, path] = [await contents(), join(scene.place.workDir, "plain.sql")];
    type(`docker exec ${scene.place.install}-postgres pg_dump -U scani scani > '${path}'`);
    await scani.addRow("written after the dump");
    said.length = 0;
    for (const command of typedIn(await refusal(path, true))) {
      const [, converted] = /^npm run restore -- (\S+) --while-serving --foreign$/.exec(command) ?? [];
      if (converted === undefined) type(command);
      else await restore(context(), "base", converted, { whileServing: true, foreign: true });
    }
    expect(await contents()).toEqual(then);
    typedIn(said.join("\n"))
      .filter((command) => command.includes("dropdb"))
      .forEach(type);
    expect(await databases()).toEqual(["postgres", "scani"]);
  });

  test("the same install, brought up from another checkout, shows no change", async () => {
    const elsewhere = `${scene.place.workDir}-checkout`;
    symlinkSync(scene.place.workDir, elsewhere);
    try {
      const printed: string[] = [];
      await up(
        contextOn({ ...scene.place, workDir: elsewhere }, (line) => printed.push(line)),
        "tier1",
      );
      expect(printed.join("\n")).toMatch(/Resources:\n\s+\d+ unchanged/);
    } finally {
      unlinkSync(elsewhere);
    }
  });

  test("nothing unfinished is left in the folders", () => {
    for (const place of [folder, join(scene.place.workDir, "elsewhere")]) {
      expect(existsSync(place)).toBe(true);
      expect(readdirSync(place).filter((name) => name.startsWith("."))).toEqual([]);
    }
  });
});
