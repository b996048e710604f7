import fc from "fast-check";
import { CarryTally, carryOnce, takeBackDeleted, type CarryHelp } from "../../../../host/files/carry";
import type { NamedFile } from "../../../../host/files/named";
import { stopping, stuckLines } from "../../../../host/files/words";
import { FakeStore, lane, plain } from "./fakeStores";

const help = (over: Partial<CarryHelp> = {}): CarryHelp => ({
  signal: new AbortController().signal,
  remember: async () => undefined,
  progress: () => undefined,
  ...over,
});

const row = (key: string): NamedFile => ({ key, by: "row" });

/** Two stores, the old one with some files. */
function stores(files: Readonly<Record<string, string>>): { from: FakeStore; to: FakeStore; named: NamedFile[] } {
  const [from, to] = [new FakeStore("old.test"), new FakeStore("new.test")];
  for (const [key, content] of Object.entries(files)) from.objects.set(key, content);
  return { from, to, named: Object.keys(files).map(row) };
}

async function carry(
  from: FakeStore,
  to: FakeStore,
  named: readonly NamedFile[],
  over?: Partial<CarryHelp>,
): Promise<CarryTally> {
  const tally = new CarryTally();
  await carryOnce([lane(from, to), lane(from, to)], named, tally, help(over));
  return tally;
}

const many = Object.fromEntries(
  Array.from({ length: 120 }, (_, index) => [`documents/u/${index}`, `content ${index}`]),
);

test("what the new store lacks is carried, compared, and carried once", async () => {
  const { from, to, named } = stores(many);
  const first = await carry(from, to, named);
  expect(first.carried.size).toBe(120);
  expect(first.bytes).toBe([...from.objects.values()].join("").length);
  expect(to.objects).toEqual(from.objects);
  const again = await carry(from, to, named);
  expect([again.carried.size, again.there.size, to.puts.length]).toEqual([0, 120, 120]);
});

test("carrying takes few requests and few calls a file, and goes on where a data-provider takes no batches", async () => {
  const { from, to, named } = stores(many);
  await carry(from, to, named);
  // Looked at and fetched; looked at, sent, compared. The hosted side counts calls, whatever request they came in.
  expect([from.requests, to.requests].map((all) => all / 120)).toEqual([
    expect.closeTo(2.05, 1),
    expect.closeTo(3.6, 1),
  ]);
  expect([from.calls.length, to.calls.length]).toEqual([120, 4 * 120]);

  const old = stores(many);
  old.to.batches = false;
  expect((await carry(old.from, old.to, old.named)).carried.size).toBe(120);
  expect(old.to.objects).toEqual(old.from.objects);
});

test("a batch of which one call fails carries the others", async () => {
  const { from, to, named } = stores(many);
  to.misbehave = (call, key) => (call === "copyObject" && key.endsWith("/7") ? 500 : undefined);
  const tally = await carry(from, to, named);
  expect([tally.carried.size, tally.stuck.map(({ file }) => file.key)]).toEqual([119, ["documents/u/7"]]);
});

test("a data-provider that is down is asked each thing once", async () => {
  const { from, to, named } = stores(many);
  from.batches = false;
  from.answer = () => {
    from.requests += 1;
    return { ...plain, status: 503 };
  };
  const tally = await carry(from, to, named);
  expect([tally.stuck.length, from.requests]).toEqual([120, 4]);
});

test("whatever both stores have, every named file of the old one is in the new one afterwards, as the old one has it", () =>
  fc.assert(
    fc.asyncProperty(
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }).filter((key) => !key.split("/").includes(".")),
        fc.string({ maxLength: 8 }),
      ),
      fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), fc.string({ maxLength: 8 })),
      fc.boolean(),
      async (old, other, checksumsOfParts) => {
        const { from, to, named } = stores(old);
        for (const [key, content] of Object.entries(other)) to.objects.set(key, content);
        for (const [key, content] of Object.entries(old))
          if (content.length % 3 === 0) to.objects.set(key, "otherwise");
        if (checksumsOfParts) to.etag = () => "0123-2";
        const before = new Map(from.objects);
        const tally = await carry(from, to, [...named, row("documents/nowhere")]);
        expect(from.objects).toEqual(before);
        for (const { key } of named)
          if (!tally.stuck.some(({ file }) => file.key === key)) expect(to.objects.get(key)).toBe(old[key]);
        for (const { file } of tally.stuck) expect(file.key).toMatch(/\.\.|^\//);
        expect([...to.objects.keys()].filter((key) => key.startsWith("temp/"))).toEqual([]);
        expect([...tally.gone]).toEqual("documents/nowhere" in other ? [] : ["documents/nowhere"]);
      },
    ),
    { numRuns: 60 },
  ));

