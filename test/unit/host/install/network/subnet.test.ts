import fc from "fast-check";
import { EngineError, type ContainerOrder } from "../../../../../host/engine/engine";
import { addressesIn } from "../../../../../host/install/network/addresses";
import {
  freeSubnet,
  parseRoutes,
  subnetInUse,
  subnetOf,
  type SubnetOrder,
} from "../../../../../host/install/network/subnet";
import { isWithin, overlap, parseBlock, renderBlock, type Block } from "../../../../../util/ipv4";
import { FakeEngine, type FakeAnswer } from "../../fakeEngine";

const block = (text: string): Block => parseBlock(text) as Block;

/** Routes of a host with a VPN. */
const routes = [
  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
  "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
  "tun0\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
  "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
  "br-0123456789ab\t0007610A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
].join("\n");

const order: SubnetOrder = { install: "scani", stack: "base", image: "gateway:1", labels: {} };

function engineWith(networks: FakeEngine["networksThere"], hostRoutes?: string): FakeEngine {
  const engine = new FakeEngine((): FakeAnswer => ({}));
  engine.networksThere.push(...networks);
  if (hostRoutes !== undefined) {
    engine.images.set("gateway:1", { id: "sha256:1", environment: [], labels: {}, digests: [] });
    const create = engine.create.bind(engine);
    engine.create = async (wanted) => {
      const id = await create(wanted);
      const reader = engine.find(id);
      if (reader !== undefined) Object.assign(reader, { atStart: hostRoutes.split("\n"), endsWith: 0 });
      return id;
    };
  }
  return engine;
}

/** Returns the install's data network in a subnet, as declared. */
function dataNetwork(subnet: string): FakeEngine["networksThere"][number] {
  const { data } = addressesIn(block(subnet));
  return {
    id: "d",
    name: "scani-data",
    labels: { "scani.install": "scani" },
    subnets: [data.subnet],
    dynamic: [data.dynamic],
  };
}

test("each service has an address of its own, which Docker gives to nobody else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 8, max: 24 }), (second, prefix) => {
      const subnet = { first: 10 * 2 ** 24 + second * 2 ** 16, prefix: Math.max(prefix, 16) };
      const { data, mail } = addressesIn(subnet);
      expect(overlap(block(data.subnet), block(mail.subnet))).toBe(false);
      for (const network of [data, mail]) {
        expect(isWithin(block(network.subnet), subnet)).toBe(true);
        expect(isWithin(block(network.dynamic), block(network.subnet))).toBe(true);
        const fixed = [network.gateway, ...Object.values(network.fixed)];
        expect(new Set(fixed).size).toBe(fixed.length);
        for (const address of fixed) {
          expect(isWithin(block(`${address}/32`), block(network.subnet))).toBe(true);
          expect(overlap(block(`${address}/32`), block(network.dynamic))).toBe(false);
        }
      }
    }),
  );
  expect(addressesIn(block("10.213.7.0/24")).data.fixed).toEqual({
    postgres: "10.213.7.10",
    redis: "10.213.7.11",
    storage: "10.213.7.12",
  });
});

test("a free subnet overlaps nothing that is taken, and follows from the install's name", () => {
  const free = freeSubnet("scani", []);
  expect(free).toEqual(freeSubnet("scani", []));
  expect(renderBlock(free)).toMatch(/^10\.213\.\d+\.0\/24$/);
  expect(free).not.toEqual(freeSubnet("another", []));
  const beside = freeSubnet("scani", [{ block: free, by: "another" }]);
  expect(overlap(free, beside)).toBe(false);
  // Test with a VPN that has all of 10.0.0.0/8.
  expect(renderBlock(freeSubnet("scani", [{ block: block("10.0.0.0/8"), by: "tun0" }]))).toMatch(/^172\.31\./);
  const all = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map((text) => ({ block: block(text), by: "x" }));
  expect(() => freeSubnet("scani", all)).toThrow(/No free subnet is left.*\n.*Set SCANI_SUBNET/);
});

