import { restart } from "../../../../host/scani/restart";
import type { ReleaseContainer } from "../../../../host/install/facts";
import { FakeEngine, type FaultKind } from "../fakeEngine";

test.each<FaultKind>(["throw", "lose"])(
  "a container whose restart goes wrong (%s) runs afterwards, and what went wrong is thrown",
  async (kind) => {
    const engine = new FakeEngine(() => ({}));
    const { id, name } = engine.add({ name: "scani-api", state: "running" });
    const container = { id, name, title: "tier1 api" } as ReleaseContainer;
    engine.plan({ at: 1, kind });
    const watch = { timeoutSeconds: 1, signal: new AbortController().signal, waiting: () => undefined };
    await expect(restart(engine, container, watch)).rejects.toThrow("restart scani-api");
    expect(engine.find(name)?.state).toBe("running");
  },
);
