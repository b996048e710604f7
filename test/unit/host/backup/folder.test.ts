import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkWhole,
  discard,
  lastBackup,
  listBackups,
  prepareFolder,
  publish,
  readBackup,
  removeBackup,
  renewManifest,
  writeDump,
} from "../../../../host/backup/folder";
import { dumpName, manifestName, type Manifest } from "../../../../host/backup/manifest";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "backups-")), "made");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

const contents = Buffer.from("PGDMP and the rest of it");

async function* pieces(...parts: (Buffer | Error)[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function make(at: string, install = "scani"): Promise<Manifest> {
  const file = dumpName(install, new Date(at));
  await prepareFolder(folder, install, "prod-base");
  const written = await writeDump(folder, file, pieces(contents.subarray(0, 5), contents.subarray(5)), "prod-base");
  const manifest: Manifest = {
    version: 1,
    file,
    install,
    database: "scani",
    at,
    why: "asked for",
    by: "a@b",
    postgres: "16",
    databaseBytes: 1,
    tables: [],
    ...written,
  };
  await publish(folder, manifest, "prod-base");
  return manifest;
}

test("a backup is whole, its checksum known, and nobody else may read it", async () => {
  const manifest = await make("2026-01-10T12:00:00.000Z");
  expect(manifest).toMatchObject({
    bytes: contents.length,
    sha256: createHash("sha256").update(contents).digest("hex"),
  });
  expect(readdirSync(folder).sort()).toEqual([manifest.file, manifestName(manifest.file)].sort());
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  expect(await checkWhole(await readBackup(join(folder, manifest.file), manifest.file))).toEqual(manifest);
});

test("a folder that was there keeps the mode its owner gave it", async () => {
  await prepareFolder(folder, "scani", "prod-base");
  chmodSync(folder, 0o750);
  await prepareFolder(folder, "scani", "prod-base");
  expect(statSync(folder).mode & 0o777).toBe(0o750);
});

test("a folder that cannot be made is named, with what to type", async () => {
  await prepareFolder(folder, "scani", "prod-base");
  writeFileSync(join(folder, "a-file"), "");
  await expect(prepareFolder(join(folder, "a-file", "below"), "scani", "prod-base")).rejects.toThrow(
    /cannot be used: .*\n.*\n {2}type: npm run pulumi -- config set --stack prod-base backupDirectory .*\n {2}type: npm run up -- prod-base$/,
  );
});

test("of a dump that fails on the way nothing is left, and a full disk is said", async () => {
  await prepareFolder(folder, "scani", "prod-base");
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  await expect(writeDump(folder, "scani-x.dump", pieces(contents, full), "prod-base")).rejects.toThrow(
    /^No room for the backup in .*\n.*\n.*--stack prod-base backupDirectory .*\n {2}type: npm run up -- prod-base$/,
  );
  await expect(
    writeDump(folder, "scani-x.dump", pieces(contents, new Error("pg_dump failed")), "prod-base"),
  ).rejects.toThrow("pg_dump failed");
  expect(readdirSync(folder)).toEqual([]);
});

test("what is not finished is no backup, and the next one clears it away; other files stay", async () => {
  await prepareFolder(folder, "scani", "prod-base");
  await writeDump(folder, dumpName("scani", new Date(0)), pieces(contents), "prod-base");
  writeFileSync(join(folder, ".other-19700101T000000-000Z.dump.part"), "another install's");
  writeFileSync(join(folder, "notes.txt"), "mine");
  expect(await listBackups(folder, "scani")).toEqual([]);
  await prepareFolder(folder, "scani", "prod-base");
  expect(readdirSync(folder).sort()).toEqual([".other-19700101T000000-000Z.dump.part", "notes.txt"]);
});

test("backups are listed newest first, each install's its own; a folder that is not there holds none", async () => {
  expect(await listBackups(folder, "scani")).toEqual([]);
  await make("2026-01-10T12:00:00.000Z");
  await make("2026-01-11T12:00:00.000Z");
  await make("2026-01-12T12:00:00.000Z", "scani-two");
  expect((await listBackups(folder, "scani")).map(({ at }) => new Date(at).getUTCDate())).toEqual([11, 10]);
  expect(await lastBackup(folder, "scani", undefined)).toBe(Date.parse("2026-01-11T12:00:00.000Z"));
});

test.each<[string, (path: string, manifest: string) => void, RegExp]>([
  ["truncated", (path) => writeFileSync(path, contents.subarray(1)), /has \d+ bytes instead of \d+/],
  ["gone", (path) => rmSync(path), /its file is missing/],
  ["without a manifest", (_path, manifest) => rmSync(manifest), /no manifest/],
  [
    "with a manifest that is cut off",
    (_path, manifest) => writeFileSync(manifest, readFileSync(manifest, "utf8").slice(0, -20)),
    /not JSON/,
  ],
])("a dump that is %s is damaged, and does not count as the last one", async (_name, spoil, damage) => {
  await make("2026-01-10T12:00:00.000Z");
  const { file } = await make("2026-01-11T12:00:00.000Z");
  spoil(join(folder, file), join(folder, manifestName(file)));
  const spoilt = (await listBackups(folder, "scani")).find((one) => one.file === file);
  expect(spoilt?.damage).toMatch(damage);
  await expect(checkWhole(await readBackup(join(folder, file), file))).rejects.toThrow(`${file} is damaged`);
  expect(await lastBackup(folder, "scani", undefined)).toBe(Date.parse("2026-01-10T12:00:00.000Z"));
});

test("any one bit that is flipped is found", async () => {
  const { file } = await make("2026-01-10T12:00:00.000Z");
  for (let bit = 0; bit < contents.length * 8; bit += 7) {
    const flipped = Buffer.from(contents);
    flipped[bit >> 3] = flipped[bit >> 3] ^ (1 << (bit & 7));
    writeFileSync(join(folder, file), flipped);
    await expect(checkWhole(await readBackup(join(folder, file), file))).rejects.toThrow(
      "its checksum differs from the manifest's",
    );
  }
});

test("one is removed with its manifest; one that was never published too", async () => {
  const { file } = await make("2026-01-10T12:00:00.000Z");
  await removeBackup(folder, file);
  await writeDump(folder, file, pieces(contents), "prod-base");
  await discard(folder, file);
  expect(readdirSync(folder)).toEqual([]);
});

test("a manifest is written anew, also after a kill in the middle of it, and nothing else is touched", async () => {
  const manifest = await make("2026-01-10T12:00:00.000Z");
  writeFileSync(join(folder, `.${manifestName(manifest.file)}.part`), "half");
  const verified = { ...manifest, verified: "2026-01-10T13:00:00.000Z" };
  await renewManifest(folder, verified, "prod-base");
  const [only] = await listBackups(folder, "scani");
  expect(only).toMatchObject({ manifest: verified, at: Date.parse(manifest.at) });
  expect(await checkWhole(only)).toEqual(verified);
  expect(readdirSync(folder).sort()).toEqual([manifest.file, manifestName(manifest.file)].sort());
});