test("routes of the host are read, without the default one and Docker's own", () => {
  expect(parseRoutes(routes)).toEqual([{ block: block("10.213.0.0/16"), by: "a route of the engine's host (tun0)" }]);
  expect(parseRoutes("cat: not found")).toEqual([]);
});

/** Returns the subnet an install gets. */
async function ownOf(engine: FakeEngine, wanted: SubnetOrder): Promise<Block> {
  const choice = await subnetOf(engine, wanted);
  if (!("own" in choice)) throw new Error("it stays where Docker gives out the addresses");
  return choice.own;
}

test("an install of before stays where Docker gives out the addresses until a subnet is named, and one is offered", async () => {
  const before = { ...dataNetwork("10.213.9.0/24"), subnets: ["172.20.0.0/16"], dynamic: [] };
  const choice = await subnetOf(engineWith([before], routes), order);
  expect("free" in choice && renderBlock(choice.free)).toMatch(/^10\.213\.\d+\.0\/24$/);
  const named = { ...order, named: "10.21.0.0/24" };
  expect(renderBlock(await ownOf(engineWith([before], routes), named))).toBe("10.21.0.0/24");
});

test("a new install avoids networks and routes, and leaves no container behind", async () => {
  const engine = engineWith([{ id: "n", name: "other", labels: {}, subnets: ["10.97.0.0/17"] }], routes);
  const chosen = await ownOf(engine, order);
  for (const taken of ["10.213.0.0/16", "10.97.0.0/17"]) expect(overlap(chosen, block(taken))).toBe(false);
  expect(engine.all).toEqual([]);
});

test("where the engine lets no container on its host's network, the routes are unknown and a subnet is chosen all the same", async () => {
  const engine = engineWith([{ id: "n", name: "other", labels: {}, subnets: ["10.97.0.0/17"] }], routes);
  const orders: ContainerOrder[] = [];
  engine.create = async (wanted) => {
    orders.push(wanted);
    throw new EngineError(400, "cannot share the host's network namespace when user namespaces are enabled");
  };
  expect(overlap(await ownOf(engine, order), block("10.97.0.0/17"))).toBe(false);
  expect(orders).toMatchObject([{ network: "host", hostUsers: true }]);
  engine.create = async () => {
    throw new Error("connect ECONNREFUSED");
  };
  await expect(ownOf(engine, order)).rejects.toThrow("ECONNREFUSED");
});

test("an install keeps the subnet it has, and asks the host nothing", async () => {
  const engine = engineWith([dataNetwork("10.213.9.0/24")], routes);
  expect(renderBlock(await ownOf(engine, order))).toBe("10.213.9.0/24");
  expect(renderBlock(await ownOf(engine, { ...order, named: "10.213.9.0/24", remembered: "10.1.1.0/24" }))).toBe(
    "10.213.9.0/24",
  );
  expect(engine.calls.filter((call) => call.startsWith("create"))).toEqual([]);
});

test("a remembered subnet whose network is gone is taken again, unless somebody else has it now", async () => {
  const remembered = "10.213.9.0/24";
  expect(renderBlock(await ownOf(engineWith([]), { ...order, remembered }))).toBe(remembered);
  const taken = engineWith([{ id: "n", name: "other", labels: {}, subnets: ["10.213.9.128/25"] }]);
  expect(overlap(await ownOf(taken, { ...order, remembered }), block(remembered))).toBe(false);
});

test("a named subnet that is in use is refused, with who has it and one that is free", async () => {
  const engine = engineWith([{ id: "n", name: "other", labels: {}, subnets: ["10.20.0.0/16"] }], routes);
  await expect(ownOf(engine, { ...order, named: "10.20.30.0/24" })).rejects.toThrow(
    /^SCANI_SUBNET is 10\.20\.30\.0\/24, and the Docker network other has 10\.20\.0\.0\/16\. Nothing has been touched\.\n {2}type: npm run pulumi -- config set --stack base subnet 10\.97\.\d+\.0\/24$/,
  );
  await expect(ownOf(engine, { ...order, named: "10.213.30.0/24" })).rejects.toThrow(
    "a route of the engine's host (tun0) has 10.213.0.0/16",
  );
  expect(renderBlock(await ownOf(engine, { ...order, named: "10.21.0.0/24" }))).toBe("10.21.0.0/24");
});

