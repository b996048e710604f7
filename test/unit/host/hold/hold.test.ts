import { beginHold, readHoldPlan, removeContainers } from "../../../../host/hold/begin";
import { endHold } from "../../../../host/hold/end";
import { gatewayStateFile } from "../../../../host/gateway/state";
import { label } from "../../../../host/install/names/labels";
import type { HoldInputs } from "../../../../host/install/resources";
import { releaseRunLock } from "../../../../host/lock/lock";
import { startStopped, stoppedWorkersFile } from "../../../../host/install/stoppedWorkers";
import { Progress } from "../../../../util/progress/progress";
import { FakeInstall } from "../fakeInstall";

const progress = new Progress(() => undefined);
const watch = { timeoutSeconds: 2, signal: new AbortController().signal, waiting: () => undefined };
const wanted: HoldInputs = {
  install: "scani",
  contents: { postgres: "new" },
  subnets: { "scani-data": "10.213.7.0/25" },
};

/** Creates an install on which tier 1 serves and tier 2 has served, with its data network in a subnet. */
function installIn(subnet: string): FakeInstall {
  const install = new FakeInstall();
  install.declare("tier2", "two");
  install.declare("tier1", "one");
  install.serve("one");
  install.engine.networksThere.push({
    id: "d",
    name: "scani-data",
    labels: { [label.install]: "scani" },
    subnets: [subnet],
  });
  return install;
}

const started = (install: FakeInstall) =>
  install.engine.calls.filter((call) => /^(start|stop|restart|connectNetwork|disconnectNetwork) /.test(call));

let install: FakeInstall;
const planned = (signal = watch.signal) => readHoldPlan(install.engine, wanted, signal);

test("a service is replaced while requests wait and the worker is stopped, and both go on after it", async () => {
  install = installIn("10.213.7.0/25");
  const plan = await planned();
  expect(plan).toMatchObject({ services: ["postgres"], moved: [], routes: ["api", "ws", "auth"] });
  const held = await beginHold(install.engine, "scani", plan!, progress);
  expect([...install.paused]).toEqual(["api", "ws", "auth"]);
  expect(install.container("one", "worker").state).toBe("exited");
  expect(install.container("one", "api").state).toBe("running");
  await endHold(install.engine, "scani", held, progress, watch);
  expect([...install.paused]).toEqual([]);
  expect(install.container("one", "worker").state).toBe("running");
  expect(started(install)).toEqual(["stop scani-one-worker", "start scani-one-worker"]);
});

test("a network that moves is left by every release, also one that is stopped, and joined again", async () => {
  install = installIn("172.18.0.0/16");
  const plan = await planned();
  expect(plan).toMatchObject({ moved: ["scani-data"], routes: ["api", "ws", "auth", "app"] });
  const held = await beginHold(install.engine, "scani", plan!, progress);
  expect(
    install.engine.all.filter(({ labels, networks }) => label.release in labels && networks.includes("scani-data")),
  ).toEqual([]);
  await endHold(install.engine, "scani", held, progress, watch);
  for (const [release, service] of [
    ["one", "api"],
    ["one", "worker"],
    ["one", "migrate"],
    ["two", "api"],
  ] as const)
    expect(install.container(release, service).networks).toContain("scani-data");
  expect(install.container("one", "frontend-app").networks).not.toContain("scani-data");
  // The page's server looks the api up only once, so it is started after it; stopped containers stay stopped.
  const restarts = started(install).filter((call) => /^(start|restart) /.test(call));
  expect(restarts.slice(0, 2).toSorted()).toEqual(["restart scani-one-api", "restart scani-one-data-provider"]);
  expect(restarts.slice(2)).toEqual(["restart scani-one-frontend-app", "start scani-one-worker"]);
});

test("where one of what is restarted fails, what is being restarted then runs again", async () => {
  install = installIn("172.18.0.0/16");
  const held = await beginHold(install.engine, "scani", (await planned())!, progress);
  install.container("one", "data-provider").endsWith = 1;
  const restart = install.engine.restart.bind(install.engine);
  let hasFailed = (): void => undefined;
  const failed = new Promise<void>((resolve) => {
    hasFailed = resolve;
  });
  install.engine.watch = (call) => {
    if (call === "lastLines scani-one-data-provider") hasFailed();
  };
  install.engine.restart = async (container) => {
    if (container === install.container("one", "api").id) await failed;
    return restart(container);
  };
  await expect(endHold(install.engine, "scani", held, progress, watch)).rejects.toThrow("stopped with exit code 1");
  expect(started(install)).toContain("restart scani-one-api");
  expect(install.container("one", "api").state).toBe("running");
  await held?.release();
});

