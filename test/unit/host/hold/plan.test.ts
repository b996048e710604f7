import type { ContainerSummary } from "../../../../host/engine/engine";
import { planHold, replacedServices } from "../../../../host/hold/plan";
import type { Facts, ReleaseContainer } from "../../../../host/install/facts";
import { label } from "../../../../host/install/names/labels";
import type { HoldInputs } from "../../../../host/install/resources";
import { servicesFor } from "../gateway/listing";

const wanted: HoldInputs = {
  install: "scani",
  contents: { postgres: "p1", redis: "r1", storage: "s1", mail: "m1" },
  subnets: { "scani-data": "10.213.7.0/25" },
};

const member = (service: ReleaseContainer["service"], state: ReleaseContainer["state"] = "running") =>
  ({
    id: `id-${service}`,
    name: `one-${service}`,
    service,
    tier: "tier1",
    release: "one",
    state,
    title: `tier1 ${service}`,
  }) as const;

const facts: Facts = {
  gateway: { name: "scani-gateway", state: "running" },
  services: [
    ...servicesFor({ api: "one-api", ws: "one-api", auth: "one-frontend-app", app: "one-frontend-app" }),
    { name: "storage", host: "*", path: "/job-uploads", target: "scani-storage:9000", state: "running" },
  ],
  routes: { api: "one-api", ws: "one-api", auth: "one-frontend-app", app: "one-frontend-app" },
  paused: [],
  unanswered: {},
  nameless: [],
  containers: [member("api"), member("worker"), member("frontend-app")],
  journal: [],
};

const own = (contents: Readonly<Record<string, string>>) => ({
  containers: Object.entries(contents).map(
    ([service, digest]) =>
      ({
        name: `scani-${service}`,
        labels: { [label.install]: "scani", [label.service]: service, [label.contents]: digest },
      }) as unknown as ContainerSummary,
  ),
  networks: [{ id: "d", name: "scani-data", labels: {}, subnets: ["10.213.7.0/25"], dynamic: [], created: "" }],
});

test("nothing waits where nothing changes", () => {
  expect(planHold(facts, own(wanted.contents), wanted)).toBeUndefined();
});

test.each([
  ["postgres", ["api", "ws", "auth"], 1],
  ["redis", ["api", "ws", "auth"], 1],
  ["storage", ["api", "ws", "auth", "storage"], 1],
  ["mail", ["api", "ws", "auth"], 0],
])("for %s those wait that need it", (service, routes, workers) => {
  const plan = planHold(facts, own({ ...wanted.contents, [service]: "other" }), wanted);
  expect(plan).toMatchObject({ services: [service], moved: [], routes });
  expect(plan?.workers).toHaveLength(workers);
});

test("a gateway that an earlier version routed has no route of uploads, which then cannot wait", () => {
  const routed = { api: "one-api", app: "one-frontend-app" };
  const earlier = { ...facts, services: servicesFor(routed), routes: routed };
  expect(planHold(earlier, own({}), wanted)).toMatchObject({
    services: ["postgres", "redis", "storage", "mail"],
    routes: ["api"],
  });
});

test("a service that is not there, or that an earlier version made, is made anew", () => {
  const { redis = "", storage = "", mail = "" } = wanted.contents;
  expect(planHold(facts, own({ redis, storage, mail }), wanted)?.services).toEqual(["postgres"]);
  const earlier = {
    containers: [
      { name: "scani-redis", labels: { [label.install]: "scani", [label.service]: "redis" } },
    ] as unknown as ContainerSummary[],
    networks: [],
  };
  expect(replacedServices(earlier, wanted)).toEqual(["postgres", "redis", "storage", "mail"]);
});

test("somebody's own container with a service's labels is not the service", () => {
  const [postgres, ...others] = own(wanted.contents).containers as [ContainerSummary, ...ContainerSummary[]];
  const containers = [{ ...postgres, name: "pg-debug" }, ...others];
  expect(replacedServices({ containers, networks: [] }, wanted)).toEqual(["postgres"]);
});

test("while a network moves everything waits, since what is on it is restarted", () => {
  const base = own(wanted.contents);
  const before = { ...base, networks: [{ ...base.networks[0], subnets: ["172.18.0.0/16"] }] };
  expect(planHold(facts, before, wanted)).toMatchObject({
    services: [],
    moved: ["scani-data"],
    routes: ["api", "ws", "auth", "app", "storage"],
    workers: [{ service: "worker" }],
  });
  // A missing network is no move, since no container is on it.
  expect(planHold(facts, { ...base, networks: [] }, wanted)).toBeUndefined();
});

test("where nothing serves, or the gateway lets nobody in, no request waits, and a worker that runs is stopped", () => {
  const changed = own({});
  const workers = [{ service: "worker", isAlone: false }];
  expect(planHold({ ...facts, routes: {} }, changed, wanted)).toMatchObject({ routes: [], workers });
  expect(planHold({ ...facts, containers: [member("api", "exited")] }, changed, wanted)).toBeUndefined();
  const gateway = { ...facts.gateway, silent: "it does not answer" };
  expect(planHold({ ...facts, gateway: { ...gateway, state: "exited" } }, changed, wanted)).toMatchObject({
    services: ["postgres", "redis", "storage", "mail"],
    routes: [],
    workers,
  });
  const alone = { ...facts, containers: [member("api", "exited"), member("worker")] };
  expect(planHold(alone, changed, wanted)).toMatchObject({ routes: [], workers: [{ isAlone: true }] });
  // If no worker needs the replaced service, nothing has to be held.
  expect(planHold(alone, own({ ...wanted.contents, mail: "other" }), wanted)).toBeUndefined();
  // Without a gateway there is no place to record the hold.
  expect(planHold({ ...facts, gateway: { ...gateway, state: undefined } }, changed, wanted)).toBeUndefined();
});

test("a gateway that runs and does not answer yet leads where it has written down", () => {
  const gateway = { ...facts.gateway, silent: "it does not answer" };
  expect(planHold({ ...facts, gateway, services: [] }, own({}), wanted)?.routes).toEqual(["api", "ws", "auth"]);
});

test("only a worker that runs is stopped, and none where it is somebody else's database", () => {
  const stopped = { ...facts, containers: [member("api"), member("worker", "paused")] };
  expect(planHold(stopped, own({}), wanted)?.workers).toEqual([]);
});
