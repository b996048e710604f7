import type { ContainerState } from "../../../../host/engine/engine";
import { serving } from "../../../../host/install/live";
import { survey } from "../../../../host/install/survey";
import { FakeInstall } from "../fakeInstall";

const install = { name: "scani", gateway: "scani-gateway" };

let host: FakeInstall;
beforeEach(() => {
  host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
  host.serve("r1");
});
afterEach(() => host.close());

test("containers of releases, and where the routes lead; base's are none of it, nor another install's", async () => {
  host.engine.add({
    name: "other-api",
    labels: { "scani.install": "other", "scani.service": "api", "scani.tier": "tier1", "scani.release": "r1" },
  });
  const live = await survey(host.engine, install);
  expect(live.containers).toHaveLength(9);
  expect(
    live.containers
      .filter(({ running }) => running)
      .map(({ title }) => title)
      .sort(),
  ).toEqual(["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"]);
  expect(live.routes).toEqual({
    api: "scani-r1-api",
    ws: "scani-r1-api",
    auth: "scani-r1-frontend-app",
    app: "scani-r1-frontend-app",
  });
  expect(serving(live)).toEqual({ tier: "tier1", release: "r1" });
});

test.each<[ContainerState, boolean]>([
  ["created", false],
  ["running", true],
  ["paused", false],
  ["restarting", false],
  ["exited", false],
  ["dead", false],
  ["removing", false],
])("a container that is %s runs: %p", async (state, runs) => {
  host.container("r1", "worker").state = state;
  const live = await survey(host.engine, install);
  expect(live.containers.find(({ name }) => name === "scani-r1-worker")?.running).toBe(runs);
});

test.each<[string, () => void]>([
  [
    "is gone",
    () => {
      host.engine.all.splice(
        host.engine.all.findIndex(({ name }) => name === "scani-gateway"),
        1,
      );
    },
  ],
  [
    "is stopped",
    () => {
      (host.engine.find("scani-gateway") as { state: ContainerState }).state = "exited";
    },
  ],
])("a gateway that %s has no routes", async (_what, change) => {
  change();
  expect((await survey(host.engine, install)).routes).toEqual({});
});

// It cannot be asked, which is what is said of it; a reading of the host should say so instead of failing.
test.failing.each<ContainerState>(["paused", "restarting"])("a gateway that is %s is told of", async (state) => {
  (host.engine.find("scani-gateway") as { state: ContainerState }).state = state;
  expect(await survey(host.engine, install)).toBeDefined();
});

test("an engine that fails is no empty host", async () => {
  for (const at of [1, 2, 3]) {
    host.engine.plan({ at, kind: "throw" });
    await expect(survey(host.engine, install)).rejects.toThrow("fault at");
  }
});
