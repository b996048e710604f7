import { refuseOtherEngine } from "../../../provider/otherEngine";
import { FakeEngine } from "../host/fakeEngine";

const engine = new FakeEngine();
const { id } = engine.add({ name: "scani-redis" });

test.each([
  ["the engine the stack is on", { engine: "FAKE", containers: { redis: "gone" } }],
  ["one that was moved with all it holds", { engine: "BEFORE", containers: { postgres: "gone", redis: id } }],
  ["one an earlier version did not remember", { containers: { redis: "gone" } }],
])("a stack may be removed from %s", (_name, placed) =>
  expect(refuseOtherEngine(engine, { install: "scani", ...placed })).resolves.toBeUndefined(),
);

test("a stack is not removed from an engine it is not on, where Pulumi would find nothing and forget it", () =>
  expect(
    refuseOtherEngine(engine, { install: "scani", engine: "HOME", containers: { redis: "gone" } }),
  ).rejects.toThrow("scani is on another engine (ID HOME) than this (ID FAKE). Nothing has been touched."));
