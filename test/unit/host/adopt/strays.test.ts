import { goBack } from "../../../../host/adopt/back";
import { FrontPhase } from "../../../../host/adopt/phases/front";
import { readStrays, stopStrays, strayProblem } from "../../../../host/adopt/strays";
import type { FakeContainer } from "../fakeEngine";
import { FakeAdoption, type Stage } from "./fakeAdoption";

const variables = (key: string, service = "worker", database = "postgres:5432/scani") => [
  `SERVICE_NAME=${service}`,
  "LOG_ID_PEPPER=x",
  `ENCRYPTION_KEY=${key}`,
  `DATABASE_URL=postgres://scani:x@${database}`,
];

/** Returns an adoption whose containers have the variables of Scani's services; compose's worker has these changes. */
function adopted(stage: Stage, changes: Partial<FakeContainer> = {}, database?: string): FakeAdoption {
  const adoption = new FakeAdoption(stage, database !== undefined);
  const { engine } = adoption.install;
  Object.assign(adoption.container("scani-r1-worker"), { environment: variables("ours", "worker", database) });
  for (const [name, service] of [
    ["home-worker", "worker"],
    ["home-api", "api"],
    ["home-provider", "data-provider"],
  ])
    Object.assign(adoption.container(name), { environment: variables("ours", service, database) });
  engine.images.set("sha256:page", { id: "sha256:page", environment: ["API_UPSTREAM=x"], labels: {}, digests: [] });
  Object.assign(adoption.container("home-page"), { imageId: "sha256:page" });
  Object.assign(adoption.container("home-worker"), changes);
  return adoption;
}

const beside = (changes: Partial<FakeContainer> = {}) => adopted("beside", changes);

const namesOf = async ({ install }: FakeAdoption) =>
  (await readStrays(install.engine, "scani")).map(({ name }) => name).sort();

test.each<[string, Partial<FakeContainer>, string[]]>([
  ["that runs", { state: "running" }, ["home-worker"]],
  ["that is paused", { state: "paused" }, ["home-worker"]],
  ["that is started over and over", { state: "restarting" }, ["home-worker"]],
  ["that is stopped", { state: "exited" }, []],
])("a worker of compose's %s", async (_what, changes, found) => {
  expect(await namesOf(beside(changes))).toEqual(found);
});

test("while this module has no worker compose's is the one that is needed", async () => {
  const adoption = beside({ state: "running" });
  adoption.container("scani-r1-worker").state = "exited";
  expect(await namesOf(adoption)).toEqual([]);
});

/** Adds a copy of the worker, in a compose project of its own. */
function copied(adoption: FakeAdoption, environment: string[]): void {
  const { engine } = adoption.install;
  const labels = { "com.docker.compose.project": "staging" };
  engine.add({ name: "staging-worker", labels, state: "running", environment });
  engine.add({ name: "staging-postgres", labels, state: "running", volumes: ["staging_postgres-data"] });
}

test("a copy with the same key and a database of its own is none", async () => {
  const bundled = adopted("taken over", { state: "running" });
  copied(bundled, variables("ours"));
  expect(await namesOf(bundled)).toEqual(["home-worker"]);
  const managed = adopted("taken over", { state: "running" }, "db.example.com/scani");
  copied(managed, variables("ours", "worker", "db.example.com/staging"));
  expect(await namesOf(managed)).toEqual(["home-worker"]);
  const other = adopted("taken over");
  Object.assign(other.container("home-worker"), { state: "running" });
  for (const name of ["home-worker", "home-api", "home-provider"])
    Object.assign(other.container(name), { environment: variables("another's") });
  expect(await namesOf(other)).toEqual([]);
});

