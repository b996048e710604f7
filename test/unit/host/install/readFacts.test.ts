import type { ContainerState } from "../../../../host/engine/engine";
import { perform } from "../../../../host/handover/perform";
import { plan } from "../../../../host/handover/plan";
import { isUp, routedRelease, servingOf } from "../../../../host/install/facts";
import { readFacts } from "../../../../host/install/readFacts";
import { FakeInstall } from "../fakeInstall";

const install = { name: "scani", gateway: "scani-gateway" };

let host: FakeInstall;
beforeEach(() => {
  host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
  host.serve("r1");
});

test("containers of releases, and where the routes lead; base's are none of it, nor another install's", async () => {
  host.engine.add({
    name: "other-api",
    labels: { "scani.install": "other", "scani.service": "api", "scani.tier": "tier1", "scani.release": "r1" },
  });
  const live = await readFacts(host.engine, install);
  expect(live.containers).toHaveLength(9);
  expect(
    live.containers
      .filter(isUp)
      .map(({ title }) => title)
      .sort(),
  ).toEqual(["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"]);
  expect(live.routes).toEqual({
    api: "scani-r1-api",
    ws: "scani-r1-api",
    auth: "scani-r1-frontend-app",
    app: "scani-r1-frontend-app",
  });
  expect(routedRelease(live)).toEqual({ tier: "tier1", release: "r1" });
});

test.each<[ContainerState, boolean]>([
  ["created", false],
  ["running", true],
  ["paused", true],
  ["restarting", true],
  ["exited", false],
  ["dead", false],
  ["removing", false],
])("a container that is %s is told as it is; it works or may go on working: %p", async (state, up) => {
  host.container("r1", "worker").state = state;
  const worker = (await readFacts(host.engine, install)).containers.find(({ name }) => name === "scani-r1-worker");
  expect(worker?.state).toBe(state);
  expect(worker !== undefined && isUp(worker)).toBe(up);
});

test("a gateway that is gone has no routes", async () => {
  host.engine.all.splice(
    host.engine.all.findIndex(({ name }) => name === "scani-gateway"),
    1,
  );
  const facts = await readFacts(host.engine, install);
  expect(facts).toMatchObject({ gateway: { state: undefined }, routes: {} });
  expect(servingOf(facts).is).toBe("gateway down");
});

test.each<ContainerState>(["created", "paused", "restarting", "exited", "dead"])(
  "a gateway that is %s: its routes are those it has written down",
  async (state) => {
    const before = (await readFacts(host.engine, install)).routes;
    (host.engine.find("scani-gateway") as { state: ContainerState }).state = state;
    const facts = await readFacts(host.engine, install);
    expect(facts).toMatchObject({ gateway: { state, silent: `the gateway is ${state}` }, routes: before });
    expect(servingOf(facts)).toMatchObject({ is: "gateway down", release: { tier: "tier1", release: "r1" } });
  },
);

test("a gateway that stops while it is asked is said to be what it is by then", async () => {
  const silent = async () => (await readFacts(host.engine, install)).gateway.silent;
  host.first = (asked, command) => {
    if (asked.name !== "scani-gateway" || !command.join(" ").includes("kamal-proxy list ||")) return undefined;
    host.engine.ends(asked, 137);
    throw new Error("cut");
  };
  expect(await silent()).toBe("the gateway is exited: cut");
});

test("an api that does not run does not answer through the gateway", async () => {
  host.container("r1", "api").state = "exited";
  expect((await readFacts(host.engine, install)).unanswered).toEqual({ api: "HTTP 502" });
});

test("where sign-in calls fail, nothing is said to serve, and the page's server is restarted", async () => {
  host.lost.auth = "502";
  const facts = await readFacts(host.engine, install);
  expect(servingOf(facts)).toMatchObject({ is: "routed but down", why: "auth through the gateway: HTTP 502" });
  expect(plan(facts, host.order("tier1", "r1").wanted).map(({ id }) => id)).toEqual(["restart", "verify"]);
});

test("a release that Docker would not start again after a reboot is said, and gets its policy back without a stop", async () => {
  host.container("r1", "api").restartPolicy = "no";
  host.container("r1", "migrate").restartPolicy = "always";
  const facts = await readFacts(host.engine, install);
  expect(servingOf(facts)).toMatchObject({
    is: "serving",
    shortcomings: [{ what: "tier1 api does not start again after a reboot", of: "release" }],
  });
  const { wanted } = host.order("tier1", "r1");
  expect(
    plan(facts, wanted).map((step) =>
      step.describe({ created: [], wanted: { tier: "tier1", release: "one" }, soak: 5 }),
    ),
  ).toEqual(["give the declared restart policy back to api, migrate"]);
  host.engine.calls.length = 0;
  await perform(host.engine, host.order("tier1", "r1"), () => undefined, new AbortController().signal);
  expect(host.engine.calls.filter((call) => /^(stop|start|setRestartPolicy) /.test(call)).toSorted()).toEqual([
    "setRestartPolicy scani-r1-api unless-stopped",
    "setRestartPolicy scani-r1-migrate no",
  ]);
  expect(plan(await readFacts(host.engine, install), wanted)).toEqual([]);
});

test.each(["no", "on-failure:3"])(
  "a service of base that Docker would not start again after a reboot is said (%s), a copy of one is not",
  async (policy) => {
    host.engine.find("scani-postgres")!.restartPolicy = policy;
    host.engine.find("scani-gateway")!.restartPolicy = "always";
    host.engine.add({ name: "copy", labels: host.engine.find("scani-postgres")?.labels, restartPolicy: "no" });
    const facts = await readFacts(host.engine, install);
    expect(servingOf(facts)).toMatchObject({
      is: "serving",
      shortcomings: [{ what: "scani-postgres does not start again after a reboot", of: "base" }],
    });
    expect(plan(facts, host.order("tier1", "r1").wanted)).toEqual([]);
  },
);

test("an engine that fails is no empty host", async () => {
  for (const at of [1, 2, 3]) {
    host.engine.plan({ at, kind: "throw" });
    await expect(readFacts(host.engine, install)).rejects.toThrow("fault at");
  }
});

test("an S3 server of somebody else's under the name base's would have takes no uploads of the page's", async () => {
  host.addStorage();
  expect((await readFacts(host.engine, install)).uploads).toMatchObject({ state: "running", bucket: "job-uploads" });
  const storage = host.engine.find("scani-storage");
  Object.assign(storage ?? {}, { labels: { "scani.install": "scani", "scani.service": "outside" } });
  host.loseUploads();
  expect((await readFacts(host.engine, install)).uploads).toBeUndefined();
});
