import { lookUpJournal, readJournal, record, type Entry } from "../../../../host/install/journal";
import { FakeEngine } from "../fakeEngine";
import { journalPath } from "../fakeInstall";

const entry = (why: string): Entry => ({
  at: "2026-01-01T00:00:00.000Z",
  by: "a@b",
  to: { tier: "tier2", release: "r2" },
  outcome: "failed",
  why,
  totalMs: 1,
  timings: {},
});

const engineWith = (contents?: string) => {
  const engine = new FakeEngine();
  engine.add({
    name: "gateway",
    state: "running",
    files: new Map(contents === undefined ? [] : [[journalPath, contents]]),
  });
  return engine;
};

test("nothing is on record where there is no record, and no gateway", async () => {
  expect(await readJournal(engineWith(), "gateway")).toEqual([]);
  expect(await readJournal(engineWith(), "nobody")).toEqual([]);
});

test("what is recorded is read, oldest first, also from a gateway that is stopped", async () => {
  const engine = engineWith();
  for (const why of ["one", "two", "three"]) await record(engine, "gateway", entry(why));
  engine.ends(engine.all[0], 0);
  expect((await readJournal(engine, "gateway")).map(({ why }) => why)).toEqual(["one", "two", "three"]);
});

test.each(["", "[", '[{"at":"2026', "null", '{"a":1}'])(
  "a record that is %j is not taken for none, and is put aside by the next handover",
  async (contents) => {
    const engine = engineWith(contents);
    expect(await lookUpJournal(engine, "gateway")).toEqual({ journal: [], journalUnreadable: true });
    await record(engine, "gateway", entry("next"));
    expect((await readJournal(engine, "gateway")).map(({ why }) => why)).toEqual(["next"]);
    expect(await engine.readFile("gateway", `${journalPath}.unreadable`)).toBe(contents);
  },
);

test("entries of another form are left out", async () => {
  const engine = engineWith(JSON.stringify([1, null, {}, entry("one")]));
  expect((await readJournal(engine, "gateway")).map(({ why }) => why)).toEqual(["one"]);
});

test("the oldest go when there are too many", async () => {
  const engine = engineWith(JSON.stringify(Array.from({ length: 200 }, (_, index) => entry(String(index)))));
  await record(engine, "gateway", entry("last"));
  const all = await readJournal(engine, "gateway");
  expect([all.length, all[0]?.why, all.at(-1)?.why]).toEqual([200, "1", "last"]);
});

test.each([1, 2])("a record that fails at call %d leaves what was there", async (at) => {
  const engine = engineWith(JSON.stringify([entry("before")]));
  engine.plan({ at, kind: "throw" });
  await expect(record(engine, "gateway", entry("new"))).rejects.toThrow("fault at");
  engine.plan();
  expect((await readJournal(engine, "gateway")).map(({ why }) => why)).toEqual(["before"]);
});
