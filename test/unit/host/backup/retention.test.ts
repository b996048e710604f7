import fc from "fast-check";
import { superseded, type Dated } from "../../../../host/backup/retention";

const backups: fc.Arbitrary<Dated[]> = fc.uniqueArray(
  fc.record({
    file: fc.nat(500).map((n) => `s-${n}.dump`),
    at: fc.nat(1000),
    damage: fc.option(fc.constant("it is"), { nil: undefined }),
  }),
  { selector: ({ file }) => file, maxLength: 20 },
);
const keep = fc.integer({ min: 1, max: 10 });
const good = (all: readonly Dated[]) => all.filter(({ damage }) => damage === undefined);

function remaining(all: readonly Dated[], kept: number): Dated[] {
  const gone = superseded(all, kept);
  return all.filter((one) => !gone.includes(one));
}

test("the newest good one is never among those that go", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      const newest = Math.max(...good(all).map(({ at }) => at));
      if (good(all).length > 0) expect(good(remaining(all, kept)).some(({ at }) => at === newest)).toBe(true);
    }),
  );
});

test("as many good ones stay as there are to be, the newest", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      const stay = good(remaining(all, kept));
      expect(stay).toHaveLength(Math.min(kept, good(all).length));
      const gone = good(superseded(all, kept));
      for (const one of gone) for (const other of stay) expect(one.at).toBeLessThanOrEqual(other.at);
    }),
  );
});

test("a damaged one goes only when enough good ones are newer", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      for (const one of superseded(all, kept).filter(({ damage }) => damage !== undefined)) {
        expect(good(all).filter(({ at }) => at >= one.at).length).toBeGreaterThanOrEqual(kept);
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
      1,
    ),
  ).toEqual([]);
});

test("done twice, it removes nothing the second time", () => {
  fc.assert(
    fc.property(backups, keep, (all, kept) => {
      expect(superseded(remaining(all, kept), kept)).toEqual([]);
    }),
  );
});
