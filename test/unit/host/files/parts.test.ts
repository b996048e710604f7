import fc from "fast-check";
import { CarryTally } from "../../../../host/files/carry";
import { namedQueries, parseNamed } from "../../../../host/files/named";
import { placeOf, type Place } from "../../../../host/files/place";
import { loadBatches, type Load } from "../../../../host/files/plan";
import { FileStore } from "../../../../host/files/store";
import { carriedFiles, restoredFilesNote } from "../../../../host/files/words";
import { piecesOf } from "../../../../util/piecesOf";
import { curlConfig, curlScript, parseTransfers, type Transfer } from "../../../../host/files/transfers";
import { countText, filesText, type FilesEntry } from "../../../../host/install/filesEntry";

const load = (bytes: number, index: number): Load => ({
  file: { key: String(index), by: "row" },
  content: { bytes, md5: "", type: "" },
});

test("batches hold every file once, in order, and no more than the disk is meant to hold", () =>
  fc.assert(
    fc.property(
      fc.array(fc.nat(64 * 1024 * 1024), { maxLength: 80 }),
      fc.integer({ min: 1, max: 50 }),
      (sizes, most) => {
        const batches = loadBatches(sizes.map(load), most);
        expect(batches.flat().map(({ content }) => content.bytes)).toEqual(sizes);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, { content }) => sum + content.bytes, 0);
          expect(batch.length === 1 || (batch.length <= most && bytes <= 32 * 1024 * 1024)).toBe(true);
        }
      },
    ),
  ));

