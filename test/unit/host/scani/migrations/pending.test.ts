import fc from "fast-check";
import { namesIn, newerIn, parseApplied, pendingIn } from "../../../../../host/scani/migrations/pending";

test("names are the .sql files of the folder itself, in the order they apply", () => {
  const files = [
    "20260818021506_later.sql",
    "0001_b.sql",
    "meta/_journal.json",
    "meta/0000_snapshot.sql",
    "README.md",
    "0000_a.sql",
  ];
  expect(namesIn(files)).toEqual(["0000_a", "0001_b", "20260818021506_later"]);
  expect(namesIn(["0001_schema.sql"], "bullmq/")).toEqual(["bullmq/0001_schema"]);
});

test("what is shipped and not on record is pending, in order", () => {
  expect(pendingIn({ shipped: ["0001_a", "0002_b", "0003_c"], applied: ["0002_b"] })).toEqual(["0001_a", "0003_c"]);
  expect(pendingIn({ shipped: ["0001_a", "bullmq/0001_schema"], applied: ["0001_a"] })).toEqual(["bullmq/0001_schema"]);
});

test("without a record nothing is known, and nothing is newer", () => {
  expect(pendingIn({ shipped: ["0001_a"], applied: undefined })).toBeUndefined();
  expect(newerIn({ shipped: ["0001_a"], applied: undefined })).toEqual([]);
});

test("what is on record and not shipped is newer; the queue judges its own", () => {
  expect(newerIn({ shipped: ["0001_a"], applied: ["0001_a", "0003_c", "0002_b", "bullmq/0009_next"] })).toEqual([
    "0002_b",
    "0003_c",
  ]);
});

test("pending and newer are the two differences of the same sets", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^\d{4}_[a-z]{1,3}$/));
  fc.assert(
    fc.property(names, names, (shipped, applied) => {
      const [pending, newer] = [pendingIn({ shipped, applied }) ?? [], newerIn({ shipped, applied })];
      expect(new Set([...applied, ...pending])).toEqual(new Set([...shipped, ...newer]));
      expect(pending.filter((name) => applied.includes(name))).toEqual([]);
      expect(newer.filter((name) => shipped.includes(name))).toEqual([]);
    }),
  );
});

test("the record is read between psql's warnings", () => {
  const output =
    'WARNING:  database "scani" has a collation version mismatch\nledger-present\napplied 0001_a\napplied 0002_b\napplied bullmq/0001_schema';
  expect(parseApplied(output)).toEqual(["0001_a", "0002_b", "bullmq/0001_schema"]);
});

test("a database without a ledger, or with an empty one, tells nothing", () => {
  expect(parseApplied("")).toBeUndefined();
  expect(parseApplied("applied bullmq/0001_schema")).toBeUndefined();
  expect(parseApplied("ledger-present")).toBeUndefined();
  expect(parseApplied("ledger-present\napplied bullmq/0001_schema")).toBeUndefined();
});
