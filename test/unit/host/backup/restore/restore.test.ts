import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readBackup, type Backup } from "../../../../../host/backup/folder";
import { seal } from "../../../../../host/scani/envelope";
import { foreign, installKey, now, Scene, then } from "../scene";

test("two installs of one name in one folder: each counts, removes and restores its own database's backups only", async () => {
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
    /from another database \(scani in cluster 7300000000000000002 of install[^]*type: npm run restore -- typed\.dump --foreign/,
  );
  expect(mine.postgres.databases.get("scani")).toBe(now);
  expect(mine.beside()).toEqual([]);
  await mine.restore({ typed: foreign });
  expect(mine.beside()).toHaveLength(1);
  for (const scene of [mine, others]) scene.close();
});

test("a database called as every server's own, postgres, is restored as any other", async () => {
  const scene = new Scene(undefined, "postgres");
  scene.postgres.databases.delete("scani");
  scene.postgres.databases.set("postgres", then);
  await scene.make();
  [scene.backup] = await scene.backups();
  scene.postgres.databases.set("postgres", now);
  await scene.restore();
  expect(scene.postgres.databases.get("postgres")).toEqual(then);
  expect(scene.beside()).toEqual([expect.stringMatching(/^postgres_before_/)]);
  scene.close();
});

describe("a backup with privileges", () => {
  const given = "GRANT SELECT ON TABLE public.rows TO scani;";
  const refused = [
    "GRANT SELECT ON TABLE public.rows TO reader;",
    "ALTER DEFAULT PRIVILEGES FOR ROLE admin IN SCHEMA public GRANT SELECT ON TABLES TO scani;",
  ];
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.backedUp();
    scene.postgres.privileges = [given, ...refused];
  });
  afterEach(() => scene.close());

  test("is restored although the server refuses some, which are said with what gives them", async () => {
    const said: string[] = [];
    await scene.restore({ typed: foreign, report: (line) => said.push(line) });
    expect(scene.postgres.databases.get("scani")).toEqual(then);
    expect([...scene.postgres.granted]).toEqual([[expect.stringMatching(/^scani_restoring_/), [given]]]);
    expect(said).toEqual([
      [
        'The server refused 2 privileges of the backup: role "reader" does not exist, permission denied to change default privileges. The data is whole.',
        "Where somebody still needs them, create the roles, and give the privileges by hand:",
        ...refused.map((statement) => `type: docker exec postgres psql -U scani -d scani -c '${statement}'`),
      ].join("\n  "),
    ]);
  });

  test("that are all given is restored without a word", async () => {
    scene.postgres.privileges = [given];
    const said: string[] = [];
    await scene.restore({ report: (line) => said.push(line) });
    expect([scene.postgres.granted.size, said]).toEqual([1, []]);
  });

  test("is verified by its rows alone", async () => {
    await scene.verify();
    expect([scene.beside(), scene.postgres.granted.size]).toEqual([[], 0]);
  });
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
  await expect(scene.restore({ typed: foreign })).rejects.toThrow("holds no database of Scani's");
  expect(scene.postgres.databases.get("scani")).toBe(now);
  expect(scene.beside()).toEqual([]);

  const scanis = [...then, { schema: "drizzle", name: "__scani_migrations", rows: 2 }];
  scene.postgres.databases.set("scani", scanis);
  await scene.make();
  scene.postgres.databases.set("scani", now);
  const said: string[] = [];
  await scene.restore({ typed: foreign, report: (line) => said.push(line) });
  expect(said.join()).toContain("Not checked: whether it holds every row");
  expect(scene.postgres.databases.get("scani")).toEqual(scanis);
  scene.close();
});

test("another database on the same server is another one: its backups neither count nor are taken", async () => {
  const scene = await Scene.backedUp();
  const own = scene.backup as Backup;
  const manifest = own.manifest && { ...own.manifest, database: "other" };
  scene.backup = { ...own, manifest };
  await expect(scene.restore()).rejects.toThrow("is from another database (other in cluster 7300000000000000001 of");
  expect(scene.postgres.databases.get("scani")).toBe(now);
  scene.close();
});

test("what was typed is what is to be typed again, with what it lacked", async () => {
  const scene = await Scene.backedUp();
  const { manifest, ...backup } = scene.backup as Backup;
  scene.backup = { ...backup, damage: "it has no manifest beside it", unrecorded: manifest?.bytes };
  const typed = { file: "../elsewhere/it is.dump", options: ["--while-serving"] } as const;
  await expect(scene.restore({ typed })).rejects.toThrow(
    "type: npm run restore -- '../elsewhere/it is.dump' --while-serving --foreign",
  );
  scene.close();
});

