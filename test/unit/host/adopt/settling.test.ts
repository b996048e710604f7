import type { Serving } from "../../../../host/install/facts";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { fileVolumesOf, heldNote, readOldFiles, settlingNote, settlingProblem } from "../../../../host/adopt/settling";
import type { AdoptRun } from "../../../../host/adopt/phases/phase";
import type { AdoptionRecord } from "../../../../host/adopt/record";
import { renderProblem } from "../../../../util/operatorError";
import { FakeAdoption } from "./fakeAdoption";

const run = {
  record: new FakeAdoption("taken over").record,
  stacks: { names: stacksBeside("prod-base") },
} as unknown as AdoptRun;

const uploadsFail: Serving = {
  is: "serving",
  release: { tier: "tier1", release: "r1" },
  shortcomings: [
    { what: "its worker is exited", of: "release" },
    { what: "uploads fail: 502", of: "base" },
  ],
};

test("compose's files stay until base's own S3 server is well", () => {
  const problem = settlingProblem({ serving: uploadsFail }, run, true);
  expect(problem && renderProblem(problem)).toBe(
    "This module's Scani serves, but uploads fail: 502, and the files of compose's S3 server are not removed before its own is well. Nothing has been touched.\n  type: npm run up -- prod-base",
  );
  expect(settlingProblem({ serving: uploadsFail }, run, false)).toBeUndefined();
  expect(settlingProblem({ serving: { ...uploadsFail, shortcomings: [] } }, run, true)).toBeUndefined();
});

test("what is amiss is said, with whose command mends it", () => {
  expect(settlingNote({ serving: uploadsFail }, run)).toEqual({
    what: "This module's Scani serves, but its worker is exited; uploads fail: 502.",
    type: ["npm run up -- prod-base", "npm run up -- prod-tier1"],
  });
  expect(settlingNote({ serving: { ...uploadsFail, shortcomings: [] } }, run)).toBeUndefined();
});

test.each<[string, Partial<AdoptionRecord>, string | undefined]>([
  ["nothing", {}, undefined],
  [
    "another bucket",
    { uncopied: { buckets: ["backups"], isVersioned: false } },
    "The volume home_minio-data stays: home-minio also has the bucket backups, which nothing has copied.",
  ],
  [
    "former versions",
    { uncopied: { buckets: [], isVersioned: true } },
    "The volume home_minio-data stays: home-minio may hold former versions of the files, which nothing has copied.",
  ],
  [
    "buckets its keys may not see",
    { uncopied: { isVersioned: false } },
    "The volume home_minio-data stays: whether home-minio has other buckets than Scani's could not be told.",
  ],
  [
    "what a record of an older version does not say",
    { uncopied: undefined },
    "The volume home_minio-data stays: whether home-minio has other buckets than Scani's could not be told.",
  ],
])(
  "compose's files go with a server that has besides them %s, only if that is nothing",
  async (_what, values, words) => {
    const adoption = new FakeAdoption("taken over");
    const files = await readOldFiles({ engine: adoption.install.engine, record: { ...adoption.record, ...values } });
    expect(files.removable).toEqual(words === undefined ? ["home_minio-data"] : []);
    expect(heldNote(files)?.what).toBe(words);
  },
);

const mounts = [
  { type: "volume", source: "root", path: "/data" },
  { type: "volume", source: "first", path: "/data/1" },
  { type: "volume", source: "second", path: "/mnt/2" },
  { type: "volume", source: "certs", path: "/certs" },
  { type: "bind", source: "/srv/files", path: "/files" },
];

test.each<[command: string, volumes: string[] | undefined]>([
  ["", ["root"]],
  ["server /data --console-address :9001", ["root"]],
  ["server --address :9000 /data/1/minio", ["first"]],
  ["server /data/1 /mnt/2", ["first", "second"]],
  ["server --certs-dir /certs /mnt/2", ["second"]],
  ["server --certs-dir=/certs /data", ["root"]],
  ["server /files", []],
  ["server /database", undefined],
])("a server started with `%s` has its files in %j", (command, volumes) => {
  const server = { environment: [], mounts };
  expect(fileVolumesOf({ ...server, entrypoint: [], arguments: command.split(" ") })).toEqual(volumes);
  expect(fileVolumesOf({ ...server, entrypoint: ["sh", "-c"], arguments: [`exec minio ${command}`] })).toEqual(volumes);
});

const disks = ["/mnt/disk1", "/mnt/disk2", "/mnt/disk3", "/mnt/disks", "/mnt/data", "/bitnami/minio/data"];

test.each<[what: string, command: string, environment: string[], volumes: string[] | undefined]>([
  ["a range of disks", "minio server /mnt/disk{1...3}", [], ["/mnt/disk1", "/mnt/disk2", "/mnt/disk3"]],
  ["MINIO_VOLUMES", "minio server --console-address :9001", ["MINIO_VOLUMES=/mnt/data"], ["/mnt/data"]],
  ["a range in MINIO_VOLUMES", "minio server", ["MINIO_VOLUMES=/mnt/disk{2...3}"], ["/mnt/disk2", "/mnt/disk3"]],
  ["MINIO_DATA_DIR", "minio/run.sh", ["MINIO_DATA_DIR=/bitnami/minio/data"], ["/bitnami/minio/data"]],
  ["a script of Bitnami's, which says nothing", "/opt/bitnami/scripts/minio/run.sh", [], undefined],
  ["a server of another kind", "java -jar s3mock.jar", ["root=/mnt/data"], undefined],
])("a server that gives its paths by %s has its files in those volumes", (_what, command, environment, volumes) => {
  const all = disks.map((path) => ({ type: "volume", source: path, path }));
  const server = { entrypoint: [], arguments: command.split(" "), environment, mounts: all };
  expect(fileVolumesOf(server)).toEqual(volumes);
});
