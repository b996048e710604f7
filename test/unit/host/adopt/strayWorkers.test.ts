import { goBack } from "../../../../host/adopt/back";
import { FrontPhase } from "../../../../host/adopt/phases/front";
import { readStrayWorkers, stopStrayWorkers, strayProblem } from "../../../../host/adopt/strayWorkers";
import type { FakeContainer } from "../fakeEngine";
import { FakeAdoption } from "./fakeAdoption";

const variables = (key: string, service = "worker") => [
  `SERVICE_NAME=${service}`,
  "LOG_ID_PEPPER=x",
  `ENCRYPTION_KEY=${key}`,
];

/** An adoption whose first run is over, and whose worker of compose's is in a state. */
function beside(changes: Partial<FakeContainer> = {}): FakeAdoption {
  const adoption = new FakeAdoption("beside");
  Object.assign(adoption.container("scani-r1-worker"), { environment: variables("ours") });
  Object.assign(adoption.container("home-worker"), { environment: variables("ours"), ...changes });
  return adoption;
}

test.each<[string, Partial<FakeContainer>, string[]]>([
  ["that runs", { state: "running" }, ["home-worker"]],
  ["that is paused", { state: "paused" }, ["home-worker"]],
  ["that is started over and over", { state: "restarting" }, ["home-worker"]],
  ["that is stopped", { state: "exited" }, []],
  ["of another Scani", { state: "running", environment: variables("theirs") }, []],
  ["that is its api", { state: "running", environment: variables("ours", "api") }, []],
])("a worker of compose's %s", async (_what, changes, found) => {
  expect(await readStrayWorkers(beside(changes).install.engine, "scani")).toEqual(found);
});

test("while this module has no worker compose's is the one that is needed", async () => {
  const adoption = beside({ state: "running" });
  adoption.container("scani-r1-worker").state = "exited";
  expect(await readStrayWorkers(adoption.install.engine, "scani")).toEqual([]);
});

test("it is stopped for good, and said", async () => {
  const adoption = beside({ state: "running", restartPolicy: "unless-stopped" });
  expect(await stopStrayWorkers(await adoption.run())).toBe(true);
  expect(adoption.container("home-worker")).toMatchObject({ state: "exited", restartPolicy: "no" });
  expect(adoption.printed.join("\n")).toContain("stop home-worker, which compose has started again");
  expect(await stopStrayWorkers(await adoption.run())).toBe(false);
});

test("what is wrong while it runs is one problem", () => {
  expect(strayProblem([])).toBeUndefined();
  expect(strayProblem(["home-worker-1"])).toEqual({
    what: "Compose's home-worker-1 runs, and takes jobs beside this install's own worker.",
    why: "A job one takes may lack its file, or be done as another version does it.",
    type: "docker stop home-worker-1",
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
