import { connectAll, isConnected } from "../../../../../host/install/network/connections";
import type { Endpoint } from "../../../../../host/engine/engine";
import { FakeEngine } from "../../fakeEngine";

const wanted = { container: "home-postgres", network: "scani-data", names: ["postgres"], address: "10.213.7.4" };

/** Returns an engine with the container, connected as given. */
async function connected(how: Endpoint | undefined): Promise<FakeEngine> {
  const engine = new FakeEngine();
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
  expect(engine.calls.slice(from)).toEqual(["inspect home-postgres"]);
});
