import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StorageCalls, type StorageCall } from "../../../../host/files/calls";
import { carrierScript } from "../../../../host/files/carrier";
import { carryProblem } from "../../../../host/files/words";
import {
  busyFor,
  curlConfig,
  transfersFrom,
  type CurrentSignal,
  type Transfer,
  type TransferResult,
} from "../../../../host/files/transfers";
import { FakeEngine } from "../fakeEngine";
import { FakeStore, lane, parseConfig, plain, printed, uninterrupted } from "./fakeStores";

const none = (exit: number): TransferResult => ({ ...plain, status: 0, exit, error: `curl ended with ${exit}` });
const got = (index: number): Transfer => ({ method: "GET", url: `https://store.test/${index}` });
const many = Array.from({ length: 60 }, (_, index) => got(index));

/**
 * Makes requests with a curl that stops at the first without a whole response, as with `--fail-early`.
 * @returns the results, and the requests of each run of curl
 */
async function made(
  requests: readonly Transfer[],
  answer: (path: number, time: number) => TransferResult,
  signal: CurrentSignal = uninterrupted,
): Promise<{ results: TransferResult[]; runs: number[][] }> {
  const runs: number[][] = [];
  const times = new Map<number, number>();
  const engine = new FakeEngine((_container, _command, { input: config = "" }) => {
    const asked = parseConfig(config);
    const run: number[] = [];
    const results: TransferResult[] = [];
    for (const { url } of asked) {
      const path = Number(new URL(url).pathname.slice(1));
      times.set(path, (times.get(path) ?? 0) + 1);
      run.push(path);
      results.push(answer(path, times.get(path) ?? 0));
      if (results.at(-1)?.exit !== 0) break;
    }
    runs.push(run);
    return { output: printed(asked, results) };
  });
  const { id } = engine.add({ name: "carrier", state: "running" });
  return { results: await transfersFrom(engine, id, "/work", signal, 0)(requests), runs };
}

test("who is not there is waited for twice, whatever else there is to ask", async () => {
  const { results, runs } = await made(many, () => none(28));
  expect(runs).toEqual([[0], [1]]);
  expect(new Set(results.map(({ error }) => error))).toEqual(new Set(["curl ended with 28"]));
  expect(results).toHaveLength(60);
});

test("one request that gets no answer does not keep the others from being made", async () => {
  const { results, runs } = await made(many, (path) => (path === 7 ? none(52) : plain));
  expect(results.flatMap(({ status }, index) => (status === 200 ? [] : [index]))).toEqual([7]);
  expect(runs.map(({ length }) => length)).toEqual([8, 52, 1]);
});

test("what fails for the moment is asked once more, all together; a full disk and a long silence are not", async () => {
  const passing = await made(many, (path, time) => ({ ...plain, status: path % 2 === 0 && time === 1 ? 503 : 200 }));
  expect(passing.results.every(({ status }) => status === 200)).toBe(true);
  expect(passing.runs.map(({ length }) => length)).toEqual([60, 30]);
  for (const exit of [23, 28])
    expect((await made([got(1)], () => ({ ...plain, exit, error: "no" }))).runs).toEqual([[1]]);
  const refused = await made(many, () => ({ ...plain, status: 404 }));
  expect(refused.runs).toHaveLength(1);
  const overloaded = (retryAfter: number) => made(many, () => ({ ...plain, status: 429, retryAfter }));
  expect([(await overloaded(0)).runs.length, (await overloaded(3600)).runs.length]).toEqual([5, 1]);
});

test("who says that he is asked too much is asked a few times more, for copies too", async () => {
  const slow = (busy: number) => (path: number, time: number) => ({
    ...plain,
    status: path % 10 === 0 && time <= busy ? 503 : 200,
  });
  const waited = await made(many, slow(3));
  expect(waited.results.every(({ status }) => status === 200)).toBe(true);
  expect(waited.runs.map(({ length }) => length)).toEqual([60, 6, 6, 6]);
  expect((await made(many, slow(9))).results.filter(({ status }) => status === 503)).toHaveLength(6);
  const copies = many.map((one): Transfer => ({ ...one, once: true }));
  expect((await made(copies, slow(1))).results.every(({ status }) => status === 200)).toBe(true);
  expect((await made(copies, (_path, time) => ({ ...plain, status: time === 1 ? 502 : 200 }))).runs).toHaveLength(1);
  expect((await made([got(1)], () => ({ ...plain, status: 503 }))).runs).toHaveLength(5);
});

/** Makes 30 calls in one batch, of which one fails a few times. @returns the calls of each request, and what failed */
async function batched(times: number, part: object): Promise<{ asked: number[]; failed: number }> {
  const asked: number[] = [];
  const calls = new StorageCalls(
    new FakeStore("store.test").place,
    async (requests) =>
      requests.map(({ url }) => {
        const count = url.split("presignDownload").length - 1;
        const good = { result: { data: { url: "https://x" } } };
        const fails = asked.push(count) <= times;
        const parts = Array.from({ length: count }, (_, index) => (fails && index === 0 ? { error: part } : good));
        const status = count === 1 && fails ? 500 : 207;
        return { ...plain, status: fails ? status : 200, body: JSON.stringify(count === 1 ? parts[0] : parts) };
      }),
    uninterrupted,
    0,
  );
  const call: StorageCall = { procedure: "presignDownload", input: {} };
  const answers = await calls.make(Array.from({ length: 30 }, () => call));
  return { asked, failed: answers.filter(({ ok }) => !ok).length };
}

