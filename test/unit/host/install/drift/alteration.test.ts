import { setImmediate as immediate } from "node:timers/promises";
import type { ContainerSummary, NetworkSummary } from "../../../../../host/engine/engine";
import { alterations, describeAlterations } from "../../../../../host/install/drift/alteration";
import { creationTimestamps } from "../../../../../host/install/drift/creationTimestamps";
import { readPresence } from "../../../../../host/install/presence";
import { FakeInstall } from "../../fakeInstall";
import { label } from "../../../../../host/install/names/labels";

const base = (service: string, networks: ContainerSummary["networks"], name = `scani-${service}`) =>
  ({
    id: `id-of-${name}`,
    name,
    labels: { [label.install]: "scani", [label.service]: service, [label.made]: "then" },
    networks,
    state: "running",
    created: 1,
  }) as unknown as ContainerSummary;

const api = (networks: ContainerSummary["networks"]): ContainerSummary => {
  const one = base("api", networks, "scani-tier1-api-1");
  return { ...one, labels: { ...one.labels, [label.release]: "r1", [label.tier]: "tier1" } };
};

const networks: NetworkSummary[] = [
  { id: "e", name: "scani-edge", labels: {}, subnets: [], dynamic: [], created: "" },
  { id: "d", name: "scani-data", labels: {}, subnets: ["10.1.2.0/25"], dynamic: ["10.1.2.64/26"], created: "" },
  { id: "r", name: "scani-tier1-net-1", labels: { [label.release]: "r1" }, subnets: [], dynamic: [], created: "" },
];

const said = (one: ContainerSummary, there = networks) =>
  describeAlterations(alterations({ containers: [one], networks: there, allNetworks: there }));
const ofRelease = { "scani-edge": {}, "scani-data": {}, "scani-tier1-net-1": {} };
const fixed = { "scani-data": { address: "10.1.2.11" } };

test("what is as it was declared is no alteration, nor what somebody put on one network more", () => {
  expect(said(base("redis", { ...fixed, "other-net": {} }))).toEqual([]);
  expect(said(api(ofRelease))).toEqual([]);
  // An endpoint Docker has yet to look up has no id, and `bridge` gets another whenever the engine starts.
  expect(said(api({ ...ofRelease, proxy: {}, bridge: { networkId: "before" } }))).toEqual([]);
});

test.each([
  [
    "another name",
    base("redis", fixed, "scani-redis-old"),
    "scani-redis-old was scani-redis, and renamed: it is made anew.",
  ],
  [
    "a network of the same name, since removed",
    base("redis", { "scani-data": { address: "10.1.2.11", networkId: "before" } }),
    "scani-redis was taken off the network scani-data: it is made anew.",
  ],
  ["a network less", base("redis", {}), "scani-redis was taken off the network scani-data: it is made anew."],
  [
    "another address",
    base("redis", { "scani-data": {} }),
    "scani-redis has another address than its own on the network scani-data: it is made anew.",
  ],
  [
    "the gateway's network less",
    base("gateway", {}),
    "scani-gateway was taken off the network scani-edge: it is made anew.",
  ],
  [
    "a release's own network less",
    api({ "scani-edge": {}, "scani-data": {} }),
    "scani-tier1-api-1 was taken off the network scani-tier1-net-1: it is made anew.",
  ],
  [
    "somebody's network, since removed, under the gateway",
    base("gateway", { "scani-edge": { networkId: "e" }, scani_default: { networkId: "gone" } }),
    "scani-gateway was on the network scani_default, which is gone: it is made anew.",
  ],
  [
    "somebody's network, since removed, under a release",
    api({ ...ofRelease, proxy: { networkId: "gone" } }),
    "scani-tier1-api-1 was on the network proxy, which is gone: it is made anew.",
  ],
])("%s is said, and the container gets another timestamp, by which Pulumi makes it anew", (_what, one, line) => {
  expect(said(one)).toEqual([line]);
  const presence = {
    engine: { id: "E", address: "unix:///e" },
    containers: [one],
    networks,
    allNetworks: networks,
    volumes: [],
  };
  expect(creationTimestamps(presence, new Set([one.id]))).not.toMatchObject({
    [`${one.labels[label.release] ?? ""}/${one.labels[label.service]}`]: "then",
  });
});

test("a name that the network does not know any more is said, and the container is made anew", async () => {
  const install = new FakeInstall();
  install.declare("tier1", "one");
  install.serve("one");
  expect((await readPresence(install.engine, "unix:///e", "scani")).unnamed).toEqual([]);
  Object.assign(install.container("one", "api"), { aliases: ["0a1b2c3d4e5f"] });
  const presence = await readPresence(install.engine, "unix:///e", "scani");
  const altered = alterations(presence).filter(({ container }) => label.release in container.labels);
  expect(describeAlterations(altered)).toEqual([
    "scani-one-api has lost its name api on its network: it is made anew.",
  ]);
  const made = presence.containers.map((one) => ({ ...one, labels: { ...one.labels, [label.made]: "then" } }));
  const known = new Set(made.map(({ id }) => id));
  const timestamps = creationTimestamps({ ...presence, containers: made }, known);
  expect(timestamps).toMatchObject({ "one/worker": "then" });
  expect(timestamps).not.toHaveProperty(["one/api"]);
});

test("a container that was stopped while somebody's network was removed under it never starts, and is made anew", async () => {
  const install = new FakeInstall();
  const { engine } = install;
  install.declare("tier1", "one");
  const read = async () => alterations(await readPresence(engine, "unix:///e", "scani"));
  const before = await read();
  engine.networksThere.push({ id: "p", name: "proxy", labels: {} });
  await engine.connectNetwork("proxy", "scani-one-api");
  expect(await read()).toEqual(before);
  await engine.removeNetwork("proxy");
  await expect(engine.start("scani-one-api")).rejects.toThrow("network p not found");
  const made = (await read()).filter(({ container }) => label.release in container.labels);
  expect(describeAlterations(made)).toEqual([
    "scani-one-api was on the network proxy, which is gone: it is made anew.",
  ]);
  // A worker of a swarm does not list an overlay network that only stopped containers are on.
  engine.swarmWorker = true;
  expect(await read()).toEqual(before);
});

test("a network of an operator's that appears while the install is read is not one that is gone", async () => {
  const { engine } = new FakeInstall();
  const containers = engine.containers.bind(engine);
  engine.containers = async (filter) => {
    // Whatever is read at the same time as the containers is read before it appears.
    await immediate();
    engine.networksThere.push({ id: "p", name: "proxy", labels: {} });
    await engine.connectNetwork("proxy", "scani-gateway");
    return containers(filter);
  };
  const presence = await readPresence(engine, "unix:///e", "scani");
  expect(presence.networks.map(({ name }) => name)).toEqual(["scani-edge"]);
  expect(alterations(presence).filter(({ container }) => container.name === "scani-gateway")).toEqual([]);
});

test("a network of base that is gone takes base's containers with it, and a release's get it back", () => {
  expect(said(base("redis", {}), [])).toEqual([
    "scani-redis was on the network scani-data, which is gone: it is made anew.",
  ]);
  expect(said(api({ "scani-tier1-net-1": {} }), networks.slice(2))).toEqual([]);
});

test("where Docker gives out all addresses, nobody has one of its own", () => {
  const before = networks.map((network) => ({ ...network, dynamic: [] }));
  expect(said(base("redis", { "scani-data": {} }), before)).toEqual([]);
});
