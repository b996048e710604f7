import { startWorker, stopWorker } from "../../../../host/scani/worker";
import type { ReleaseContainer } from "../../../../host/install/facts";
import { Progress } from "../../../../util/progress/progress";
import { FakeEngine } from "../fakeEngine";

/** Seconds by which the engine's clock differs from this machine's. */
const skews = [-3600, -30, 0, 30, 3600];

const watch = { timeoutSeconds: 1, signal: new AbortController().signal, waiting: (): void => undefined };

/** Creates a stopped worker that ran before, on an engine with a different clock. */
function workerOn(skew: number, atStop: readonly string[]) {
  const engine = new FakeEngine();
  engine.clock = () => Date.now() + skew * 1000;
  const found = engine.add({
    name: "scani-worker",
    state: "exited",
    atStart: ["Worker listening for jobs"],
    atStop,
  });
  for (const line of ["Worker listening for jobs", "Worker drained cleanly"])
    found.log.push({ at: engine.clock() / 1000 - 60, line });
  const worker = { id: found.id, name: found.name, title: "tier1 worker" } as ReleaseContainer;
  const said: string[] = [];
  return { engine, found, worker, said, progress: new Progress((line) => said.push(line)) };
}

test.concurrent.each(skews)(
  "a worker's start and stop are seen whatever this machine's clock says: %s s",
  async (skew) => {
    const { engine, worker, said, progress } = workerOn(skew, ["Worker drained cleanly"]);
    await startWorker(engine, worker, watch);
    await stopWorker(engine, worker, progress);
    expect(said).toEqual([]);
  },
);

test.concurrent.each(skews)("what it logged in an earlier life counts for nothing: %s s", async (skew) => {
  const { engine, found, worker, said, progress } = workerOn(skew, []);
  await startWorker(engine, worker, watch);
  await stopWorker(engine, worker, progress);
  expect(said.join()).toContain('stopped without "Worker drained cleanly"');

  engine.all.splice(engine.all.indexOf(found), 1, { ...found, atStart: [], log: found.log.slice(0, 2) });
  await expect(startWorker(engine, worker, watch)).rejects.toThrow("did not say");
});
