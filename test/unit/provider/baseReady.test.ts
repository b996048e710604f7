import * as connecting from "../../../host/engine/connect";
import { EngineError } from "../../../host/engine/engine";
import { explained } from "../../../host/engine/refusal";
import { label } from "../../../host/install/names/labels";
import { stoppedWorkersFile } from "../../../host/install/stoppedWorkers";
import { baseReady } from "../../../provider/baseReady";
import { FakeEngine } from "../host/fakeEngine";
import { FakeInstall } from "../host/fakeInstall";

afterEach(() => jest.restoreAllMocks());

/** Brings base up with a Redis whose start the engine refuses. */
function refused(error: unknown): Promise<unknown> {
  const engine = new FakeEngine();
  const { id } = engine.add({ name: "scani-redis", state: "exited" });
  jest.spyOn(connecting, "connect").mockReturnValue(engine);
  jest.spyOn(engine, "start").mockRejectedValue(error);
  return baseReady.apply(
    { install: "scani", containers: { redis: id } },
    { stack: "base", say: () => undefined, signal: new AbortController().signal, lockAgain: async () => undefined },
  );
}

const raw = new EngineError(
  403,
  "(HTTP code 403) unexpected - endpoint with name scani-redis already exists in network scani-data ",
);

test.each([
  ["as the engine says it", raw],
  ["as the connection to it has explained it", explained(raw, { kind: "container", name: "id-of-scani-redis" })],
])(
  "an endpoint of the last run, %s, is said with what removes it and makes the container anew",
  async (_how, error) => {
    await expect(refused(error)).rejects.toThrow(
      `scani-redis does not start: on the network scani-data the engine still has an endpoint from its last run.
  Remove the container, whose volumes stay, and then the endpoint, which the engine keeps while the container is there. Where that changes nothing, restart the engine, which interrupts every container on it, and type the same again.
  type: docker rm scani-redis
  type: docker network disconnect -f scani-data scani-redis
  type: npm run up -- base`,
    );
  },
);

test("whatever else the engine refuses is said of its container", async () => {
  await expect(
    refused(new EngineError(500, "(HTTP code 500) server error - no space left on device ")),
  ).rejects.toThrow("scani-redis does not start: no space left on device.");
});

describe("on an install that serves", () => {
  const inputs = { install: "scani", containers: { gateway: "id-of-scani-gateway", postgres: "id-of-scani-postgres" } };
  const { signal } = new AbortController();
  let install: FakeInstall;

  beforeEach(() => {
    install = new FakeInstall();
    install.declare("tier1", "one");
    install.serve("one");
    install.engine.networksThere.push({ id: "d", name: "scani-data", labels: { [label.install]: "scani" } });
    jest.spyOn(connecting, "connect").mockReturnValue(install.engine);
  });

  test("nothing differs; a container a killed change has left off its network does, and so does a worker", async () => {
    expect(await baseReady.differs(inputs, { signal })).toBe(false);
    await install.engine.disconnectNetwork("scani-data", "scani-one-api");
    expect(await baseReady.differs(inputs, { signal })).toBe(true);
    await install.engine.connectNetwork("scani-data", "scani-one-api");
    await install.engine.stop("scani-one-worker");
    expect(await baseReady.differs(inputs, { signal })).toBe(false);
    await install.engine.writeFile(
      "scani-gateway",
      stoppedWorkersFile,
      '[{"id":"id-of-scani-one-worker","isAlone":false}]',
    );
    expect(await baseReady.differs(inputs, { signal })).toBe(true);
  });

  test("a stopped gateway that has saved pauses is started without them, and needs no restart", async () => {
    install.pause("api");
    await install.engine.stop("scani-gateway");
    const context = { stack: "base", say: () => undefined, signal, lockAgain: async () => undefined };
    await baseReady.apply({ ...inputs, containers: { gateway: inputs.containers.gateway } }, context);
    expect([...install.paused]).toEqual([]);
    expect(install.engine.calls.filter((call) => /^(start|restart|stop) scani-gateway/.test(call))).toEqual([
      "stop scani-gateway",
      "start scani-gateway",
    ]);
  });
});