test("pieces hold every thing once", () => {
  expect(piecesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(piecesOf([], 2)).toEqual([]);
});

test("a key is named once, by who needs it most; whatever is in it comes through", () => {
  const line = (key: string, by: string) => `file ${JSON.stringify([key, by])}`;
  expect(
    parseNamed(
      ["NOTICE: x", line("b", "row"), line("a\n\"'", "finished job"), line("b", "job"), line("b", "row")].join("\n"),
    ),
  ).toEqual([
    { key: "a\n\"'", by: "finished job" },
    { key: "b", by: "job" },
  ]);
  expect(namedQueries).toContain("'screenshot-parse', 'file-import', 'document-parse'");
  expect(parseNamed("")).toEqual([]);
});

test("an import that waits for its currency names its file, where the schema has results; one that was acted on does not", () => {
  const asked = /\\if :results\n([^\\]+)\\endif/.exec(namedQueries)?.[1];
  expect(asked).toMatch(/jsonb_build_array\(result #>> '\{needsCurrency,r2Key\}', 'finished job'\)/);
  expect(asked).toMatch(/from public\.user_jobs\nwhere .* is not null and action_taken_at is null;/);
});

const requests: Transfer[] = [
  { method: "POST", url: "https://a/x", headers: { authorization: 'Bearer a"b\\c' }, body: '{"key":"a\\nb"}' },
  { method: "GET", url: "https://a/[1]", range: "0-0" },
  { method: "GET", url: "https://a/file", save: "file-0" },
];

test("curl is told everything on standard input, and its words are quoted", () => {
  const config = curlConfig(requests);
  expect(config).toContain('header = "authorization: Bearer a\\"b\\\\c"');
  expect(config).toContain('data-raw = "{\\"key\\":\\"a\\\\nb\\"}"');
  expect(config.match(/^next$/gm)).toHaveLength(2);
  expect(curlScript("/tmp/files/lane-0", requests)).not.toContain("Bearer");
});

test("what curl printed is parsed, request by request; what it did not print is a failure", () => {
  const output = [
    "result 0\t200\t12\t\t12\tapplication/json\t\t\t\t0\t",
    'result 2\t200\t4\t\t4\ttext/csv\t"W/abc"\t\t\t18\ttransfer closed',
    "exit 18",
    `body 0 ${Buffer.from('{"a":1}').toString("base64")}`,
    "md5 0cc175b9c0f1b6a831c399e269772661  file-0",
  ].join("\n");
  const [posted, ranged, saved] = parseTransfers("/work", requests, output);
  expect(posted).toMatchObject({ status: 200, body: '{"a":1}', error: "" });
  expect(ranged).toMatchObject({ status: 0, error: expect.stringContaining("result 0") });
  expect(saved).toMatchObject({
    md5: "0cc175b9c0f1b6a831c399e269772661",
    file: "/work/file-0",
    exit: 18,
    error: "transfer closed",
  });
});

test.each([
  ["90", "", 90],
  ["Fri, 27 Nov 2026 10:02:00 GMT", "Fri, 27 Nov 2026 10:00:30 GMT", 90],
  ["Fri, 27 Nov 2026 10:00:00 GMT", "Fri, 27 Nov 2026 10:00:30 GMT", 0],
  ["Fri, 27 Nov 2026 10:02:00 GMT", "", undefined],
  ["", "Fri, 27 Nov 2026 10:00:30 GMT", undefined],
  ["soon", "Fri, 27 Nov 2026 10:00:30 GMT", undefined],
])("a busy server's Retry-After %p, answered at %p, is %p s", (later, date, seconds) => {
  const output = `result 0\t429\t0\t\t0\ttext/plain\t\t${later}\t${date}\t0\t`;
  expect(parseTransfers("/work", requests.slice(0, 1), output)[0]?.retryAfter).toBe(seconds);
});

const provider = {
  name: "scani-data-provider-1",
  environment: [
    "S3_ENDPOINT=http://storage:9000",
    "S3_PUBLIC_ENDPOINT=https://scani.example.org",
    "S3_BUCKET=job-uploads",
  ],
};
const local = ["SCANI_CLOUD_URL=http://data-provider:8082", "SCANI_CLOUD_API_KEY=k"];

test("a bucket of base's is asked at the address Scani itself asks, whatever that of browsers is; a hosted one is not signed for", async () => {
  for (const [endpoint, browsers, named] of [
    ["http://storage:9000", "https://scani.example.org", ""],
    ["http://10.0.0.5:9000", "http://localhost:9000", " on http://10.0.0.5:9000/papers"],
    ["https://s3.example.org/v1/", "https://files.example.org", " on https://s3.example.org/v1/papers"],
  ]) {
    const environment = [
      `S3_ENDPOINT=${endpoint}`,
      `S3_PUBLIC_ENDPOINT=${browsers}`,
      "S3_BUCKET=papers",
      "S3_ACCESS_KEY_ID=id",
      "S3_SECRET_ACCESS_KEY=secret",
    ];
    const place = placeOf({ api: local, provider: { ...provider, environment } });
    expect(place).toMatchObject({ url: "http://scani-data-provider-1:8082", hosted: false });
    expect(place?.title).toBe(`tier 1's data-provider${named}`);
    for (const method of ["GET", "PUT"])
      expect(await place?.sign?.({ method, key: "a b" })).toContain(
        `${endpoint.replace(/\/$/, "")}/papers/a%20b?X-Amz-Expires=86400&`,
      );
  }
  const hosted = placeOf({ api: ["SCANI_CLOUD_URL=https://hosted.example.org/", "SCANI_CLOUD_API_KEY=k"] });
  expect(hosted).toMatchObject({ title: "https://hosted.example.org", hosted: true });
  expect(hosted?.sign).toBeUndefined();
  expect(placeOf({ api: local })).toBeUndefined();
});

test.each([
  ["a//b/", "a//b"],
  ["/documents/u", "documents/u"],
  ["\\/y", "y"],
  ["documents/what?.pdf", "documents/what"],
  ["documents/back\\slash.pdf", "documents/back/slash.pdf"],
])("the key %j is asked for as Scani's S3 client asks for it", async (key, asked) => {
  const address = await placeOf({ api: local, provider })?.sign?.({ method: "GET", key });
  expect(address?.split("?X-Amz")[0]).toBe(`http://storage:9000/job-uploads/${asked}`);
});

test("no address is signed for a key that would lead out of its folder", async () => {
  const place = placeOf({ api: local, provider }) as Place;
  const asked: unknown[] = [];
  const store = new FileStore(
    place,
    async (requests) => {
      asked.push(...requests);
      return [];
    },
    () => new AbortController().signal,
  );
  expect(await store.look(["documents/../../etc/passwd"])).toEqual([{ failed: 'its key holds ".."', about: "file" }]);
  expect(asked).toEqual([]);
});

test("two releases that look in the same bucket have one place, whatever their keys", () => {
  const again = placeOf({ api: local, provider: { ...provider, name: "another" } });
  expect(again?.id).toBe(placeOf({ api: local, provider })?.id);
  const hosted = (key: string) =>
    placeOf({ api: ["SCANI_CLOUD_URL=https://hosted.example.org", `SCANI_CLOUD_API_KEY=${key}`] })?.id;
  expect(hosted("renewed")).toBe(hosted("old"));
});

test("a restore says of how many files the rows are back, and nothing of a job's that has ended", () => {
  const files = [
    { key: "a", by: "row" },
    { key: "b", by: "job" },
    { key: "c", by: "finished job" },
  ] as const;
  expect(restoredFilesNote(files)).toMatch(
    /^Files are in no backup of the database, which names 2 files\. Scani finds no file /,
  );
  expect(restoredFilesNote(files.slice(0, 1))).toMatch(/names 1 file\. /);
  expect(restoredFilesNote(files.slice(2))).toBeUndefined();
});

test("what was carried is said in a few words", () => {
  expect(countText({ files: 1, bytes: 12 })).toBe("1 file (12 bytes)");
  expect(countText({ files: 2000, bytes: 300 * 1024 * 1024 })).toBe("2,000 files (300 MiB)");
  const none = { files: 0, bytes: 0, there: 4, gone: 0, stuck: [] };
  expect(filesText(none)).toBeUndefined();
  expect(filesText({ ...none, files: 2, bytes: 1024 * 1024, stuck: ["a"], gone: 1 })).toBe(
    "2 files (1.0 MiB) carried, 1 file could not be carried, 1 file that rows or jobs name is in neither place",
  );
  expect(filesText({ ...none, stuck: ["a"], stuckFiles: 1200 })).toBe("1,200 files could not be carried");
  expect(filesText({ ...none, gone: 2 })).toBe("2 files that rows or jobs name are in neither place");
  expect(filesText({ ...none, left: 7 })).toBe("7 files left where they were (carryFiles is not yes)");
  expect(filesText({ ...none, left: 7, leftAt: "https://data.example.org", leftAtMost: true })).toBe(
    "at most 7 files left at https://data.example.org (carryFiles is not yes)",
  );
});

test("the record of a handover counts all files that could not be carried, and names ten", () => {
  const tally = new CarryTally();
  const failure = { failed: "it is too large", about: "file" } as const;
  const fail = (index: number) =>
    tally.failed({ file: { key: `documents/${String(index).padStart(4, "0")}`, by: "row" }, failure, at: "to" });
  for (let index = 0; index < 10; index += 1) fail(index);
  expect(carriedFiles({ tally, lost: [] })?.stuckFiles).toBeUndefined();
  for (let index = 10; index < 1200; index += 1) fail(index);
  const entry = carriedFiles({ tally, lost: [] }) as FilesEntry;
  expect([entry.stuck.length, entry.stuck[0], entry.stuckFiles]).toEqual([10, "documents/0000", 1200]);
});
