import { perform } from "../../../../host/handover/perform";
import { untilReady } from "../../../../host/engine/containers/ready";
import { FakeEngine } from "../fakeEngine";
import { FakeInstall } from "../fakeInstall";

const hour = 3_600_000;
const never = new AbortController().signal;

/** Sets this machine's clock forward or back. @param by milliseconds */
function setClock(by: number): void {
  const real = Date.now.bind(Date);
  jest.spyOn(Date, "now").mockImplementation(() => real() + by);
}

afterEach(() => jest.restoreAllMocks());

/** Creates an install on which tier 1 serves and tier 2 is declared. */
async function served(): Promise<FakeInstall> {
  const host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
  host.serve("r1");
  await host.backedUp();
  return host;
}

test.each([hour, -hour])(
  "a release is watched for as long as it should, also where the clock is set by %i ms",
  async (by) => {
    const host = await served();
    let begun: number | undefined;
    host.engine.watch = (call) => {
      if (call !== "start scani-r2-worker" || begun !== undefined) return;
      begun = performance.now();
      setTimeout(() => setClock(by), 300);
    };
    const entry = await perform(host.engine, host.order("tier2", "r2", { soak: 3 }), () => undefined, never, 200);
    const took = performance.now() - (begun ?? 0);
    expect(took).toBeGreaterThan(2_500);
    expect(took).toBeLessThan(hour);
    expect(entry?.totalMs).toBeGreaterThan(0);
    expect(entry?.totalMs).toBeLessThan(hour / 2);
  },
);

test("a way back that fails for a moment is tried again, though the clock was set forward", async () => {
  const host = await served();
  const worker = host.container("r2", "worker");
  worker.endsWith = 1;
  let silent = false;
  host.engine.watch = () => {
    if (silent || worker.state !== "exited") return;
    silent = true;
    host.refused.add("r1");
    setTimeout(() => setClock(hour), 100);
    setTimeout(() => host.refused.clear(), 1_500);
  };
  const run = perform(host.engine, host.order("tier2", "r2", { readyTimeout: 5 }), () => undefined, never, 200);
  await expect(run).rejects.toMatchObject({ name: "HandoverFailed", aftermath: "pointed back" });
});

test("a service is given its time to be ready, though the clock was set forward", async () => {
  let checks = 0;
  const engine = new FakeEngine(() => {
    checks += 1;
    setClock(hour);
    return { exitCode: checks < 3 ? 1 : 0, output: "not yet" };
  });
  const { id } = engine.add({ name: "scani-redis", state: "running" });
  const target = { id, name: "scani-redis", title: "redis" };
  await untilReady(engine, target, { timeoutSeconds: 30, signal: never, waiting: () => undefined });
  expect(checks).toBe(3);
});
