import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
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
  temporaryPath,
  writeDump,
  type BackupFolder,
} from "../../../../host/backup/folder";
import { dumpName, manifestName, type Manifest } from "../../../../host/backup/manifest";

let folder: string;
const at = (install = "scani", where = folder): BackupFolder => ({ folder: where, install, base: "prod-base" });
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

async function make(moment: string, install = "scani"): Promise<Manifest> {
  const file = dumpName(install, new Date(moment));
  await prepareFolder(at(install));
  const written = await writeDump(at(install), file, pieces(contents.subarray(0, 5), contents.subarray(5)));
  const manifest: Manifest = {
    version: 1,
    file,
    install,
    database: "scani",
    at: moment,
    why: "asked for",
    by: "a@b",
    postgres: "16",
    databaseBytes: 1,
    tables: [],
    ...written,
  };
  await publish(at(install), manifest);
  return manifest;
}

test("a backup is whole, its checksum known, and nobody else may read it", async () => {
  const manifest = await make("2026-01-10T12:00:00.000Z");
  expect(manifest).toMatchObject({
    bytes: contents.length,
    sha256: createHash("sha256").update(contents).digest("hex"),
  });
  expect(
    readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .sort(),
  ).toEqual([manifest.file, manifestName(manifest.file)].sort());
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  expect(await checkWhole(await readBackup(join(folder, manifest.file), manifest.file))).toEqual(manifest);
});

test("a folder that was there keeps the mode its owner gave it", async () => {
  await prepareFolder(at());
  chmodSync(folder, 0o750);
  await prepareFolder(at());
  expect(statSync(folder).mode & 0o777).toBe(0o750);
});

test("a folder that cannot be made is named, with what to type", async () => {
  await prepareFolder(at());
  writeFileSync(join(folder, "a-file"), "");
  await expect(prepareFolder(at("scani", join(folder, "a-file", "below")))).rejects.toThrow(
    /cannot be used: .*\n.*\n {2}type: npm run pulumi -- config set --stack prod-base backupDirectory .*\n {2}type: npm run up -- prod-base$/,
  );
});

test("a folder that cannot be read is named in the same words, whoever reads it", async () => {
  await prepareFolder(at());
  writeFileSync(join(folder, "a-file"), "");
  const wrong = at("scani", join(folder, "a-file"));
  for (const read of [() => listBackups(wrong), () => lastBackup(wrong, { database: "scani" })])
    await expect(read()).rejects.toThrow(
      /^The folder of the backups cannot be used: .*ENOTDIR.*\n.*\n {2}type: npm run pulumi -- config set --stack prod-base backupDirectory /,
    );
});

test.each(["ENOSPC", "EDQUOT"])(
  "of a dump that fails on the way nothing is left, and a full disk is said: %s",
  async (code) => {
    await prepareFolder(at());
    const full = Object.assign(new Error(`${code}: no space left on device, write`), { code });
    await expect(writeDump(at(), "scani-x.dump", pieces(contents, full))).rejects.toThrow(
      /^No room for the backup in .*\n.*\n.*--stack prod-base backupDirectory .*\n {2}type: npm run up -- prod-base$/,
    );
    const broken = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
    for (const error of [new Error("pg_dump failed"), broken])
      await expect(writeDump(at(), "scani-x.dump", pieces(contents, error))).rejects.toBe(error);
    expect(readdirSync(folder)).toEqual([]);
  },
);

test("what is not finished is no backup, and the next one clears it away; other files stay", async () => {
  await prepareFolder(at());
  await writeDump(at(), dumpName("scani", new Date(0)), pieces(contents));
  const stay = [".scani-two-19700101T000000-000Z.dump.part", ".scani-notes.part", "notes.txt"];
  for (const name of stay) writeFileSync(join(folder, name), "another's");
  // Another install, whose name begins with this one's, is writing its dump.
  await writeDump(at("scani-staging"), dumpName("scani-staging", new Date(0)), pieces(contents));
  expect(await listBackups(at())).toEqual([]);
  await prepareFolder(at());
  expect(readdirSync(folder).sort()).toEqual(
    [...stay, temporaryPath("", dumpName("scani-staging", new Date(0)))].sort(),
  );
});