test("a call of a batch that asked too much is made again alone, and one that fails otherwise is not", async () => {
  const slow = { message: "SlowDown: Please reduce your request rate.", data: { httpStatus: 500 } };
  expect(await batched(2, slow)).toEqual({ asked: [30, 1, 1], failed: 0 });
  expect(await batched(1, { message: "no", data: { httpStatus: 429 } })).toEqual({ asked: [30, 1], failed: 0 });
  expect(await batched(9, slow)).toEqual({ asked: [30, 1, 1, 1, 1], failed: 1 });
  expect(await batched(1, { message: "no", data: { httpStatus: 500 } })).toEqual({ asked: [30], failed: 1 });
});

test("an interrupt ends the wait before a request or a call is made again", async () => {
  const interrupt = new AbortController();
  const signal = () => interrupt.signal;
  const busy = { ...plain, status: 429, retryAfter: 60 };
  const calls = new StorageCalls(
    new FakeStore("store.test").place,
    async () => [{ ...plain, status: 500, body: '{"error":{"message":"SlowDown"}}' }],
    signal,
    60_000,
  );
  const waits = [made([got(1)], () => busy, signal), calls.make([{ procedure: "objectExists", input: {} }])];
  setImmediate(() => interrupt.abort());
  expect(await Promise.allSettled(waits)).toEqual(
    waits.map(() => ({ status: "rejected", reason: expect.objectContaining({ message: "Interrupted" }) })),
  );
});

test("who asks to be left alone for longer than up waits allows no more calls for that time", async () => {
  expect([busyFor({ status: 429, retryAfter: 60 }), busyFor({ status: 200, retryAfter: 900 })]).toEqual([
    undefined,
    undefined,
  ]);
  const busy: Partial<TransferResult> = { status: 503, retryAfter: 900 };
  const [from, to] = [new FakeStore("old.test"), new FakeStore("new.test")];
  from.objects.set("documents/1", "1");
  from.misbehave = () => busy;
  const failure = {
    failed: "the bucket of old.test takes no more requests for 15 minutes (503)",
    noMoreCalls: true,
  } as const;
  expect(await lane(from, to).from.look(["documents/1"])).toEqual([expect.objectContaining(failure)]);
  const calls = new StorageCalls(
    to.place,
    async (requests) => requests.map(() => ({ ...plain, ...busy })),
    uninterrupted,
    0,
  );
  const asked = await calls.make([{ procedure: "objectExists", input: { key: "documents/1" } }]);
  expect(asked).toEqual([{ ok: false, cause: "quota", why: "new.test takes no more requests for 15 minutes (503)" }]);
  const stuck = {
    file: { key: "documents/1", by: "row" },
    at: "from",
    failure: { ...failure, about: "store" },
  } as const;
  expect(carryProblem([stuck], 0, "tier2").message).toMatch(/15 minutes[^]*the same command goes on[^]*type: .*up/);
});

test("copies are asked for once, in requests of some bytes, with time for these", async () => {
  const asked: Transfer[] = [];
  const calls = new StorageCalls(
    new FakeStore("store.test").place,
    async (requests) => {
      asked.push(...requests);
      return requests.map(() => ({ ...plain, status: 503 }));
    },
    uninterrupted,
  );
  const copy = (megabytes: number): StorageCall => ({
    procedure: "copyObject",
    input: {},
    bytes: megabytes * 1024 * 1024,
  });
  await calls.make([copy(1), copy(1), copy(1), copy(8), copy(8), copy(8), copy(500)]);
  expect(asked.map(({ url, once }) => [url.split("copyObject").length - 1, once])).toEqual([
    [3, true],
    [2, true],
    [1, true],
    [1, true],
  ]);
  expect(curlConfig(asked.slice(-1))).toContain("speed-time = 1079");
  expect((await made([{ ...got(1), once: true }], () => none(52))).runs).toEqual([[1]]);
  expect(curlConfig([got(1)])).toContain("speed-time = 30");
});

test("the container stays while a transfer is under way, however long it takes, and ends when nobody asks any more", () => {
  const folder = mkdtempSync(join(tmpdir(), "carrier-"));
  try {
    const [bin, work, proc] = [join(folder, "bin"), join(folder, "work"), join(folder, "proc")];
    for (const made of [bin, join(proc, "12")]) mkdirSync(made, { recursive: true });
    writeFileSync(join(proc, "12/comm"), "curl\n");
    // Each pause takes nine minutes; the transfer ends in the fifth.
    writeFileSync(
      join(bin, "sleep"),
      [
        "#!/bin/sh",
        `echo >> ${folder}/pauses`,
        `[ "$(wc -l < ${folder}/pauses)" -lt 5 ] || rm -f ${proc}/12/comm`,
        `touch -d "@$(( $(stat -c %Y ${work}/alive) - 540 ))" ${work}/alive`,
      ].join("\n"),
    );
    chmodSync(join(bin, "sleep"), 0o755);
    const PATH = `${bin}:${process.env.PATH ?? ""}`;
    const { status } = spawnSync("sh", ["-c", carrierScript(work, proc)], { env: { PATH }, timeout: 20_000 });
    expect([status, readFileSync(join(folder, "pauses"), "utf8").length]).toEqual([0, 6]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
