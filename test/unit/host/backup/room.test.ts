import promises from "node:fs/promises";
import { readdirSync } from "node:fs";
import type { Attached } from "../../../../host/engine/docker/attached";
import type { Backup } from "../../../../host/backup/folder";
import type { Manifest } from "../../../../host/backup/manifest";
import { estimateDump, whileRoom } from "../../../../host/backup/room";
import { Scene } from "./scene";

const mebibyte = 1024 * 1024;

/** Makes the disk of every folder have this much free space, one entry a reading; the last one is repeated. */
function free(...sizes: number[]) {
  return jest
    .spyOn(promises, "statfs")
    .mockImplementation(
      async () =>
        ({ blocks: 1e6, bsize: 4096, bavail: (sizes.length > 1 ? sizes.shift() : sizes[0])! / 4096 }) as never,
    );
}

afterEach(() => jest.restoreAllMocks());

test("a backup that its disk has no room for is refused before pg_dump starts, and nothing is left of it", async () => {
  const scene = await Scene.backedUp();
  const [before, calls] = [readdirSync(scene.folder), scene.engine.calls.length];
  scene.postgres.databaseBytes = 1e12;
  free(300 * mebibyte);
  await expect(scene.make()).rejects.toThrow(
    /^No room for the backup in .*\.\n.*300 MiB are free there; about 5\.8 GiB are required: 5\.6 GiB for the backup, and 256 MiB that stay free, since a Postgres on a full disk stops\. Make room there, .*\n.*--stack prod-base backupDirectory .*\n {2}type: npm run up -- prod-base$/,
  );
  expect(scene.engine.calls.slice(calls).filter((call) => call.includes("pg_dump"))).toEqual([]);
  expect(readdirSync(scene.folder)).toEqual(before);
  scene.close();
});

test("a database whose last dump was small is backed up where the dump fits, though the database would not", async () => {
  const scene = await Scene.backedUp();
  scene.postgres.databaseBytes = 5e9;
  free(300 * mebibyte);
  await scene.make();
  expect(await scene.backups()).toHaveLength(2);
  scene.close();
});

test("a file system that does not tell its size refuses no backup", async () => {
  const scene = new Scene();
  jest.spyOn(promises, "statfs").mockResolvedValue({ blocks: 0, bsize: 4096, bavail: 0 } as never);
  await scene.make();
  expect(await scene.backups()).toHaveLength(1);
  scene.close();
});

test("free space that cannot be read is said in the folder's words, and the snapshot is closed", async () => {
  const scene = new Scene();
  const denied = Object.assign(new Error("EACCES: permission denied, statfs"), { code: "EACCES", path: scene.folder });
  jest.spyOn(promises, "statfs").mockRejectedValue(denied);
  const opened = jest.spyOn(scene.engine, "attach");
  await expect(scene.make()).rejects.toThrow(/^The folder of the backups cannot be used: EACCES/);
  const sessions = await Promise.all(opened.mock.results.map(({ value }) => value as Promise<Attached>));
  expect(sessions.map(({ stdout }) => stdout.destroyed)).toEqual([true]);
  scene.close();
});

test("of a backup that grows beyond its estimate nothing is left", async () => {
  const scene = new Scene();
  scene.postgres.dump = "x".repeat(64 * mebibyte);
  free(300 * mebibyte, 200 * mebibyte);
  await expect(scene.make()).rejects.toThrow(/^No room for the backup in .*\n.*larger than expected/);
  expect(readdirSync(scene.folder)).toEqual([]);
  scene.close();
});

test("a dump that grows beyond its estimate is stopped before the disk is full", async () => {
  async function* dump() {
    for (let chunk = 0; chunk < 64; chunk += 1) yield Buffer.alloc(8 * mebibyte);
  }
  free(300 * mebibyte, 200 * mebibyte);
  let written = 0;
  const writing = async () => {
    for await (const chunk of whileRoom({ folder: "/backups", install: "scani", base: "prod-base" }, dump()))
      written += chunk.length;
  };
  await expect(writing()).rejects.toThrow(
    /^No room for the backup in \/backups\.\n.*larger than expected, and 200 MiB are left, of 256 MiB that stay free/,
  );
  expect(written).toBe(120 * mebibyte);
});

describe("a dump is estimated", () => {
  const identity = { cluster: "7", database: "scani" };
  const backup = (manifest: Partial<Manifest>, damage?: string): Backup => ({
    file: "x.dump",
    path: "/x.dump",
    at: 0,
    damage,
    manifest: { ...identity, bytes: 1000, databaseBytes: 5000, ...manifest } as Manifest,
  });
  const good = backup({});

  test.each<[string, readonly Backup[], number, number]>([
    ["as nothing where there is no backup", [], 5000, 0],
    ["by the last backup", [good, backup({ bytes: 10 })], 5000, 1200],
    ["by the last one still, where the database has shrunk", [good], 100, 1200],
    ["by the last one, and what the database has grown by since", [good], 15_000, 3600],
    ["by no damaged backup", [backup({ bytes: 10 }, "its file is missing"), good], 5000, 1200],
    ["by no other database's backup", [backup({ cluster: "8", bytes: 10 }), good], 5000, 1200],
  ])("%s", (_name, backups, databaseBytes, estimated) => {
    expect(estimateDump(backups, identity, databaseBytes)).toBe(estimated);
  });
});
