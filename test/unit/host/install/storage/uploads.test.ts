import {
  bucketMadeBy,
  bucketServedBy,
  storageCommand,
  uploadsProblem,
  type Uploads,
} from "../../../../../host/install/storage/uploads";
import { uploadsRouted } from "../../handover/model";

test("an S3 server tells its bucket by what it runs", () => {
  expect(bucketMadeBy(["sh", "-c", storageCommand("job.up-loads", "eu-1")])).toBe("job.up-loads");
  for (const words of [[], ["server", "/data"], ["-c", "mkdir -p /data/x; exec versitygw posix /data"]])
    expect(bucketMadeBy(words)).toBeUndefined();
});

test("and where it is, with its keys", () => {
  const environment = ["ROOT_ACCESS_KEY=own", "ROOT_SECRET_KEY=secret", "VGW_KEEP_ALIVE=true"];
  expect(bucketServedBy({ entrypoint: ["sh", "-c", storageCommand("uploads", "eu-1")], environment })).toEqual({
    endpoint: "http://storage:9000",
    bucket: "uploads",
    region: "eu-1",
    accessKeyId: "own",
    secretAccessKey: "secret",
  });
  expect(bucketServedBy({ entrypoint: ["minio", "server", "/data"], environment })).toBeUndefined();
});

const { route } = uploadsRouted;

test.each<[string, Partial<Uploads>, string | undefined]>([
  ["are led to a server that runs", {}, undefined],
  ["are led there from a path that cannot be compared", { bucket: undefined }, undefined],
  ["have no route", { route: undefined }, "the gateway does not send them to scani-storage"],
  ["are led elsewhere", { route: { ...route, target: "x:9000" } }, "the gateway does not send them to scani-storage"],
  ["have another path", { route: { ...route, path: "/other" } }, "the gateway does not send them to scani-storage"],
  [
    "are let in by one host only",
    { route: { ...route, host: "h" } },
    "the gateway does not send them to scani-storage",
  ],
  ["are held", { route: { ...route, state: "paused" } }, "they are held or refused at the gateway"],
  ["are refused", { route: { ...route, state: "stopped" } }, "they are held or refused at the gateway"],
  ["are led to a server that does not run", { state: "exited" }, "scani-storage is exited"],
  ["are led to a server that is gone", { state: undefined, bucket: undefined }, "scani-storage is gone"],
  ["do not arrive", { unanswered: "HTTP 502" }, "scani-storage through the gateway: HTTP 502"],
])("uploads that %s", (_how, change, problem) => {
  expect(uploadsProblem({ ...uploadsRouted, ...change })).toBe(problem);
});
