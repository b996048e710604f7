import { untilReady } from "../../../../../host/engine/containers/ready";
import { FakeEngine, type FakeContainer } from "../../fakeEngine";

const watch = (timeoutSeconds = 5) => ({
  timeoutSeconds,
  signal: new AbortController().signal,
  waiting: (): void => undefined,
});

/**
 * Returns an engine with a container. @param onCheck called at each health check, the first being 1; returns its exit
 * code
 */
function engineWith(restarts: number, onCheck: (container: FakeContainer, check: number) => number) {
  let checks = 0;
  const engine = new FakeEngine((container) => {
    checks += 1;
    return { exitCode: onCheck(container, checks), output: "not yet" };
  });
  const { id } = engine.add({ name: "scani-redis", state: "running", restarts });
  return { engine, target: { id, name: "scani-redis", title: "redis" } };
}

test("a service that Docker once restarted is ready all the same", async () => {
  const { engine, target } = engineWith(3, () => 0);
  await untilReady(engine, target, watch());
});

test("one that crashes from now on is not, and only those crashes are counted", async () => {
  const { engine, target } = engineWith(3, (container) => {
    container.restarts += 1;
    return 1;
  });
  await expect(untilReady(engine, target, watch())).rejects.toThrow("redis crashed and was restarted 1× (container");
});

test("one that Docker is about to restart is waited for", async () => {
  const { engine, target } = engineWith(7, () => 0);
  const container = engine.find(target.id) as FakeContainer;
  container.state = "restarting";
  setTimeout(() => {
    container.state = "running";
  }, 300);
  await untilReady(engine, target, watch());
});

test("one that does not come back within the time is not ready, and the last reason is said", async () => {
  const { engine, target } = engineWith(7, () => 0);
  (engine.find(target.id) as FakeContainer).state = "restarting";
  await expect(untilReady(engine, target, watch(0))).rejects.toThrow(/was not ready within 0 s: .*is restarting/);
});

test("one that has stopped fails at once, with the end of its log", async () => {
  const { engine, target } = engineWith(0, () => 0);
  const container = engine.find(target.id) as FakeContainer;
  engine.say(container, "out of memory");
  engine.ends(container, 137);
  await expect(untilReady(engine, target, watch())).rejects.toMatchObject({
    message: "redis stopped with exit code 137 (container scani-redis)",
    logTail: ["out of memory"],
  });
});