describe("an unfinished file of an install of this name", () => {
  const named = (writer: string) => `.scani-19700101T000000-000Z.dump${writer}.part`;
  const gone = spawnSync(process.execPath, ["-e", "0"]).pid;

  test.each([
    ["whose writer is dead is removed", `.${gone}@${hostname()}`, 0, false],
    ["that another process writes stays", `.${process.ppid}@${hostname()}`, 0, true],
    ["of another host stays", `.${gone}@another-host`, 0, true],
    ["of another host that nobody has written to for two days is removed", `.${gone}@another-host`, 2, false],
    ["of an earlier version stays while it is fresh", "", 0, true],
    ["of an earlier version that nobody has written to for two days is removed", "", 2, false],
  ])("%s", async (_what, writer, days, stays) => {
    await prepareFolder(at());
    const path = join(folder, named(writer));
    writeFileSync(path, "half");
    const then = Date.now() / 1000 - days * 86_400;
    utimesSync(path, then, then);
    await prepareFolder(at());
    expect(readdirSync(folder)).toEqual(stays ? [named(writer)] : []);
  });
});

test("backups are listed newest first, each install's its own; a folder that is not there holds none", async () => {
  expect(await listBackups(at())).toEqual([]);
  await make("2026-01-10T12:00:00.000Z");
  await make("2026-01-11T12:00:00.000Z");
  await make("2026-01-12T12:00:00.000Z", "scani-two");
  expect((await listBackups(at())).map(({ at }) => new Date(at).getUTCDate())).toEqual([11, 10]);
  expect(await lastBackup(at(), { database: "scani" })).toBe(Date.parse("2026-01-11T12:00:00.000Z"));
  // There is no backup of another database on the same server, of another cluster, or of an unknown database.
  expect(await lastBackup(at(), { database: "other" })).toBeUndefined();
  expect(await lastBackup(at(), { database: "scani", cluster: "73" })).toBeUndefined();
  expect(await lastBackup(at(), undefined)).toBeUndefined();
});

test("backups dated in the future are listed last, and are the last one only where there is no other", async () => {
  await make("2999-01-10T12:00:00.000Z");
  expect(await lastBackup(at(), { database: "scani" })).toBe(Date.parse("2999-01-10T12:00:00.000Z"));
  await make("2026-01-10T12:00:00.000Z");
  await make("2026-01-11T12:00:00.000Z");
  expect((await listBackups(at())).map(({ at }) => new Date(at).getUTCFullYear())).toEqual([2026, 2026, 2999]);
  expect(await lastBackup(at(), { database: "scani" })).toBe(Date.parse("2026-01-11T12:00:00.000Z"));
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
  const spoilt = (await listBackups(at())).find((one) => one.file === file);
  expect(spoilt?.damage).toMatch(damage);
  await expect(checkWhole(await readBackup(join(folder, file), file))).rejects.toThrow(`${file} is damaged`);
  expect(await lastBackup(at(), { database: "scani" })).toBe(Date.parse("2026-01-10T12:00:00.000Z"));
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
  await writeDump(at(), file, pieces(contents));
  await discard(folder, file);
  expect(readdirSync(folder)).toEqual([]);
});

test("a manifest is written anew, also after a kill in the middle of it, and nothing else is touched", async () => {
  const manifest = await make("2026-01-10T12:00:00.000Z");
  writeFileSync(join(folder, `.${manifestName(manifest.file)}.1@elsewhere.part`), "half");
  const verified = { ...manifest, verified: "2026-01-10T13:00:00.000Z" };
  await renewManifest(at(), verified);
  const [only] = await listBackups(at());
  expect(only).toMatchObject({ manifest: verified, at: Date.parse(manifest.at) });
  expect(await checkWhole(only)).toEqual(verified);
  expect(
    readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .sort(),
  ).toEqual([manifest.file, manifestName(manifest.file)].sort());
});
