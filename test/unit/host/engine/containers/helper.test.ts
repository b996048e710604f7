import { startHelper } from "../../../../../host/engine/containers/helper";
import { withUnstarted } from "../../../../../host/engine/containers/unstarted";
import { FakeEngine } from "../../fakeEngine";

let engine: FakeEngine;
beforeEach(() => {
  engine = new FakeEngine();
  engine.images.set("tools:1", { id: "sha256:1", environment: [], labels: {}, digests: [] });
});

const order = { image: "tools:1", labels: {} };
const start = () => startHelper(engine, order, ["one", "two", "three"]);
const refuseRemoval = () => jest.spyOn(engine, "remove").mockRejectedValue(new Error("the engine is busy"));

test("a helper runs on all of its networks", async () => {
  await start();
  expect(engine.all).toMatchObject([{ state: "running", networks: ["one", "two", "three"] }]);
});

test.each([2, 3, 4])("one that the engine does not start (call %i) leaves nothing behind", async (at) => {
  engine.plan({ at, kind: "throw" });
  await expect(start()).rejects.toThrow(/fault at (connectNetwork|start)/);
  expect(engine.all).toEqual([]);
});

test("what kept it from starting is said, also where it is not removed either", async () => {
  refuseRemoval();
  engine.plan({ at: 4, kind: "throw" });
  await expect(start()).rejects.toThrow("fault at start");
});

test("what was read comes out, and so does its failure, though the container it was read from is not removed", async () => {
  const removal = refuseRemoval();
  expect(await withUnstarted(engine, order, async () => "read")).toBe("read");
  const failing = withUnstarted(engine, order, async () => {
    throw new Error("unreadable");
  });
  await expect(failing).rejects.toThrow("unreadable");
  expect(removal).toHaveBeenCalledTimes(2);
});

test("what is read through a container that another command removes meanwhile does not count as not there", async () => {
  const reading = withUnstarted(engine, order, async (reader) => {
    await engine.remove(reader);
    return engine.readFile(reader, "/data/PG_VERSION");
  });
  await expect(reading).rejects.toThrow(/was removed meanwhile: [^]*Type the same again/);
});

test("nor does what its work concludes from that", async () => {
  const reading = withUnstarted(engine, order, async (reader) => {
    await engine.remove(reader);
    if ((await engine.readFile(reader, "/record")) === undefined) throw new Error("The record is missing: remove it");
  });
  await expect(reading).rejects.toThrow(/was removed meanwhile: (?![^]*remove it)/);
  await expect(reading).rejects.toMatchObject({ cause: { message: "The record is missing: remove it" } });
});