test("killed, failing or interrupted at any call, the same again ends with every file there and none carried twice", async () => {
  const run = async (at: number): Promise<boolean> => {
    const { from, to, named } = stores(many);
    let calls = 0;
    let left: readonly string[] = [];
    const tally = new CarryTally();
    const dying = () => {
      calls += 1;
      if (calls >= at) throw new Error("killed");
    };
    const lanes = [lane(from, to, dying), lane(from, to, dying)];
    const remember = async (_lane: number, keys: readonly string[]): Promise<void> => {
      left = [...left, ...keys];
    };
    const died = await carryOnce(lanes, named, tally, help({ remember })).then(
      () => false,
      () => true,
    );
    const whole = new Set([...to.objects.keys()].filter((key) => key in many));
    const putsBefore = to.puts.length;
    await lane(from, to).to.remove(left);
    const again = await carry(from, to, named);
    expect(to.objects).toEqual(from.objects);
    expect([...again.carried.keys()].filter((key) => whole.has(key))).toEqual([]);
    expect(to.puts.length - putsBefore).toBe(120 - whole.size);
    return died;
  };
  let at = 1;
  while (await run(at)) at += 1;
  expect(at).toBeGreaterThan(20);
});

test("an interrupt ends it between two batches", async () => {
  const { from, to, named } = stores(many);
  const interrupt = new AbortController();
  await expect(
    carry(from, to, named, { signal: interrupt.signal, progress: () => interrupt.abort() }),
  ).rejects.toThrow();
  expect(to.objects.size).toBeLessThan(120);
});

test.each<[string, number, RegExp]>([
  ["presignUpload", 500, /new\.test gives no address for files: .*fault/],
  ["PUT", 507, /the bucket of new\.test refuses it \(507\)/],
  ["PUT", 0, /the bucket of new\.test refuses it \(0\): no route to host/],
  ["copyObject", 404, /new\.test does not copy it to its key: .*no data-provider \(404\): fault/],
])("a new store whose %s answers %s stops the switch and says so", async (call, status, why) => {
  const { from, to, named } = stores(many);
  to.misbehave = (asked) => (asked === call ? status : undefined);
  const tally = await carry(from, to, named);
  expect(stopping(tally.stuck)).toHaveLength(120);
  expect(tally.stuck[0].failure.failed).toMatch(why);
  expect([...to.objects.keys()].filter((key) => key.startsWith("temp/"))).toEqual([]);
});

test("a file that cannot be carried is named, and stops the switch only where a job waits for it", async () => {
  const { from, to, named } = stores({ ...many, "documents/../up": "x", "documents/u/torn\n": "y" });
  from.misbehave = (call, key) => (call === "GET" && key.endsWith("torn\n") ? 500 : undefined);
  const tally = await carry(from, to, named);
  expect(tally.carried.size).toBe(120);
  expect(stopping(tally.stuck)).toEqual([]);
  expect(stuckLines(tally.stuck).sort()).toEqual([
    'not carried: documents/../up: its key holds ".."',
    "not carried: documents/u/torn�: old.test does not give it out: its bucket answers 500",
  ]);
  const needed = await carry(from, to, [{ key: "documents/../up", by: "job" }]);
  expect(stopping(needed.stuck)).toHaveLength(1);
});

test("what fails by itself is tried a few times, then named alone; what no row names any more is not", async () => {
  const { from, to, named } = stores({ "documents/../up": "x" });
  const tally = new CarryTally();
  for (let pass = 1; tally.fresh(named).length > 0; pass += 1) {
    expect(pass).toBeLessThan(4);
    await carryOnce([lane(from, to)], tally.fresh(named), tally, help());
  }
  expect(tally.stuck).toHaveLength(1);
  expect(tally.fresh([{ key: "documents/../up", by: "job" }])).toHaveLength(1);
  expect([tally.fresh([]), tally.stuck]).toEqual([[], []]);
});

test("a key under which nobody gets anything counts as missing, and nobody is asked for it", async () => {
  const { from, to } = stores({});
  const keys = ["", ".", "a/./b", "x".repeat(1_025)];
  const tally = await carry(from, to, [...keys.map(row), { key: "ü".repeat(600), by: "job" }]);
  expect([tally.gone.size, tally.stuck, from.calls, to.calls]).toEqual([5, [], [], []]);
});

test("403 of a file that is not there counts as missing, of one that is there as refused", async () => {
  const { from, to, named } = stores({ there: "x" });
  from.misbehave = (call) => (call === "GET" ? 403 : undefined);
  const tally = await carry(from, to, [...named, row("not there")]);
  expect([...tally.gone]).toEqual(["not there"]);
  expect(tally.stuck.map(({ failure }) => failure.failed)).toEqual(["old.test does not give it out (403)"]);
});

test("an address that has run out is asked for anew, and its file is not called missing", async () => {
  const { from, to, named } = stores({ "documents/u/1": "one" });
  let refusals = 1;
  from.refuseFetch = () => refusals-- > 0;
  const tally = new CarryTally();
  await carryOnce([lane(from, to)], named, tally, help());
  expect([[...tally.gone], tally.stuck.length]).toEqual([[], 1]);
  await carryOnce([lane(from, to)], tally.fresh(named), tally, help());
  expect([tally.carried.size, tally.stuck, from.calls]).toEqual([1, [], ["presignDownload", "presignDownload"]]);
});

test("what a user deletes while it is carried is taken back, and nothing else", async () => {
  const { from, to, named } = stores({ "documents/u/kept": "1", "documents/u/deleted": "2", "temp/u/job": "3" });
  const tally = await carry(from, to, named);
  const deleted = await takeBackDeleted(lane(from, to).to, [row("documents/u/kept")], tally);
  expect(deleted).toEqual(["documents/u/deleted"]);
  expect([...to.objects.keys()].sort()).toEqual(["documents/u/kept", "temp/u/job"]);
});
