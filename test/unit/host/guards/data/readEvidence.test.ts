import { dataRefusals } from "../../../../../host/guards/data/dataRefusals";
import { readBaseNow } from "../../../../../host/guards/base/baseNow";
import { readEvidence } from "../../../../../host/guards/data/readEvidence";
import type { DataPlace } from "../../../../../host/install/data/dataPlace";
import { label } from "../../../../../host/install/names/labels";
import { stacksBeside } from "../../../../../host/install/names/stacks";
import { seal } from "../../../../../host/scani/envelope";
import { FakeEngine, type FakeAnswer } from "../../fakeEngine";

const [key, otherKey] = ["11".repeat(32), "22".repeat(32)];
const place: DataPlace = {
  install: "scani",
  volumes: ["scani-gateway-data"],
  managed: { url: "postgres://u:p@db.example.org/scani", image: "postgres:16", network: "scani-edge" },
};

/** Reads the evidence of a managed Postgres with these credentials. */
async function ask(
  credentials: readonly string[],
  answer?: FakeAnswer,
  prepare?: (engine: FakeEngine) => void,
  major = 16,
) {
  const engine = new FakeEngine((_container, command) => {
    if (answer !== undefined) return answer;
    if (command[0] === "pg_dump") return { output: "pg_dump (PostgreSQL) 16.4 (Debian 16.4-1.pgdg120+1)\n" };
    if (command.some((word) => word.includes("server_version_num"))) return { output: String(major) };
    return { output: command.includes("-c") ? '"73"' : credentials.map((one) => `credential ${one}`).join("\n") };
  });
  engine.images.set("postgres:16", { id: "sha256:p", environment: [], labels: {}, digests: [] });
  prepare?.(engine);
  const networks: string[][] = [];
  engine.watch = () => {
    const tools = engine.all.find(({ labels }) => labels[label.service] === "backup");
    if (tools !== undefined) networks.push(tools.networks);
  };
  const evidence = await readEvidence(engine, place, { stacks: stacksBeside("base"), pull: false });
  return { evidence, engine, network: networks[0]?.[0] };
}

test("a managed database says which it is, and what its credentials were sealed with", async () => {
  const { evidence, engine } = await ask([await seal("{}", otherKey)]);
  expect(evidence).toMatchObject({ managed: { database: "scani", address: "db.example.org:5432", cluster: "73" } });
  expect(evidence.unread).toBeUndefined();
  expect(engine.all).toEqual([]);
  const problems = (encryptionKey?: string) =>
    dataRefusals(evidence, { place, encryptionKey, baseStack: "base", trustSettings: false });
  expect(await problems(otherKey)).toEqual([]);
  for (const wrong of [key, undefined])
    expect((await problems(wrong)).map(({ what }) => what)).toEqual([
      expect.stringMatching(/^ENCRYPTION_KEY .*, but the data was made with another: every stored credential/),
    ]);
});

test.each([
  [15, []],
  [16, []],
  [
    17,
    [
      {
        what: "postgresImage postgres:16 has the tools of Postgres 16, and the managed Postgres at db.example.org:5432 is Postgres 17: pg_dump makes no backup of a newer server.",
        why: "Name an image of the server's own version, and bring base up:",
        type: [expect.stringMatching(/--stack base postgresImage postgres:17-alpine$/), "npm run up -- base"],
      },
    ],
  ],
])("a managed Postgres %i, read with tools of 16, is refused where they are older", async (major, problems) => {
  const { evidence } = await ask([], undefined, undefined, major);
  const intent = { place, encryptionKey: key, baseStack: "base", trustSettings: true };
  expect(await dataRefusals(evidence, intent)).toEqual(problems);
});

test("it is asked from Docker's own network before base's are there, and from base's afterwards", async () => {
  expect((await ask([])).network).toBe("bridge");
  const edge = { id: "e", name: "scani-edge", labels: { [label.install]: "scani" } };
  expect((await ask([], undefined, (engine) => engine.networksThere.push(edge))).network).toBe("scani-edge");
});

test("one that does not answer refuses nothing, and why is known", async () => {
  const { evidence, engine } = await ask([], { exitCode: 2, errors: "psql: error: timeout expired" });
  expect(evidence.managed).toEqual({ database: "scani", address: "db.example.org:5432" });
  expect([evidence.database, evidence.unread]).toEqual([undefined, "psql failed: psql: error: timeout expired"]);
  expect(engine.all).toEqual([]);
});

test("a preview pulls nothing for it, and says so", async () => {
  const { evidence } = await ask([], undefined, (engine) => engine.images.clear());
  expect(evidence.unread).toMatch(/the image postgres:16, .* is not on the engine yet/);
});

test("a container that asks it is none of base's", async () => {
  const engine = new FakeEngine();
  engine.add({ name: "passing", labels: { [label.install]: "scani", [label.service]: "backup" }, state: "running" });
  engine.add({ name: "scani-redis", labels: { [label.install]: "scani", [label.service]: "redis" } });
  expect(Object.keys((await readBaseNow(engine, "scani", [])).services)).toEqual(["redis"]);
});

test.each([
  ["where it has the volume and the data", "data", "/var/lib/postgresql/data/own", "/var/lib/postgresql/data/own"],
  ["not where it has another volume", "another", "/var/lib/postgresql/data/own", undefined],
  ["not where the data has been moved away", "data", "/var/lib/postgresql/data/former", undefined],
])("the existing container says in which folder the data is: %s", async (_how, source, PGDATA, expected) => {
  const engine = new FakeEngine();
  engine.add({
    name: "scani-postgres",
    state: "exited",
    environment: [`PGDATA=${PGDATA}`],
    mounts: [{ type: "volume", source, path: "/var/lib/postgresql/data" }],
  });
  for (const volume of ["data", "another"]) engine.volumeFiles.set(volume, new Map([["own/PG_VERSION", "16\n"]]));
  const postgres = { container: "scani-postgres", volume: "data", role: "scani", database: "scani" };
  const { dataPath } = await readEvidence(
    engine,
    { install: "scani", volumes: ["data"], postgres },
    { stacks: stacksBeside("base"), pull: false },
  );
  expect(dataPath).toBe(expected);
});

test.each([
  ["in the folder the settings name", "mine", "mine/PG_VERSION", "mine"],
  ["in the volume itself", "mine", "PG_VERSION", ""],
  [
    "in the folder that adopted data is moved into, whatever the settings name",
    "other",
    "scani-data/PG_VERSION",
    "scani-data",
  ],
  [
    "in the folder that adopted data is moved into, where the settings name none",
    "",
    "scani-data/PG_VERSION",
    "scani-data",
  ],
])("without the container, as after a prune, data is found %s", async (_where, wanted, file, found) => {
  const data = "/var/lib/postgresql/data";
  const engine = new FakeEngine();
  engine.volumesThere.push({ name: "data", labels: {} });
  engine.volumeFiles.set("data", new Map([[file, "16\n"]]));
  engine.images.set("postgres:16", { id: "sha256:p", environment: [], labels: {}, digests: [] });
  const [path, expected] = [wanted, found].map((folder) => (folder === "" ? data : `${data}/${folder}`));
  const postgres = {
    container: "scani-postgres",
    volume: "data",
    path,
    image: "postgres:16",
    role: "a",
    database: "a",
  };
  const { dataPath, volumeMajor } = await readEvidence(
    engine,
    { install: "scani", volumes: ["data"], postgres },
    { stacks: stacksBeside("base"), pull: false },
  );
  expect([dataPath, volumeMajor]).toEqual([expected, "16"]);
});
