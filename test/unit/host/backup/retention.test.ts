import fc from "fast-check";
import { newestFirst, superseded, type Dated } from "../../../../host/backup/retention";

const minute = 60_000;
/** Backups of which the first is the one just made; others may be dated after it. */
const backups: fc.Arbitrary<Dated[]> = fc.uniqueArray(
  fc.record({
    file: fc.nat(500).map((n) => `s-${n}.dump`),
    at: fc.nat(1000).map((minutes) => minutes * minute),
    damage: fc.option(fc.constant("it is"), { nil: undefined }),
  }),
  { selector: ({ file }) => file, minLength: 1, maxLength: 20 },
);
const keep = fc.integer({ min: 1, max: 10 });
const good = (all: readonly Dated[]) => all.filter(({ damage }) => damage === undefined);

const removed = (all: readonly Dated[], kept: number) => superseded(all, all[0]?.file ?? "", kept);

function remaining(all: readonly Dated[], kept: number): Dated[] {
  const gone = removed(all, kept);
  return all.filter((one) => !gone.includes(one));
}

/** Returns the order in which backups go, the last one first. */
const ordered = ([made, ...others]: readonly Dated[]) =>
  made === undefined ? [] : [made, ...newestFirst(others, made.at)];

test("the one just made always stays, whatever the others are dated", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      expect(remaining(all, kept)).toContain(all[0]);
    }),
  );
  expect(
    superseded(
      [
        { file: "future", at: 2e12 },
        { file: "made", at: 1.8e12 },
      ],
      "made",
      1,
    ),
  ).toEqual([{ file: "future", at: 2e12 }]);
});

test("those dated in the future go before any other", () => {
  const [made, older, future] = [10, 9, 1000].map((minutes) => ({ file: `${minutes}`, at: minutes * minute }));
  expect(superseded([future, made, older], made.file, 2)).toEqual([future]);
});

test("the newest good one is never among those that go", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      const [newest] = good(ordered(all));
      if (newest !== undefined) expect(remaining(all, kept)).toContain(newest);
    }),
  );
});

test("as many good ones stay as there are to be, the newest", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      const stay = good(remaining(all, kept));
      expect(stay).toHaveLength(Math.min(kept, good(all).length));
      expect(new Set(stay)).toEqual(new Set(good(ordered(all)).slice(0, kept)));
    }),
  );
});

test("a damaged one goes only when enough good ones are newer", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      const order = ordered(all);
      for (const one of removed(all, kept).filter(({ damage }) => damage !== undefined)) {
        expect(good(order.slice(0, order.indexOf(one))).length).toBeGreaterThanOrEqual(kept);
      }
    }),
  );
});

test("where all are damaged, all stay", () => {
  expect(
    superseded(
      [
        { file: "a", at: 1, damage: "x" },
        { file: "b", at: 2, damage: "y" },
      ],
      "a",
      1,
    ),
  ).toEqual([]);
});

test("done twice, it removes nothing the second time", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      expect(removed(remaining(all, kept), kept)).toEqual([]);
    }),
  );
});

test("where the one just made is not found, all stay", () => {
  expect(
    superseded(
      [
        { file: "a", at: 1 },
        { file: "b", at: 2 },
      ],
      "c",
      1,
    ),
  ).toEqual([]);
});
