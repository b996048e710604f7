import { readRecord } from "../../../../host/adopt/record";
import { whereIsData } from "../../../../host/adopt/postgres/moveData";
import { readEvidence } from "../../../../host/guards/data/readEvidence";
import { declaredCandidate } from "../../../../host/handover/candidate";
import { momentaryLabels, removeLeftovers } from "../../../../host/install/leftovers";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { Died, FakeEngine } from "../fakeEngine";

let engine: FakeEngine;
beforeEach(() => {
  engine = new FakeEngine();
  engine.images.set("tools:1", { id: "sha256:1", environment: [], labels: {}, digests: [] });
  for (const name of ["data", "scani-adoption"]) engine.volumesThere.push({ name, labels: {} });
});

const image = "tools:1";
const postgres = { container: "scani-postgres", volume: "data", role: "scani", database: "scani", image };

test.each<[string, () => Promise<unknown>]>([
  ["where the data is", () => whereIsData(engine, { install: "scani", volume: "data", folder: "own", image })],
  [
    "the evidence of a volume",
    () =>
      readEvidence(
        engine,
        { install: "scani", volumes: ["data"], postgres },
        { stacks: stacksBeside("base"), pull: false },
      ),
  ],
  [
    "what a release ships",
    () => declaredCandidate(engine, { name: "scani", gateway: "scani-gateway" }, image, "postgres://x").shipped(),
  ],
  ["the record of an adoption", () => readRecord(engine, "scani", image)],
])("what a command leaves that is killed while it reads %s is removed by the next", async (_what, read) => {
  let at = 0;
  do {
    at += 1;
    engine.plan({ at, kind: "die" });
    const thrown: unknown = await read().catch((error: unknown) => error);
    engine.plan();
    if (engine.all.length > 0) expect(thrown).toBeInstanceOf(Died);
  } while (engine.all.length === 0 && at < 20);
  expect(engine.all).toHaveLength(1);
  await removeLeftovers(engine, "other");
  expect(engine.all).toHaveLength(1);
  await removeLeftovers(engine, "scani");
  expect(engine.all).toEqual([]);
});

test("a container that is moving data is left to its end", async () => {
  const mover = engine.add({ name: "mover", state: "running", labels: momentaryLabels("scani", "mover") });
  await removeLeftovers(engine, "scani");
  expect(engine.all).toEqual([mover]);
  mover.state = "exited";
  await removeLeftovers(engine, "scani");
  expect(engine.all).toEqual([]);
});
