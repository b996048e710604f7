import { connectAll, isConnected } from "../../../../../host/install/network/connections";
import type { Endpoint } from "../../../../../host/engine/engine";
import { FakeEngine } from "../../fakeEngine";

const wanted = { container: "home-postgres", network: "scani-data", names: ["postgres"], address: "10.213.7.4" };

/** Returns an engine with the container, connected as given. */
async function connected(how: Endpoint | undefined): Promise<FakeEngine> {
  const engine = new FakeEngine();
  engine.networksThere.push({ id: "d", name: "scani-data", labels: {} });
  engine.add({ name: "home-postgres", state: "running", networks: ["home_default"] });
  if (how !== undefined) await engine.connectNetwork("scani-data", "home-postgres", how);
  return engine;
}

test.each<[string, Endpoint | undefined]>([
  ["not connected", undefined],
  ["connected by a plain docker network connect", {}],
  ["there by another name", { names: ["db"], address: "10.213.7.4" }],
  ["there at another address", { names: ["postgres"], address: "10.213.7.9" }],
])("a container that is %s is connected as it is to be", async (_what, how) => {
  const engine = await connected(how);
  expect(await isConnected(engine, wanted)).toBe(false);
  await connectAll(engine, [wanted]);
  expect(await isConnected(engine, wanted)).toBe(true);
  expect(engine.find("home-postgres")?.networks).toEqual(["home_default", "scani-data"]);
});

test.each<Endpoint>([
  { names: ["more", "postgres"], address: "10.213.7.4" },
  { names: ["postgres"], address: "10.213.7.4" },
])("one that answers there is left as it is: %j", async (how) => {
  const engine = await connected(how);
  const from = engine.calls.length;
  await connectAll(engine, [wanted]);
  expect(engine.calls.slice(from).filter((call) => call.includes("connectNetwork"))).toEqual([]);
  expect(engine.find("home-postgres")?.endpoints.get("scani-data")).toBe(how);
});

test("a stopped one whose network was removed is connected to the new one of that name, and starts again", async () => {
  const engine = await connected({ names: ["postgres"], address: "10.213.7.4" });
  await engine.stop("home-postgres");
  await engine.removeNetwork("scani-data");
  expect(await isConnected(engine, wanted)).toBe(false);
  engine.networksThere.push({ id: "new", name: "scani-data", labels: {} });
  expect(await isConnected(engine, wanted)).toBe(false);
  await connectAll(engine, [wanted]);
  expect(await isConnected(engine, wanted)).toBe(true);
  await engine.start("home-postgres");
});