test.each([
  ["172.20.0.0/24", "the Docker network scani-tier1-net-1 has 172.20.0.0/16"],
  ["172.18.0.0/24", "the Docker network scani-edge has 172.18.0.0/16"],
  ["10.213.8.0/23", "the Docker network scani-data has 10.213.9.0/25"],
])("the named subnet %s is refused, since %s", async (named, why) => {
  const own = (id: string, name: string, subnet: string) => ({
    id,
    name,
    labels: { "scani.install": "scani" },
    subnets: [subnet],
  });
  const engine = engineWith([
    dataNetwork("10.213.9.0/24"),
    own("m", "scani-mail", "10.213.9.128/25"),
    own("e", "scani-edge", "172.18.0.0/16"),
    own("r", "scani-tier1-net-1", "172.20.0.0/16"),
  ]);
  await expect(ownOf(engine, { ...order, named })).rejects.toThrow(`SCANI_SUBNET is ${named}, and ${why}. Nothing`);
  expect(renderBlock(await ownOf(engine, { ...order, named: "10.213.10.0/24" }))).toBe("10.213.10.0/24");
});

test("a subnet is taken again, named or remembered, beside a network that is where it has been in it", async () => {
  const subnet = "10.213.9.0/24";
  const mail = { id: "m", name: "scani-mail", labels: { "scani.install": "scani" }, subnets: ["10.213.9.128/25"] };
  expect(renderBlock(await ownOf(engineWith([mail]), { ...order, named: subnet }))).toBe(subnet);
  expect(renderBlock(await ownOf(engineWith([mail]), { ...order, remembered: subnet }))).toBe(subnet);
});

/** Blocks of few ranges, so that they often overlap. */
const blocks = fc
  .tuple(
    fc.constantFrom(10 * 2 ** 24 + 213 * 2 ** 16, 172 * 2 ** 24 + 31 * 2 ** 16),
    fc.nat(7),
    fc.integer({ min: 22, max: 25 }),
  )
  .map(([first, n, prefix]) => ({ first: first + n * 2 ** (32 - prefix), prefix }));

test("a subnet the install moves to overlaps no network, but those of base that are where it has them", async () => {
  const names = ["scani-data", "scani-mail", "scani-edge", "scani-tier1-net-1", "other"];
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom(...names), blocks),
      fc.option(blocks, { nil: undefined }),
      fc.option(blocks, { nil: undefined }),
      async (has, named, remembered) => {
        const networks = Object.entries(has).map(([name, at]) => ({
          id: name,
          name,
          labels: { "scani.install": name === "other" ? "other" : "scani" },
          subnets: [renderBlock(at)],
          dynamic: [],
        }));
        const texts = { named: named && renderBlock(named), remembered: remembered && renderBlock(remembered) };
        const choice = await subnetOf(engineWith(networks), { ...order, ...texts }).catch((error: unknown) => {
          expect(String(error)).toMatch(/SCANI_SUBNET is .* has .*Nothing has been touched/);
          return undefined;
        });
        if (choice === undefined) return;
        const chosen = "own" in choice ? choice.own : choice.free;
        const { data, mail } = addressesIn(chosen);
        const inPlace: Record<string, string> = { "scani-data": data.subnet, "scani-mail": mail.subnet };
        for (const [name, at] of Object.entries(has))
          if (inPlace[name] !== renderBlock(at)) expect([name, overlap(at, chosen)]).toEqual([name, false]);
      },
    ),
  );
});

test("a network whose addresses Docker chose is in no subnet of ours", () => {
  const own = { id: "d", name: "scani-data", labels: {}, subnets: ["172.18.0.0/16"], dynamic: [], created: "" };
  expect(subnetInUse("scani", [own])).toBeUndefined();
  expect(subnetInUse("scani", [])).toBeUndefined();
});
