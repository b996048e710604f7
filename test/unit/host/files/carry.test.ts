import { createHash, randomUUID } from "node:crypto";
import fc from "fast-check";
import { CarryTally, carryOnce, compare, takeBackDeleted, type CarryHelp } from "../../../../host/files/carry";
import type { NamedFile } from "../../../../host/files/named";
import { bucketOf, placeOf, type Place } from "../../../../host/files/place";
import { FileStore, mostFetched } from "../../../../host/files/store";
import { localCloudUrl } from "../../../../host/install/services/release";
import { slowest, type Transfer, type TransferResult } from "../../../../host/files/transfers";
import { deletedLines, stopping, stuckLines } from "../../../../host/files/words";
import { FakeStore, lane, plain, uninterrupted, type Misbehave } from "./fakeStores";

const help = (over: Partial<CarryHelp> = {}): CarryHelp => ({
  signal: new AbortController().signal,
  remember: async () => undefined,
  begin: async () => undefined,
  progress: () => undefined,
  ...over,
});

const row = (key: string): NamedFile => ({ key, by: "row" });

/** Creates two stores, the old one with some files. */
function stores(files: Readonly<Record<string, string>>): { from: FakeStore; to: FakeStore; named: NamedFile[] } {
  const [from, to] = [new FakeStore("old.test"), new FakeStore("new.test")];
  for (const [key, content] of Object.entries(files)) from.objects.set(key, content);
  return { from, to, named: Object.keys(files).map(row) };
}

/** Returns the place of a store whose bucket's keys are known. */
const signing = ({ place, title }: FakeStore): Place => ({
  ...place,
  sign: async ({ key = "" }) => `https://${title}/${encodeURIComponent(key)}`,
});

type Lane = ReturnType<typeof lane>;
const twoLanes = (from: FakeStore, to: FakeStore, before?: () => void): [Lane, Lane] => [
  lane(from, to, before),
  lane(from, to, before),
];

/** Carries in up to three passes, as a switch does. */
async function inPasses(from: FakeStore, to: FakeStore, named: readonly NamedFile[]): Promise<CarryTally> {
  const tally = new CarryTally();
  for (let pass = 1; pass <= 3 && tally.fresh(named).length > 0; pass += 1)
    await carryOnce(twoLanes(from, to), tally.fresh(named), tally, help());
  return tally;
}

async function carry(
  from: FakeStore,
  to: FakeStore,
  named: readonly NamedFile[],
  over?: Partial<CarryHelp>,
): Promise<CarryTally> {
  const tally = new CarryTally();
  await carryOnce(twoLanes(from, to), named, tally, help(over));
  return tally;
}

const sum = (content: string) => createHash("md5").update(content).digest("hex");

const many = Object.fromEntries(
  Array.from({ length: 120 }, (_, index) => [`documents/u/${index}`, `content ${index}`]),
);

