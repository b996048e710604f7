import { writeRecord } from "../../../host/adopt/record";
import { adopt } from "../../../ops/adopt/adopt";
import { adoptionStatus } from "../../../ops/adopt/back";
import { backups } from "../../../ops/backup/list";
import { outputFor, type Context } from "../../../ops/context";
import { status } from "../../../ops/status/status";
import { FakeAdoption } from "../host/adopt/fakeAdoption";
import { folder, type Folder } from "../lab/setup/folder";

/** Base's outputs, as `pulumi stack output --json` prints them. */
const outputs = {
  sockets: {
    install: "scani",
    gateway: "scani-gateway",
    backups: {
      maxAge: 24,
      kept: 7,
      directory: "backups",
      postgres: "scani-postgres",
      image: "postgres:16",
      network: "n",
    },
  },
  platform: {},
};

const { PATH } = process.env;
let place: Folder;
beforeEach(() => {
  place = folder();
  place.program("bin/pulumi", `[ "$1" = version ] && echo v3.999.0 || echo '${JSON.stringify(outputs)}'`);
  place.file("Pulumi.yaml", "name: scani\n");
  process.env.PATH = `${place.path}/bin:${PATH}`;
});
afterEach(() => {
  process.env.PATH = PATH;
  place.remove();
});

const json = { json: true };

test.each<[string, (context: Context) => Promise<void>, boolean]>([
  ["status --json", (context) => status(context, "base", json), false],
  ["adopt --json", (context) => adopt(context, "base", "home", json), false],
  ["adopt --status --json", (context) => adoptionStatus(context, "base", "home", json), false],
  ["backups --json", (context) => backups(context, "base", json), true],
])("%s prints one line of JSON to standard output, the first time too", async (_words, command, asksPulumi) => {
  const adoption = new FakeAdoption("beside");
  // The files of both buckets are compared.
  const bucket = ["S3_ENDPOINT=http://home-minio:9000", "S3_ACCESS_KEY_ID=k", "S3_SECRET_ACCESS_KEY=s"];
  for (const [name, image] of Object.entries({ api: "api", provider: "data-provider" }))
    Object.assign(adoption.container(`home-${name}`), {
      image: `scani/${image}:0.17.1`,
      environment: [`SERVICE_NAME=${image}`, "LOG_ID_PEPPER=x", "SCANI_CLOUD_URL=http://provider:8082", ...bucket],
    });
  const { engine } = adoption.install;
  engine.images.set("image:1", { id: "sha256:1", environment: [], labels: {}, digests: [] });
  await writeRecord(engine, adoption.record, "image:1", {});
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const output = outputFor(
    json,
    (line) => stdout.push(line),
    (line) => stderr.push(line),
  );
  await command({
    ...output,
    project: { folder: place.path, environment: process.env },
    engine: () => Promise.resolve(engine),
    signal: new AbortController().signal,
  });
  expect(stdout).toHaveLength(1);
  expect(stdout[0]).not.toContain("\n");
  expect(JSON.parse(stdout[0] ?? "")).toBeInstanceOf(Object);
  expect(stderr.some((line) => line.startsWith("Made .passphrase"))).toBe(asksPulumi);
});