test("what died half way is ended from what is true: nobody holds anything, and all is as it should be", async () => {
  install = installIn("172.18.0.0/16");
  await beginHold(install.engine, "scani", (await planned())!, progress);
  await endHold(install.engine, "scani", undefined, progress, watch);
  expect([...install.paused]).toEqual([]);
  expect(install.container("one", "api").networks).toContain("scani-data");
  expect(install.container("one", "worker").state).toBe("running");
});

/** Creates the data network again in another subnet, as Pulumi does. */
async function moveNetwork(): Promise<void> {
  const postgres = install.engine.find("scani-postgres");
  await install.engine.remove("scani-postgres");
  await install.engine.removeNetwork("scani-data");
  if (postgres !== undefined) install.engine.add(postgres);
  install.engine.networksThere.push({
    id: "d2",
    name: "scani-data",
    labels: { [label.install]: "scani" },
    subnets: ["10.213.7.0/25"],
    created: new Date().toISOString(),
  });
}

test.each(["restart scani-one-api", "restart scani-one-frontend-app"])(
  "a run that dies before its %s leaves what keeps old addresses to the next one",
  async (last) => {
    for (let at = 1; install?.engine.faulted !== last; at += 1) {
      install = installIn("172.18.0.0/16");
      await beginHold(install.engine, "scani", (await planned())!, progress);
      await moveNetwork();
      install.engine.plan({ at, kind: "die" });
      await expect(endHold(install.engine, "scani", undefined, progress, watch)).rejects.toThrow("killed");
    }
    install.engine.plan();
    await endHold(install.engine, "scani", undefined, progress, watch);
    for (const service of ["data-provider", "api", "frontend-app", "worker"] as const) {
      const { state, startedAt } = install.container("one", service);
      expect([service, state, Date.parse(startedAt) > 0]).toEqual([service, "running", true]);
    }
  },
);

test("a run that dies at any call of the end leaves nothing stopped but the worker, which the next command starts", async () => {
  for (let at = 1, ended = false; !ended; at += 1) {
    install = installIn("172.18.0.0/16");
    const held = await beginHold(install.engine, "scani", (await planned())!, progress);
    await moveNetwork();
    install.engine.plan({ at, kind: "die" });
    const { signal } = new AbortController();
    ended = await endHold(install.engine, "scani", undefined, progress, { ...watch, signal }).then(
      () => true,
      () => false,
    );
    install.engine.plan();
    for (const service of ["data-provider", "api", "frontend-app"] as const)
      expect([at, service, install.container("one", service).state]).toEqual([at, service, "running"]);
    await held?.release();
    await startStopped(install.engine, "scani-gateway");
    expect([at, install.container("one", "worker").state]).toEqual([at, "running"]);
  }
});

describe("a container of an old release that Docker could not remove", () => {
  beforeEach(() => {
    install = installIn("172.18.0.0/16");
    install.container("two", "api").state = "dead";
  });

  test("keeps no network from being moved", async () => {
    const held = await beginHold(install.engine, "scani", (await planned())!, progress);
    await moveNetwork();
    await endHold(install.engine, "scani", held, progress, watch);
    expect(install.container("one", "api")).toMatchObject({ state: "running", networks: ["scani-edge", "scani-data"] });
    expect(install.container("one", "worker").state).toBe("running");
  });

  test("keeps no network that was pruned from being made again", async () => {
    install.container("two", "api").networks = [];
    await endHold(install.engine, "scani", undefined, progress, watch);
    expect(started(install)).not.toContain("connectNetwork scani-data scani-two-api");
  });
});

describe("a gateway that has just been made", () => {
  let silences: number;

  beforeEach(() => {
    install = installIn("10.213.7.0/25");
    silences = 1;
    install.first = (container, command) => {
      if (container.name !== "scani-gateway" || !command.join(" ").includes("kamal-proxy list ||")) return undefined;
      silences -= 1;
      return silences < 0 ? undefined : { exitCode: 1, output: "no socket" };
    };
  });

  test("is waited for, so that requests are held in it", async () => {
    expect(await planned()).toMatchObject({ routes: ["api", "ws", "auth"] });
  });

  test("and stays silent is an error, and nothing is replaced unheld", async () => {
    silences = Infinity;
    await expect(planned()).rejects.toThrow(
      /^Requests cannot be held while base is changed: .*no socket\. Nothing has been replaced\.\n {2}type: docker restart scani-gateway$/,
    );
  });

  test("is waited for no longer than until the operator interrupts", async () => {
    silences = Infinity;
    const interrupt = new AbortController();
    const { first } = install;
    install.first = (container, command, call) => {
      if (!/\buntil\b/.test(command.join(" "))) return first(container, command, call);
      interrupt.abort();
      // No answer comes.
      return new Promise(() => undefined);
    };
    await expect(planned(interrupt.signal)).rejects.toThrow(/^Interrupted$/);
  });

  test("is not waited for where nothing would have to be held", async () => {
    silences = Infinity;
    install.route("api", undefined);
    expect(await planned()).toMatchObject({ routes: [] });
  });

  test("and does not run lets nobody in, who would have to wait", async () => {
    await install.engine.stop("scani-gateway");
    expect(await planned()).toMatchObject({ routes: [], workers: [{ service: "worker" }] });
  });
});