const severalHundred = Object.fromEntries(
  Array.from({ length: 600 }, (_, index) => [`documents/u/${index}`, `content ${index}`]),
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
  // The old store is checked and read; the new one is checked, written and compared. Calls count also in a batch.
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
      fc.constantFrom<(content: string) => string>(
        sum,
        () => "0123-2",
        () => sum(randomUUID()),
      ),
      async (old, other, etag) => {
        const { from, to, named } = stores(old);
        for (const [key, content] of Object.entries(other)) to.objects.set(key, content);
        for (const [key, content] of Object.entries(old))
          if (content.length % 3 === 0) to.objects.set(key, "otherwise");
        to.etag = etag;
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
    const lanes = twoLanes(from, to, dying);
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
  const { from, to, named } = stores(severalHundred);
  const interrupt = new AbortController();
  await expect(
    carry(from, to, named, { signal: interrupt.signal, progress: () => interrupt.abort() }),
  ).rejects.toThrow();
  expect(to.objects.size).toBeLessThan(600);
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

test.each<[string, Misbehave, RegExp]>([
  ["answers 503 to everything", (call) => (call === "GET" ? 503 : undefined), /old\.test .*its bucket answers 503/],
  ["is not there", (call) => (call === "GET" ? 0 : undefined), /old\.test does not give it out: no route to host/],
  [
    "breaks off whatever it gives out",
    (call) => (call === "fetch" ? { status: 200, exit: 18, error: "transfer closed" } : undefined),
    /old\.test does not give it out: transfer closed/,
  ],
  [
    "is behind a proxy that knows nothing of it",
    (call) => (call === "GET" ? { status: 404, body: "<Error><Code>NoSuchBucket</Code></Error>" } : undefined),
    /old\.test does not give it out: its bucket answers 404 \(NoSuchBucket\)/,
  ],
  ["refuses every file", (call) => (call === "GET" ? 403 : undefined), /its bucket answers 403/],
  [
    "gives out more than the engine's disk holds",
    (call) => (call === "fetch" ? { status: 200, exit: 23, error: "Failure writing output" } : undefined),
    /the engine's disk does not hold it while it is carried: Failure writing output/,
  ],
])("an old store that %s stops the switch, and is not asked for each file", async (_, misbehave, why) => {
  const { from, to, named } = stores(severalHundred);
  from.misbehave = misbehave;
  const tally = await inPasses(from, to, named);
  expect([stopping(tally.stuck).length, tally.gone.size, tally.carried.size]).toEqual([600, 0, 0]);
  for (const { failure } of tally.stuck) expect(failure.failed).toMatch(why);
  // Each of three passes checks one piece a lane, or checks all and fetches one batch a lane.
  const looked = misbehave("GET", "") === undefined ? 600 : 120;
  expect(from.requests).toBeLessThan(3 * (looked + 150));
});

test.each<[string, Misbehave]>([
  ["is not given out", (call) => (call === "GET" ? 500 : undefined)],
  ["is refused", (call) => (call === "GET" ? 403 : undefined)],
  ["breaks off", (call) => (call === "fetch" ? { status: 200, exit: 18, error: "transfer closed" } : undefined)],
])("a file that %s is named, wherever it comes, and the others are carried", async (_, misbehave) => {
  for (const torn of ["documents/u/0", "documents/u/119", "documents/u/57"]) {
    const { from, to, named } = stores(many);
    from.misbehave = (call, key) => (key === torn ? misbehave(call, key) : undefined);
    const tally = await inPasses(from, to, named);
    expect([tally.carried.size, tally.stuck.map(({ file }) => file.key), stopping(tally.stuck)]).toEqual([
      119,
      [torn],
      [],
    ]);
    expect(tally.fresh(named)).toEqual([]);
  }
});

test("comparing finds out the same, and writes nothing", async () => {
  const compared = async (misbehaveFrom: Misbehave, misbehaveTo: Misbehave): Promise<[number, number, number]> => {
    const { from, to, named } = stores(many);
    [from.misbehave, to.misbehave] = [misbehaveFrom, misbehaveTo];
    const tally = new CarryTally();
    const loads = await compare(twoLanes(from, to), named, tally, help());
    expect([new Set(to.calls), to.objects.size]).toEqual([new Set(["presignDownload"]), 0]);
    return [loads.length, tally.stuck.length, stopping(tally.stuck).length];
  };
  const [well, torn, down]: Misbehave[] = [
    () => undefined,
    (call, key) => (call === "GET" && key.endsWith("/7") ? 400 : undefined),
    (call) => (call === "GET" ? 400 : undefined),
  ];
  expect([await compared(torn, well), await compared(well, torn)]).toEqual([
    [119, 1, 0],
    [119, 1, 0],
  ]);
  expect([await compared(down, well), await compared(well, down)]).toEqual([
    [0, 120, 120],
    [0, 120, 120],
  ]);
});

test("a data-provider that counts calls by the hour is asked no more when they are used up, and hour by hour all is carried", async () => {
  const { from, to, named } = stores(severalHundred);
  const job: NamedFile = { key: "documents/u/599", by: "job" };
  const wanted = [...named.slice(0, -1), job];
  let left = 0;
  to.misbehave = (call) => (["GET", "PUT", "fetch"].includes(call) || left-- > 0 ? undefined : 403);
  to.fault = "quota_exceeded — retry in 1234s";
  const carried: number[] = [];
  for (let hour = 1; hour <= 4; hour += 1) {
    left = 1_000;
    to.calls.length = 0;
    const tally = new CarryTally();
    await carryOnce(twoLanes(from, to), wanted, tally, help());
    carried.push(tally.carried.size);
    if (hour === 1) expect(tally.carried.has(job.key)).toBe(true);
    // The excess calls are those of requests that were under way.
    expect(to.calls.length - 1_000).toBeLessThan(4 * 60);
    for (const { failure } of tally.stuck)
      expect(failure).toEqual({
        failed: expect.stringMatching(/new\.test allows this key no more calls for 21 minutes \(quota_exceeded\)$/),
        about: "store",
        noMoreCalls: true,
      });
    expect(stopping(tally.stuck)).toHaveLength(tally.stuck.length);
  }
  expect(carried[0]).toBeGreaterThan(120);
  expect([carried.reduce((sum, some) => sum + some), to.objects.size >= 600]).toEqual([600, true]);
});

test("a store that works no more stops the switch, whatever it did before", async () => {
  const { from, to, named } = stores(severalHundred);
  let given = 0;
  from.misbehave = (call) => (call === "fetch" && ++given > 300 ? 500 : undefined);
  const tally = await inPasses(from, to, named);
  expect([tally.carried.size, stopping(tally.stuck).length]).toEqual([300, 300]);
});

test("a key the new store cannot hold is named, also where it is all there is to carry; one that copies nothing stops the switch", async () => {
  const { from, to, named } = stores({ ...many, "documents/u/7/x": "in a file" });
  to.misbehave = (call, key) => (call === "copyObject" && key.endsWith("/7/x") ? 500 : undefined);
  for (const carried of [120, 0]) {
    const tally = await inPasses(from, to, named);
    expect([tally.carried.size, tally.stuck.map(({ file }) => file.key)]).toEqual([carried, ["documents/u/7/x"]]);
    expect(stopping(tally.stuck)).toEqual([]);
    expect(tally.fresh(named)).toEqual([]);
  }
  const other = stores(many);
  other.to.misbehave = (call, key) => (call === "copyObject" && key.startsWith("documents/") ? 500 : undefined);
  expect(stopping((await inPasses(other.from, other.to, other.named)).stuck)).toHaveLength(120);
  expect(other.to.objects).toEqual(new Map());
});

test("ETags that are no checksums have files summed: the same is there, another of the same size is carried", async () => {
  const { from, to, named } = stores({ "documents/u/1": "one", "documents/u/2": "two" });
  [from.etag, to.etag] = [() => sum(randomUUID()), () => sum(randomUUID())];
  const first = await carry(from, to, named);
  expect([first.carried.size, first.stuck]).toEqual([2, []]);
  to.objects.set("documents/u/2", "owt");
  const again = await carry(from, to, named);
  expect([[...again.carried.keys()], [...again.there]]).toEqual([["documents/u/2"], ["documents/u/1"]]);
  expect(to.objects.get("documents/u/2")).toBe("two");
});

test("a 404 of somebody else is not believed: the data-provider says whether a file is there", async () => {
  const { from, to, named } = stores({ "documents/u/1": "one", "documents/u/2": "two" });
  from.misbehave = (call, key) => (call === "GET" && key !== "documents/u/1" ? 404 : undefined);
  const tally = await inPasses(from, to, [...named, row("documents/u/lost")]);
  expect([[...tally.carried.keys()], [...tally.gone]]).toEqual([["documents/u/1"], ["documents/u/lost"]]);
  expect(stuckLines(tally.stuck)).toEqual([
    "not carried: documents/u/2: old.test does not give it out: its bucket answers 404",
  ]);
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
  expect(tally.stuck.map(({ failure }) => failure.failed)).toEqual([
    "old.test does not give it out: its bucket answers 403",
  ]);
});

test("a bucket read with its own keys says what is not there, and why it refuses", async () => {
  const { from } = stores({ there: "x" });
  const refusal = (code: string): Partial<TransferResult> => ({
    status: 403,
    body: `<Error><Code>${code}</Code><Message>said so</Message></Error>`,
  });
  let code = "AccessDenied";
  from.misbehave = (call, key) =>
    call === "GET" && (key !== "there" || code !== "AccessDenied") ? refusal(code) : undefined;
  const store = new FileStore(
    bucketOf(signing(from)),
    async (all) => all.map((one) => from.answer(one, new Map())),
    uninterrupted,
  );
  // Without permission to list the bucket, a missing object is answered with 403 as well.
  const denied = expect.objectContaining({ about: "either", mayBeMissing: true });
  expect(await store.look(["there", "not there"])).toEqual([expect.objectContaining({ bytes: 1 }), denied]);
  for (code of ["RequestTimeTooSkewed", "SignatureDoesNotMatch"])
    expect(await store.look(["there"])).toEqual([
      expect.objectContaining({ failed: expect.stringContaining(`403 (${code}: said so)`) }),
    ]);
  // This answer says nothing about the key.
  from.misbehave = () => ({
    status: 403,
    body: "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
  });
  const [late] = await store.look(["there"]);
  expect(late).toMatchObject({
    failed: expect.stringMatching(/Request has expired\); is the clock right on the machine/),
  });
  expect(late).not.toHaveProperty("mayBeMissing");
  expect(from.calls).toEqual([]);
});

test("where the bucket's keys are at hand nothing goes to the addresses that are signed for browsers", async () => {
  const { to } = stores({});
  const asked: string[] = [];
  const folder = new Map([["file", "content"]]);
  const store = new FileStore(
    signing(to),
    async (all) => {
      asked.push(...all.map(({ url }) => new URL(url).hostname));
      return all.map((one) => to.answer(one, folder));
    },
    uninterrupted,
  );
  to.browserTitle = "browsers.test";
  const content = { bytes: 7, md5: sum("content"), type: "text/csv", file: "file" };
  expect(await store.store([{ key: "documents/u/1", content }], async () => undefined)).toEqual([
    expect.objectContaining({ bytes: 7, md5: sum("content") }),
  ]);
  expect(await store.fetch(["documents/u/1"])).toEqual([expect.objectContaining({ bytes: 7 })]);
  expect(await store.tryOut(randomUUID())).toBeUndefined();
  expect(new Set(asked)).toEqual(new Set(["new.test"]));
  expect([...to.objects.keys()]).toEqual(["documents/u/1"]);
});

test("a bucket that denies everything has what is to be carried missing, and nothing of what it is to give", async () => {
  const { from, to, named } = stores({ one: "1", two: "2" });
  const denying = (store: FakeStore): FileStore => {
    store.misbehave = (call) =>
      call === "GET" ? { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" } : undefined;
    return new FileStore(
      bucketOf(signing(store)),
      async (all) => all.map((one) => store.answer(one, new Map())),
      uninterrupted,
    );
  };
  const whole = lane(from, to);
  const tally = new CarryTally();
  expect(await compare([{ ...whole, from: denying(from) }], named, tally, help())).toEqual([]);
  expect([tally.gone.size, tally.stuck.map(({ failure }) => failure.about)]).toEqual([0, ["store", "store"]]);
  from.misbehave = () => undefined;
  expect(await compare([{ ...whole, to: denying(to) }], named, new CarryTally(), help())).toHaveLength(2);
});

test.each([
  [403, "InvalidAccessKeyId"],
  [403, "SignatureDoesNotMatch"],
  [404, "NoSuchBucket"],
])("a bucket that answers %i %s for want of keys, or of itself, has no file missing", async (status, code) => {
  const { from, to, named } = stores({ one: "1", two: "2" });
  // A data-provider says of such a bucket that it has none of them.
  from.objects.clear();
  from.misbehave = (call) =>
    call === "GET" ? { status, body: `<Error><Code>${code}</Code><Message>refused</Message></Error>` } : undefined;
  const waited = named.map((file): NamedFile => ({ ...file, by: "job" }));
  const tally = await carry(from, to, waited);
  expect([tally.gone.size, tally.stuck.map(({ at, failure }) => [at, failure.about])]).toEqual([
    0,
    [
      ["from", "store"],
      ["from", "store"],
    ],
  ]);
  expect(stopping(tally.stuck).map(({ failure }) => failure.failed)[0]).toContain(code);
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

test("addresses outlive the slowest transfer of a batch, and S3 signs for no longer than a week", async () => {
  const { from, to, named } = stores({ "documents/u/1": "1" });
  const asked: Transfer[] = [];
  const spied = (fake: FakeStore) => {
    const answer = fake.answer.bind(fake);
    fake.answer = (request, folder) => {
      asked.push(request);
      return answer(request, folder);
    };
  };
  spied(from);
  spied(to);
  await carry(from, to, named);
  const signed = asked.flatMap(({ url, body }) => {
    const call = body ?? new URL(url).searchParams.get("input") ?? "";
    return /presign/.test(url) ? [Number(/"ttlSeconds":(\d+)/.exec(call)?.[1])] : [];
  });
  const place = placeOf({
    api: [`SCANI_CLOUD_URL=${localCloudUrl}`],
    provider: {
      name: "x",
      environment: ["S3_ENDPOINT=https://s3.test", "S3_ACCESS_KEY_ID=i", "S3_SECRET_ACCESS_KEY=s"],
    },
  });
  const url = (await place?.sign?.({ method: "GET", key: "documents/u/1" })) ?? "";
  const all = [...signed, Number(new URL(url).searchParams.get("X-Amz-Expires"))];
  expect(all.length).toBeGreaterThan(3);
  for (const seconds of all) {
    expect(seconds).toBeGreaterThan(mostFetched / slowest);
    expect(seconds).toBeLessThanOrEqual(7 * 24 * 3600);
  }
});

test("a file the old store lacks is in neither place only where the new one says so", async () => {
  const { from, to, named } = stores({ "documents/u/1": "1" });
  const files = [...named, row("documents/u/2"), row("documents/u/3")];
  to.objects.set("documents/u/2", "2");
  to.misbehave = (call, key) => (call === "GET" && key.endsWith("/2") ? 400 : undefined);
  const tally = await carry(from, to, files);
  expect([[...tally.gone], [...tally.carried.keys()]]).toEqual([["documents/u/3"], ["documents/u/1"]]);
  expect(stuckLines(tally.stuck)).toEqual([
    expect.stringMatching(
      /^not carried: documents\/u\/2: it is not where it was, and whether it is at the new place is not known: new\.test .*400/,
    ),
  ]);
  expect(stopping(tally.stuck)).toEqual([]);
});

test("a copy that cannot be removed again is not called removed", async () => {
  const { from, to, named } = stores({ "documents/u/kept": "1", "documents/u/gone": "2", "documents/u/refused": "3" });
  const tally = await carry(from, to, named);
  to.misbehave = (call, key) => (call === "deleteTempBlob" && key.endsWith("refused") ? 500 : undefined);
  await takeBackDeleted(lane(from, to).to, ["documents/u/gone", "documents/u/refused"], tally);
  expect([...to.objects.keys()].sort()).toEqual(["documents/u/kept", "documents/u/refused"]);
  expect([[...tally.removed], [...tally.unremoved.keys()]]).toEqual([["documents/u/gone"], ["documents/u/refused"]]);
  expect(deletedLines(1, tally.unremoved, "new.test")).toEqual([
    "1 paper deleted meanwhile: removed from new.test again",
    expect.stringMatching(/^1 paper deleted meanwhile, and still at new\.test: .*500.*; the next switch/),
  ]);
  to.misbehave = () => undefined;
  await takeBackDeleted(lane(from, to).to, ["documents/u/refused"], tally);
  expect([tally.removed.size, tally.unremoved.size]).toEqual([2, 0]);
});
