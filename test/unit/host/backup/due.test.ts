import fc from "fast-check";
import { ageText, decideBackup, type BackupFacts } from "../../../../host/backup/due";

const hour = 3_600_000;
const now = Date.parse("2026-01-10T12:00:00Z");
const at = (facts: Partial<BackupFacts>, maxAge = 24) =>
  decideBackup({ now, last: now - hour, pending: [], empty: false, ...facts }, { maxAge });

test.each<[string, Partial<BackupFacts>, boolean, string, boolean]>([
  ["a fresh one and nothing pending", {}, false, "the last one is 60 min old", false],
  [
    "a pending migration, however fresh the last one",
    { last: now, pending: ["0003_x"] },
    true,
    "a migration is pending: 0003_x",
    false,
  ],
  ["several of them", { pending: ["a", "b"] }, true, "2 migrations are pending: a, b", false],
  [
    "what is pending cannot be known",
    { pending: undefined },
    true,
    "which migrations are pending cannot be told",
    false,
  ],
  ["none yet", { last: undefined }, true, "there is none yet", true],
  ["an old one", { last: now - 25 * hour }, true, "the last one is 25 h old, over 24 h", true],
  ["exactly as old as it may be", { last: now - 24 * hour }, false, "the last one is 24 h old", false],
  ["one by a server a minute ahead", { last: now + 60_000 }, false, "the last one is 0 min old", false],
  ["one from the future", { last: now + hour }, true, "the last one is dated in the future", true],
  [
    "an empty database, whatever is pending",
    { empty: true, last: undefined, pending: ["0001"] },
    false,
    "the database is empty",
    false,
  ],
])("%s", (_name, facts, due, why, concurrent) => {
  expect(at(facts)).toEqual({ due, why, concurrent });
});

const facts = fc.record({
  now: fc.constant(now),
  last: fc.option(fc.integer({ min: now - 10_000 * hour, max: now + hour }), { nil: undefined }),
  pending: fc.option(fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }), { nil: undefined }),
  empty: fc.boolean(),
});

test("a schema is never changed without a backup before it, unless there is nothing to lose", () => {
  fc.assert(
    fc.property(facts, fc.nat(1000), (one, maxAge) => {
      const decision = decideBackup(one, { maxAge });
      if (one.pending === undefined || one.pending.length > 0)
        expect(decision).toMatchObject(one.empty ? { due: false } : { due: true, concurrent: false });
    }),
  );
});

test("after a backup nothing is due until it is too old, and then it is", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 2000 * hour }), (maxAge, since) => {
      expect(decideBackup({ now: now + since, last: now, pending: [], empty: false }, { maxAge }).due).toBe(
        since > maxAge * hour,
      );
    }),
  );
});

test.each([
  [-1, "0 min"],
  [0, "0 min"],
  [119 * 60_000, "119 min"],
  [2 * hour, "2 h"],
  [71 * hour, "71 h"],
  [72 * hour, "3 days"],
])("%d ms are %s", (milliseconds, text) => {
  expect(ageText(milliseconds)).toBe(text);
});
