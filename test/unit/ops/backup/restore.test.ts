import { label } from "../../../../host/install/labels";
import { stacksBeside } from "../../../../host/install/stacks";
import { refuseUsed } from "../../../../ops/backup/restore";
import { FakeEngine } from "../../host/fakeEngine";
import type { ContainerState } from "../../../../host/engine/engine";

/** An engine with one container of a release, and base's Postgres. */
function engineWith(service: string, state: ContainerState): FakeEngine {
  const engine = new FakeEngine();
  const labels = { [label.install]: "scani", [label.service]: "postgres" };
  engine.add({ name: "scani-postgres", labels, state: "running" });
  engine.add({
    name: `scani-tier1-${service}`,
    labels: { ...labels, [label.service]: service, [label.tier]: "tier1", [label.release]: "r1" },
    state,
  });
  return engine;
}

const refused = (engine: FakeEngine) =>
  refuseUsed({ engine, install: "scani", stacks: stacksBeside("prod-base") }, "a.dump");

test.each(["running", "paused", "restarting"] as const)(
  "a worker that is %s may write, so a restore is refused",
  async (state) => {
    await expect(refused(engineWith("worker", state))).rejects.toThrow(
      /^tier1 worker uses this database: .*Nothing has been touched\.\n[^]*docker stop scani-tier1-worker\n.*restore -- a\.dump\n {2}type: npm run up -- prod-tier1\n[^]*--while-serving$/,
    );
  },
);

test("one that is paused is to be continued before it is stopped, so that it can finish its jobs", async () => {
  await expect(refused(engineWith("worker", "paused"))).rejects.toThrow(
    /type: docker unpause scani-tier1-worker\n {2}type: docker stop scani-tier1-worker/,
  );
});

test.each([
  ["worker", "exited"],
  ["worker", "created"],
  ["worker", "dead"],
  ["frontend-app", "running"],
] as const)("a %s that is %s does not write", async (service, state) => {
  await expect(refused(engineWith(service, state))).resolves.toBeUndefined();
});