test.each(["scani-gateway", "scani-one-api"])(
  "where %s does not run nobody waits; the worker is stopped gently all the same, and started after it",
  async (down) => {
    install = installIn("10.213.7.0/25");
    await install.engine.stop(down);
    const held = await beginHold(install.engine, "scani", (await planned())!, progress);
    expect(held).toBeUndefined();
    expect(install.container("one", "worker").state).toBe("exited");
    // BaseReady starts the gateway, but no api.
    await install.engine.start("scani-gateway");
    await endHold(install.engine, "scani", held, progress, watch);
    expect(install.container("one", "worker").state).toBe("running");
    expect(install.container("one", "api").state).toBe(down === "scani-one-api" ? "exited" : "running");
    expect([...install.paused]).toEqual([]);
  },
);

test("a worker that an earlier version of this module has noted is started", async () => {
  install = installIn("10.213.7.0/25");
  await install.engine.stop("scani-one-worker");
  await install.engine.writeFile("scani-gateway", stoppedWorkersFile, '["id-of-scani-one-worker"]');
  expect(await startStopped(install.engine, "scani-gateway")).toBe("scani-one-worker");
});

test("where somebody has stopped Scani, the end of a change of base starts no worker", async () => {
  install = installIn("10.213.7.0/25");
  await install.engine.stop("scani-one-api");
  await install.engine.stop("scani-one-worker");
  await endHold(install.engine, "scani", undefined, progress, watch);
  expect(install.container("one", "worker").state).toBe("exited");
});

test("a worker that stays stopped after a change, since no request leads to its release, is named", async () => {
  install = installIn("10.213.7.0/25");
  const held = await beginHold(install.engine, "scani", (await planned())!, progress);
  install.serve("two");
  const lines: string[] = [];
  await endHold(install.engine, "scani", held, new Progress((line) => lines.push(line)), watch);
  expect(install.container("one", "worker").state).toBe("exited");
  expect(lines.join("\n")).toContain("tier1 worker was stopped for the change and stays stopped");
});

test("a worker whose api somebody has stopped since is named with the state of that", async () => {
  install = installIn("10.213.7.0/25");
  const held = await beginHold(install.engine, "scani", (await planned())!, progress);
  await install.engine.stop("scani-one-api");
  const lines: string[] = [];
  await endHold(install.engine, "scani", held, new Progress((line) => lines.push(line)), watch);
  expect(lines.join("\n")).toContain("tier1 worker was stopped for the change and stays stopped: tier1 api is exited.");
});

describe("a mail network that base has kept for another release", () => {
  /** Adds it, to a data-provider that sends to this server. */
  function installSendingTo(server: string): FakeInstall {
    const made = installIn("10.213.7.0/25");
    made.engine.networksThere.push({ id: "m", name: "scani-mail", labels: { [label.install]: "scani" } });
    const provider = made.container("one", "data-provider");
    Object.assign(provider, { environment: [`SMTP_URL=${server}`] });
    provider.networks = provider.networks.filter((name) => name !== "scani-mail");
    return made;
  }

  test("is joined by no container that sends to another server, which would keep it from being removed", async () => {
    install = installSendingTo("smtp://mail.example.org");
    await endHold(install.engine, "scani", undefined, progress, watch);
    expect(started(install)).toEqual([]);
  });

  test("is joined again by one that sends to the catcher; the page, whose api stays, is not restarted", async () => {
    install = installSendingTo("smtp://mailpit:1025");
    await endHold(install.engine, "scani", undefined, progress, watch);
    expect(started(install)).toEqual([
      "connectNetwork scani-mail scani-one-data-provider",
      "restart scani-one-data-provider",
    ]);
  });
});

test("routes the gateway had written only in part while requests waited cost no worker", async () => {
  install = installIn("10.213.7.0/25");
  const held = await beginHold(install.engine, "scani", (await planned())!, progress);
  const { files } = install.engine.find("scani-gateway") ?? {};
  const whole = files?.get(gatewayStateFile) ?? "";
  files?.set(gatewayStateFile, whole.slice(0, 20));
  install.engine.watch = (call) => {
    if (call.startsWith("exec scani-gateway kamal-proxy resume")) files?.set(gatewayStateFile, whole);
  };
  await endHold(install.engine, "scani", held, progress, watch);
  expect(install.container("one", "worker").state).toBe("running");
});

