import { readBaseNow } from "../../../../../host/guards/base/baseNow";
import { FakeEngine } from "../../fakeEngine";

test("the variables of images base is declared with are read, of those that are on the engine", async () => {
  const engine = new FakeEngine();
  const environment = ["REDIS_VERSION=7.4.2"];
  engine.images.set("redis:7-alpine", { id: "sha256:r", environment, labels: {}, digests: [] });
  const { images } = await readBaseNow(engine, "scani", ["redis:7-alpine", "redis:8-alpine"]);
  expect(images).toEqual({ "redis:7-alpine": environment });
});
