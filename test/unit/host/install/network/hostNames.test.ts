import type { ContainerState, ContainerSummary } from "../../../../../host/engine/engine";
import { readNameless, renewNames } from "../../../../../host/install/network/hostNames";
import { FakeInstall } from "../../fakeInstall";

let host: FakeInstall;
const all = () => host.engine.containers({ all: true });
const nameless = async () => readNameless(host.engine, await all());

beforeEach(() => {
  host = new FakeInstall();
  host.addStorage();
  const labels = { "scani.install": "scani", "scani.service": "mail" };
  host.engine.add({ name: "scani-mail", networks: ["scani-mail"], labels, state: "running" });
  host.declare("tier1", "r1");
  host.container("r1", "data-provider").networks.push("scani-mail");
  host.nameless.add("scani-storage").add("scani-mail").add("scani-r1-data-provider");
});

test("what the engine's DNS has lost is told by the data-provider, which looks all of it up", async () => {
  host.serve("r1");
  expect(await nameless()).toEqual(["scani-storage", "scani-mail", "scani-r1-data-provider"]);
  host.nameless.clear();
  expect(await nameless()).toEqual([]);
});

test("what a release's routes lead to is looked up by the gateway", async () => {
  host.serve("r1");
  host.nameless.clear();
  host.nameless.add("scani-r1-frontend-app").add("scani-r1-worker");
  expect(await nameless()).toEqual(["scani-r1-frontend-app"]);
  host.container("r1", "frontend-app").state = "exited";
  expect(await nameless()).toEqual([]);
});

test("without a data-provider that runs, a service tells of those on its network; the mail server is nobody's then", async () => {
  expect(await nameless()).toEqual(["scani-storage"]);
});

test("what does not run has no name to lose, and where nothing runs nobody is asked", async () => {
  Object.assign(host.engine.find("scani-storage") ?? {}, { state: "exited" satisfies ContainerState });
  expect(await nameless()).toEqual([]);
  const listed = (await all()).map((one): ContainerSummary => ({ ...one, state: "exited" }));
  host.engine.calls.length = 0;
  expect(await readNameless(host.engine, listed)).toEqual([]);
  expect(host.engine.calls).toEqual([]);
});

test("one that stops as it is asked says nothing; an engine that fails does", async () => {
  const listed = await all();
  Object.assign(host.engine.find("scani-postgres") ?? {}, { state: "exited" satisfies ContainerState });
  expect(await readNameless(host.engine, listed)).toEqual([]);
  const running = await all();
  host.engine.plan({ at: 1, kind: "throw" });
  await expect(readNameless(host.engine, running)).rejects.toThrow("fault at");
});

test("names are learnt again as services join their networks, under the name and the address they had", async () => {
  const listed = (await all()).filter(({ name }) => name === "scani-storage");
  const joined = jest.spyOn(host.engine, "connectNetwork");
  await renewNames(
    host.engine,
    listed.map((one) => ({ ...one, networks: { "scani-data": { address: "10.213.7.12" }, "scani-edge": {} } })),
  );
  const { id } = listed[0] ?? {};
  expect(joined.mock.calls).toEqual([
    ["scani-data", id, { names: ["storage"], address: "10.213.7.12" }],
    ["scani-edge", id, { names: [], address: undefined }],
  ]);
  expect(await nameless()).toEqual([]);
  expect(host.engine.find("scani-storage")?.networks.toSorted()).toEqual(["scani-data", "scani-edge"]);
});