describe("a worker that is not the one", () => {
  /** Adds a newer container with the labels of the serving worker. */
  const addWorker = (name: string) =>
    install.engine.add({
      name,
      state: "exited",
      labels: install.engine.find("scani-tier1-worker-0a1b2c3")?.labels,
      atStart: ["Worker listening for jobs"],
    });
  const stateOf = (name: string) => install.engine.find(name)?.state;

  beforeEach(() => {
    install = installIn("10.213.7.0/25");
    install.nameAsPulumi("one");
  });

  test("another tool's of the same release stays stopped where the release has one that is up", async () => {
    addWorker("scani-tier1-worker-9f8e7d6");
    await endHold(install.engine, "scani", undefined, progress, watch);
    expect(stateOf("scani-tier1-worker-9f8e7d6")).toBe("exited");
  });

  test("another tool's of the same release stays stopped where the one that ran was noted", async () => {
    addWorker("scani-tier1-worker-9f8e7d6");
    const held = await beginHold(install.engine, "scani", (await planned())!, progress);
    await endHold(install.engine, "scani", held, progress, watch);
    expect(stateOf("scani-tier1-worker-0a1b2c3")).toBe("running");
    expect(stateOf("scani-tier1-worker-9f8e7d6")).toBe("exited");
  });

  test("a copy is neither started nor joined to a network, whether or not the worker was noted", async () => {
    addWorker("my-copy");
    const held = await beginHold(install.engine, "scani", (await planned())!, progress);
    await held?.release();
    await endHold(install.engine, "scani", undefined, progress, watch);
    await install.engine.stop("scani-tier1-worker-0a1b2c3");
    await endHold(install.engine, "scani", undefined, progress, watch);
    expect(stateOf("scani-tier1-worker-0a1b2c3")).toBe("running");
    expect(install.engine.find("my-copy")).toMatchObject({ state: "exited", networks: [] });
  });
});

test("copies that are in the way are stopped gently and removed", async () => {
  install = installIn("10.213.7.0/25");
  await removeContainers(install.engine, ["id-of-scani-postgres"]);
  expect(install.engine.find("scani-postgres")).toBeUndefined();
  expect(install.engine.calls.slice(-2)).toEqual(["stop scani-postgres", "remove scani-postgres"]);
});

describe("a worker that a change of base has stopped, and which died before it could start it", () => {
  const lines: string[] = [];
  const runLock = { release: async () => undefined, lost: new AbortController().signal };
  const nextCommand = () => releaseRunLock(install.engine, "scani-gateway", runLock, (line) => lines.push(line));

  beforeEach(async () => {
    lines.length = 0;
    install = installIn("10.213.7.0/25");
    const held = await beginHold(install.engine, "scani", (await planned())!, progress);
    await held?.release();
    expect(install.container("one", "worker").state).toBe("exited");
  });

  test("is started by whichever command comes next, once", async () => {
    await nextCommand();
    expect(install.container("one", "worker").state).toBe("running");
    expect(lines).toEqual(["scani-one-worker, which a change of base had stopped, is started again."]);
    await install.engine.stop("scani-one-worker");
    await nextCommand();
    expect(install.container("one", "worker").state).toBe("exited");
  });

  test("stays stopped where another tier serves by then", async () => {
    install.serve("two");
    await nextCommand();
    expect(install.container("one", "worker").state).toBe("exited");
    expect(lines).toEqual([]);
  });

  test("stays stopped where somebody has stopped Scani since", async () => {
    await install.engine.stop("scani-one-api");
    await nextCommand();
    expect(install.container("one", "worker").state).toBe("exited");
  });

  test("is started where its api is up, and restarts for the lack of what base replaced", async () => {
    install.container("one", "api").state = "restarting";
    await nextCommand();
    expect(install.container("one", "worker").state).toBe("running");
  });

  test("is nobody's to start any more once the change has ended", async () => {
    await endHold(install.engine, "scani", undefined, progress, watch);
    await install.engine.stop("scani-one-worker");
    await nextCommand();
    expect(install.container("one", "worker").state).toBe("exited");
  });

  test("and a record that was cut short stops nobody, and is said once", async () => {
    await install.engine.writeFile("scani-gateway", stoppedWorkersFile, '["id-of');
    await nextCommand();
    expect(lines.splice(0).join("\n")).toMatch(
      /could not be started: scani-stopped-workers\.json .* was cut short.*\n.*\n {2}type: npm run status/,
    );
    await nextCommand();
    expect(lines).toEqual([]);
  });
});