describe("the ENCRYPTION_KEY of a backup's credentials", () => {
  const otherKey = "22".repeat(32);

  async function sealedWith(...keys: string[]): Promise<Scene> {
    const scene = new Scene();
    scene.postgres.credentials.set("scani", await Promise.all(keys.map((key) => seal("{}", key))));
    await scene.make();
    [scene.backup] = await scene.backups();
    scene.postgres.databases.set("scani", now);
    return scene;
  }

  test("is another's: refused before the exchange, with what to type", async () => {
    const scene = await sealedWith(otherKey);
    await expect(scene.restore({ typed: foreign })).rejects.toThrow(
      /sealed with another ENCRYPTION_KEY[^]*config set --secret ENCRYPTION_KEY --stack prod-base\n {2}type: SCANI_TRUST_SETTINGS=true npm run up -- prod-base\n {2}type: npm run restore -- typed\.dump --foreign\n[^]*\n {2}type: SCANI_TRUST_SETTINGS=true npm run restore -- typed\.dump --foreign$/,
    );
    expect([scene.postgres.databases.get("scani"), scene.beside()]).toEqual([now, []]);
    await scene.restore({ encryptionKey: undefined });
    expect(scene.postgres.databases.get("scani")).toEqual(then);
    scene.close();
  });

  test.each([
    ["the install's", [installKey]],
    ["the install's, though one credential is damaged", [otherKey, installKey]],
    ["not known: there are no credentials", []],
  ])("is %s: restored", async (_what, keys) => {
    const scene = await sealedWith(...keys);
    await scene.restore();
    expect(scene.postgres.databases.get("scani")).toEqual(then);
    scene.close();
  });
});

describe("a dump this module did not make", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.backedUp();
  });
  afterEach(() => scene.close());

  async function given(name: string, contents: Buffer | string): Promise<string> {
    const path = join(scene.folder, name);
    writeFileSync(path, contents);
    scene.backup = await readBackup(path, name);
    return path;
  }

  test("is compressed: unpacked first", async () => {
    const path = await given("mine.dump.gz", gzipSync("PGDMP"));
    await expect(scene.restore()).rejects.toThrow(
      `compressed with gzip. Nothing has been touched.\n  type: gunzip < ${path} > ${path.slice(0, -3)}\n  type: npm run restore -- ${path.slice(0, -3)} --foreign`,
    );
  });

  test("is text: loaded into a database of its own, whose dump can be restored", async () => {
    const path = await given("mine.sql", "--\n-- PostgreSQL database dump\n--\n");
    await expect(scene.restore()).rejects.toThrow(
      [
        "type: docker exec postgres createdb -U scani scani_loaded",
        `type: docker exec -i postgres psql -q -U scani -d scani_loaded < ${path}`,
        `type: docker exec postgres pg_dump --format=custom -U scani scani_loaded > ${path.slice(0, -4)}.dump`,
        `type: npm run restore -- ${path.slice(0, -4)}.dump --foreign`,
        "type: docker exec postgres dropdb -U scani scani_loaded",
      ].join("\n  "),
    );
  });

  test("is a folder: said, with what to make instead", async () => {
    const path = join(scene.folder, "mine");
    mkdirSync(path);
    scene.backup = await readBackup(path, "mine");
    await expect(scene.restore()).rejects.toThrow(
      /^mine is a folder, .*\n.* with --format=custom, .*\n {2}type: npm run backups$/,
    );
  });

  test.each([
    ["nothing", ""],
    ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0])],
  ])("is %s: said, whatever its name", async (_what, contents) => {
    await given("mine.dump", contents);
    await expect(scene.restore({ typed: foreign })).rejects.toThrow("mine.dump is no dump of Postgres.");
  });

  test.each(["mine", "mine.backup", "mine.json", "mine.tar"])("is called %s and asked for --foreign", async (name) => {
    await given(name, "PGDMP of it");
    expect(scene.backup?.damage).toBe("it has no manifest beside it");
    await expect(scene.restore()).rejects.toThrow(`${name} has no manifest beside it`);
  });

  test("is of a newer Postgres: refused before it fails midway", async () => {
    await given("mine.dump", "PGDMP of it");
    scene.postgres.contents = ";     Dumped from database version: 17.2 (Debian)\n";
    await expect(scene.restore({ typed: foreign })).rejects.toThrow(
      "mine.dump was made of Postgres 17, and this install's is Postgres 16",
    );
    expect(scene.beside()).toEqual([]);
  });

  test("that is not there any more is named, with who may read it", async () => {
    const path = await given("mine.dump", "PGDMP of it");
    rmSync(path);
    await expect(scene.restore({ typed: foreign })).rejects.toThrow(`type: ls -l ${path}`);
  });
});