test.each([undefined, "db.example.com:5432/scani"])(
  "once its place is taken, all that compose has started again is in the way; managed database: %s",
  async (database) => {
    const adoption = adopted("taken over", {}, database);
    for (const name of ["home-page", "home-api", "home-provider", "home-worker", "home-minio"])
      adoption.container(name).state = "running";
    const all = ["home-api", "home-page", "home-provider", "home-worker"];
    expect(await namesOf(adoption)).toEqual(all);
    // Settling removes the container of compose's Postgres, but not its volume.
    const { engine } = adoption.install;
    if (database === undefined) await engine.remove("home-postgres");
    const [volume] = engine.volumesThere.filter(({ name }) => name === "home_postgres-data");
    volume.labels = { "com.docker.compose.project": "home" };
    expect(await namesOf(adoption)).toEqual(all);
    await stopStrays(await adoption.run());
    expect(await namesOf(adoption)).toEqual([]);
    expect(adoption.container("home-page").restartPolicy).toBe("no");
  },
);

test("compose's worker is one too once compose has recreated its Postgres, which is off base's network then", async () => {
  const adoption = await beside({ state: "running" }).begun();
  Object.assign(adoption.container("home-postgres"), { networks: ["home_default"] });
  expect(await namesOf(adoption)).toEqual(["home-worker"]);
});

test("with a managed database the page and api are where they belong until all is settled", async () => {
  const adoption = await adopted("beside", { state: "running" }, "db.example.com/scani").begun();
  expect(await namesOf(adoption)).toEqual(["home-worker"]);
});

test("with a managed database they are in the way from the takeover on, before all is settled too", async () => {
  const adoption = await adopted("taken over", {}, "db.example.com/scani").begun();
  for (const name of ["home-page", "home-api", "home-provider"]) adoption.container(name).state = "running";
  expect(await namesOf(adoption)).toEqual(["home-api", "home-page", "home-provider"]);
});

test("by a record that cannot be read they may be where they belong, and only the worker is named", async () => {
  const adoption = await adopted("taken over", { state: "running" }, "db.example.com/scani").begun();
  adoption.container("home-api").state = "running";
  adoption.install.engine.volumeFiles.get("scani-adoption")?.set("adoption.json", "{");
  expect(await namesOf(adoption)).toEqual(["home-worker"]);
});

test("it is stopped for good, and said", async () => {
  const adoption = beside({ state: "running", restartPolicy: "unless-stopped" });
  expect(await stopStrays(await adoption.run())).toBe(true);
  expect(adoption.container("home-worker")).toMatchObject({ state: "exited", restartPolicy: "no" });
  expect(adoption.printed.join("\n")).toContain("stop home-worker, which compose has started again");
  expect(await stopStrays(await adoption.run())).toBe(false);
});

test("what is wrong while they run is one problem", () => {
  expect(strayProblem([])).toBeUndefined();
  expect(strayProblem([{ name: "home-worker-1", service: "worker" }])).toEqual({
    what: "Compose's home-worker-1 runs beside this install.",
    why: "A job its worker takes may lack its file, or be done as another version does it.",
    type: "docker stop home-worker-1",
  });
  expect(
    strayProblem([
      { name: "home-page-1", service: "frontend-app" },
      { name: "home-api-1", service: "api" },
    ]),
  ).toEqual({
    what: "Compose's home-page-1, home-api-1 run beside this install.",
    why: "Requests that a proxy sends them by name may fail, or be answered as another version does it.",
    type: "docker stop home-page-1 home-api-1",
  });
});

test.each<FakeContainer["state"]>(["running", "paused", "restarting"])(
  "the front is not done while it is %s",
  async (state) => {
    expect(await new FrontPhase().done(await beside().run())).toBe(true);
    expect(await new FrontPhase().done(await beside({ state }).run())).toBe(false);
  },
);

test("on the way back it takes no job before the files are there", async () => {
  const adoption = beside({ state: "running" });
  adoption.ours.set("new.csv", "1");
  await goBack(await adoption.run());
  expect(adoption.theirs.has("new.csv")).toBe(true);
  const { calls } = adoption.install.engine;
  const [stopped, started] = ["stop home-worker", "start home-worker"].map((call) => calls.indexOf(call));
  expect(calls.slice(0, stopped)).not.toContain("stop scani-r1-worker");
  expect(calls.slice(started)).not.toContain("start home-minio");
  expect(adoption.container("home-worker").state).toBe("running");
});
