import type { ContainerSummary, NetworkSummary } from "../../../../../host/engine/engine";
import { label } from "../../../../../host/install/names/labels";
import { readRouted } from "../../../../../host/install/readFacts";
import {
  orphansOf,
  readNamesakes,
  releaseStrays,
  unknownContainers,
  unknownNetworks,
} from "../../../../../host/install/drift/unknown";
import { FakeEngine } from "../../fakeEngine";
import { FakeInstall } from "../../fakeInstall";

const labelled = (name: string, labels: Record<string, string>, id = `id-of-${name}`) =>
  ({ id, name, labels: { [label.install]: "scani", ...labels } }) as unknown as ContainerSummary;

const redis = { [label.service]: "redis" };

describe("containers with base's labels", () => {
  const names = (containers: ContainerSummary[], ...known: string[]) => {
    const { copies, strays } = unknownContainers({ containers }, new Set(known));
    return { copies: copies.map(({ name }) => name), strays: strays.map(({ name }) => name) };
  };

  test("that Pulumi holds are its own, also when somebody has renamed them", () => {
    const containers = [labelled("scani-redis", redis), labelled("old", { [label.service]: "mail" })];
    expect(names(containers, "id-of-scani-redis", "id-of-old")).toEqual({ copies: [], strays: [] });
  });

  test("that have a name of base's and another id are copies, or a killed run's", () =>
    expect(names([labelled("scani-redis", redis, "another")], "id-of-scani-redis")).toEqual({
      copies: ["scani-redis"],
      strays: [],
    }));

  test("that have another name are somebody's own", () =>
    expect(names([labelled("scani-redis", redis), labelled("debug", redis)], "id-of-scani-redis")).toEqual({
      copies: [],
      strays: ["debug"],
    }));

  test("and of no service of base are somebody's who marks what is beside the install", () =>
    expect(names([labelled("scani-metrics", { [label.service]: "metrics" })])).toEqual({ copies: [], strays: [] }));

  test("and a release's are left to its own stack", () =>
    expect(names([labelled("scani-tier1-api-1", { [label.service]: "api", [label.release]: "r1" })])).toEqual({
      copies: [],
      strays: [],
    }));
});

test("whatever has a name of base's is read, with who is on its networks, and nothing else", async () => {
  const engine = new FakeEngine();
  engine.networksThere.push({ id: "d", name: "scani-data", labels: {} }, { id: "o", name: "other", labels: {} });
  engine.add({ name: "scani-redis", state: "running" });
  engine.add({ name: "other" });
  const list = engine.containers.bind(engine);
  engine.containers = async (filter) =>
    (await list(filter)).map((one) => ({ ...one, networks: { "scani-data": { networkId: "d" } } }));
  const { containers, networks } = await readNamesakes(engine, "scani");
  expect(containers.map(({ name }) => name)).toEqual(["scani-redis"]);
  expect(networks.map(({ network, users }) => [network.name, users])).toEqual([["scani-data", ["scani-redis"]]]);
});

test("a network of the install's that Pulumi does not hold is told from its own and from somebody else's", () => {
  const network = (id: string, labels: Record<string, string>): { network: NetworkSummary; users: string[] } => ({
    network: { id, name: "scani-data", labels, subnets: [], dynamic: [], created: "" },
    users: [],
  });
  const own = { [label.install]: "scani" };
  const networks = [network("a", own), network("b", own), network("c", {})];
  expect(unknownNetworks({ containers: [], networks }, "scani", new Set(["a"])).map((one) => one.network.id)).toEqual([
    "b",
  ]);
});

describe("a tier's containers that Pulumi does not hold", () => {
  const orphans = async (install: FakeInstall) => {
    const routed = await readRouted(install.engine, { name: "scani", gateway: "scani-gateway" });
    return orphansOf(routed, "tier1", new Set(["id-of-scani-one-api"])).map(({ name }) => name);
  };

  test("are orphans where nothing of their release is routed or up", async () => {
    const install = new FakeInstall();
    install.declare("tier1", "one");
    install.nameAsPulumi("one");
    install.declare("tier2", "two");
    install.serve("two");
    expect(await orphans(install)).toEqual([
      "scani-tier1-frontend-app-0a1b2c3",
      "scani-tier1-worker-0a1b2c3",
      "scani-tier1-data-provider-0a1b2c3",
      "scani-tier1-migrate-0a1b2c3",
    ]);
  });

  test("are none of a name that Pulumi gives nobody: those are somebody's own, and named", async () => {
    const install = new FakeInstall();
    install.declare("tier1", "one");
    const { labels } = install.container("one", "worker");
    install.nameAsPulumi("one");
    install.engine.add({ name: "my-copy", labels });
    expect(await orphans(install)).not.toContain("my-copy");
    const containers = await install.engine.containers({ all: true });
    const strays = (known: string[]) => releaseStrays({ containers }, "tier1", new Set(known)).map(({ name }) => name);
    expect(strays([])).toEqual(["my-copy"]);
    // The renamed container is Pulumi's own.
    expect(strays(containers.filter(({ name }) => name === "my-copy").map(({ id }) => id))).toEqual([]);
  });

  test("are none where their release serves, or was only stopped", async () => {
    const install = new FakeInstall();
    install.declare("tier1", "one");
    install.serve("one");
    install.nameAsPulumi("one");
    expect(await orphans(install)).toEqual([]);
    for (const one of install.engine.all) one.state = "exited";
    expect(await orphans(install)).toEqual([]);
  });

  test("are orphans beside Pulumi's own of the same release, where they are neither routed nor up", async () => {
    const install = new FakeInstall();
    install.declare("tier1", "one");
    install.serve("one");
    const { labels } = install.container("one", "api");
    install.nameAsPulumi("one");
    install.engine.add({ name: "scani-tier1-api-9f8e7d6", state: "exited", labels });
    expect(await orphans(install)).toEqual(["scani-tier1-api-9f8e7d6"]);
    Object.assign(install.engine.find("scani-tier1-api-9f8e7d6") ?? {}, { state: "running" });
    expect(await orphans(install)).toEqual([]);
  });

  test("are none while anything of their release is up, routed or not", async () => {
    const install = new FakeInstall();
    install.declare("tier1", "one");
    install.container("one", "worker").state = "paused";
    install.nameAsPulumi("one");
    expect(await orphans(install)).toEqual([]);
  });
});
