import { differences } from "../../../../host/backup/restore/compare";
import {
  countsFor,
  dumpName,
  manifestName,
  originOf,
  parseManifest,
  type Manifest,
} from "../../../../host/backup/manifest";
import { besideName, createLike } from "../../../../host/backup/restore/scratch";
import { identifier, literal } from "../../../../host/backup/server";

export const manifest: Manifest = {
  version: 1,
  file: "scani-20260110T120000-000Z.dump",
  install: "scani",
  database: "scani",
  at: "2026-01-10T12:00:00.000Z",
  why: "asked for",
  by: "ada@host",
  bytes: 5,
  sha256: "0".repeat(64),
  postgres: "16.1",
  databaseBytes: 1,
  tables: [{ schema: "public", name: "users", rows: 2 }],
};

test("a manifest is read as it was written", () => {
  expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
});

test.each([
  ["{", "its manifest is not JSON"],
  ["{}", "its manifest is not valid: version"],
  [JSON.stringify({ ...manifest, bytes: -1 }), "its manifest is not valid: bytes"],
  [JSON.stringify({ ...manifest, sha256: "xyz" }), "its manifest is not valid: sha256"],
  [JSON.stringify({ ...manifest, file: "../../etc/passwd" }), "its manifest is not valid: file"],
  [
    JSON.stringify({ ...manifest, tables: [{ schema: "public", name: "users", rows: 1.5 }] }),
    "its manifest is not valid: tables.0.rows",
  ],
])("what is wrong with one is said: %s", (contents, message) => {
  expect(() => parseManifest(contents)).toThrow(message);
});

test("names of files sort by time and belong together", () => {
  expect(dumpName("scani", new Date("2026-01-10T12:00:00.007Z"))).toBe("scani-20260110T120000-007Z.dump");
  expect(manifestName("scani-20260110T120000-007Z.dump")).toBe("scani-20260110T120000-007Z.json");
  for (const name of ["mine", "mine.sql", "mine.json"]) expect(manifestName(name)).toBe(`${name}.json`);
});

test("tables are compared by name and rows", () => {
  const table = (name: string, rows: number) => ({ schema: "public", name, rows });
  expect(differences([table("a", 1), table("b", 2)], [table("b", 2), table("a", 1)])).toEqual([]);
  expect(
    differences([table("a", 1), table("b", 2), table("c", 3)], [table("a", 1), table("b", 1), table("d", 0)]),
  ).toEqual([
    "public.b has 1 rows instead of 2",
    "public.c is missing (3 rows)",
    "public.d should not be there (0 rows)",
  ]);
});

test("a database beside another has a name Postgres does not cut", () => {
  const at = new Date("2026-01-10T12:00:00Z");
  expect(besideName("scani", "before", at)).toBe("scani_before_20260110120000");
  expect(besideName("x".repeat(63), "restoring", at)).toHaveLength(63);
});

test("a database is made as another is, and no name breaks out of its quotes", () => {
  const like = { encoding: "UTF8", datcollate: "C", datctype: "C.UTF-8" };
  expect(createLike('a"b', like)).toBe(
    `create database "a""b" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'`,
  );
  expect(createLike("a", { ...like, datlocprovider: "i", daticulocale: "en-US" })).toMatch(
    / locale_provider icu icu_locale 'en-US'$/,
  );
  expect(createLike("a", { ...like, datlocprovider: "b", datlocale: "C.UTF-8" })).toMatch(
    / locale_provider builtin builtin_locale 'C\.UTF-8'$/,
  );
  expect(createLike("a", { ...like, datlocprovider: "c", daticulocale: null })).not.toContain("icu");
  expect([identifier('x"; drop'), literal("x'; drop")]).toEqual(['"x""; drop"', "'x''; drop'"]);
});

test.each([
  [{ cluster: "1", database: "scani" }, { cluster: "1", database: "scani" }, "own", true],
  [{ cluster: "1", database: "scani" }, { cluster: "2", database: "scani" }, "other", false],
  [{ cluster: "1", database: "other" }, { cluster: "1", database: "scani" }, "other", false],
  [{ database: "other" }, { cluster: "1", database: "scani" }, "other", false],
  [{ database: "scani" }, { cluster: "1", database: "scani" }, "unknown", false],
  [{ cluster: "1", database: "scani" }, { database: "scani" }, "unknown", false],
  [{ database: "scani" }, { database: "scani" }, "unknown", true],
] as const)("a backup of %j, on %j, is of: %s", (backup, own, origin, counts) => {
  expect([originOf(backup, own), countsFor(backup, own)]).toEqual([origin, counts]);
});
