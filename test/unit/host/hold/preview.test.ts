import { resumeAll } from "../../../../host/gateway/resume";
import { gatewayStateFile, withoutPauses } from "../../../../host/gateway/state";
import { beginHold, readHoldPlan } from "../../../../host/hold/begin";
import { endHold } from "../../../../host/hold/end";
import { readEndFacts } from "../../../../host/hold/endFacts";
import type { Declaration } from "../../../../host/hold/planChange";
import { planEnd } from "../../../../host/hold/planEnd";
import { previewBase } from "../../../../host/hold/preview";
import { label } from "../../../../host/install/names/labels";
import type { HoldInputs } from "../../../../host/install/resources";
import { startStopped } from "../../../../host/install/stoppedWorkers";
import { Progress } from "../../../../util/progress/progress";
import type { FakeContainer } from "../fakeEngine";
import { FakeInstall } from "../fakeInstall";

const progress = new Progress(() => undefined);
const watch = () => ({ timeoutSeconds: 2, signal: new AbortController().signal, waiting: () => undefined });

const ownSubnet = "10.213.7.0/25";
const wanted: HoldInputs = {
  install: "scani",
  contents: { postgres: "declared" },
  subnets: { "scani-data": ownSubnet },
};
const declared: Declaration = { replacesGateway: false, remade: [] };

/** Creates an install on which tier 1 serves and tier 2 has served, whose Postgres is as declared. */
function installIn(subnet = ownSubnet): FakeInstall {
  const install = new FakeInstall();
  install.declare("tier2", "two");
  install.declare("tier1", "one");
  install.serve("one");
  markContents(install, "scani-postgres", "declared");
  addNetwork(install, "data", subnet);
  return install;
}

function markContents(install: FakeInstall, name: string, contents: string): void {
  const container = install.engine.find(name) as FakeContainer;
  Object.assign(container, { labels: { ...container.labels, [label.contents]: contents } });
}

function addNetwork(install: FakeInstall, role: string, subnet: string, created = new Date(0).toISOString()): void {
  install.engine.networksThere.push({
    id: `${role} in ${subnet}`,
    name: `scani-${role}`,
    labels: { [label.install]: "scani" },
    subnets: [subnet],
    created,
  });
}

function addService(install: FakeInstall, service: string, state: FakeContainer["state"]): FakeContainer {
  return install.engine.add({
    name: `scani-${service}`,
    state,
    networks: ["scani-data"],
    labels: { [label.install]: "scani", [label.service]: service, [label.contents]: "declared" },
  });
}

const previewOf = (install: FakeInstall, inputs = wanted, further: Partial<Declaration> = {}) =>
  previewBase(install.engine, inputs, { ...declared, ...further });

/** Creates the data network again in the install's own subnet, as Pulumi does. */
async function moveNetwork(install: FakeInstall): Promise<void> {
  const { engine } = install;
  const postgres = engine.find("scani-postgres") as FakeContainer;
  await engine.remove("scani-postgres");
  await engine.removeNetwork("scani-data");
  engine.add({ ...postgres, state: "running" });
  addNetwork(install, "data", ownSubnet, new Date().toISOString());
}

const waiting = (routes: string, seconds: number) =>
  `Requests of ${routes} wait at the gateway meanwhile, for about ${seconds} s. Clients that give up sooner see an error, as do those whose request takes longer than 30 s to end; after 60 s all are let through, whatever is ready by then. Open websockets are cut and connect again.`;

test("an install as it is declared has nothing to be said of", async () => {
  expect(await previewOf(installIn())).toEqual([]);
});

test("the preview says what waits for how long, the gateway's gap, and what does not run", async () => {
  const install = installIn();
  addService(install, "redis", "paused");
  const contents = { postgres: "other", redis: "declared" };
  expect(await previewOf(install, { ...wanted, contents }, { replacesGateway: true })).toEqual([
    "scani-redis is paused: it is started.",
    "The gateway is replaced: nobody is let in for about a second, and requests of that second fail.",
    "Replaced or made anew: postgres.",
    waiting("api, ws, auth", 5),
    "tier1 worker stops before it and starts after it.",
  ]);
});

test("where nothing serves there is nothing to say of requests", async () => {
  const install = new FakeInstall();
  addNetwork(install, "data", ownSubnet);
  expect(await previewOf(install)).toEqual(["Replaced or made anew: postgres."]);
});

test("what the end of a move joins, restarts and starts is said, and is what it does", async () => {
  const install = installIn("172.18.0.0/16");
  const said = await previewOf(install);
  const members = ["migrate", "data-provider", "api", "worker"];
  const [joined, ...restarted] = [
    expect.stringMatching(/^Joined to scani-data again: /) as string,
    "Restarted, to look addresses up again: tier1 api, tier1 data-provider.",
    "Restarted, to look addresses up again: tier1 frontend-app.",
  ];
  expect(said).toEqual([
    "scani-data moves into the install's own subnet, where services keep their addresses.",
    waiting("api, ws, auth, app", 20),
    "tier1 worker stops before it and starts after it.",
    joined,
    ...restarted,
  ]);
  for (const service of members) expect(said[3]).toContain(`tier1 ${service}`);
  expect(said[3]).toContain("tier2 api");
  expect(said[3]).not.toContain("frontend-app");

  const plan = await readHoldPlan(install.engine, wanted, watch().signal);
  const held = await beginHold(install.engine, "scani", plan!, progress);
  await moveNetwork(install);
  const steps = planEnd(await readEndFacts(install.engine, "scani")).map((step) => step.describe());
  expect(steps).toEqual([...said.slice(3), "tier1 worker, which a change of base had stopped, is started again."]);
  await endHold(install.engine, "scani", held, progress, watch());
  expect(await previewOf(install)).toEqual([]);
});

test("a page is not restarted while its api is down, without which it does not start", async () => {
  const install = installIn("172.18.0.0/16");
  await install.engine.stop("scani-one-api");
  const said = (await previewOf(install)).join("\n");
  expect(said).toContain("Restarted, to look addresses up again: tier1 data-provider.");
  expect(said).not.toContain("up again: tier1 frontend-app");
});

test("networks that are gone or not Pulumi's are joined again by what is stopped, and base gives others up", async () => {
  const install = installIn();
  const { engine } = install;
  addNetwork(install, "mail", "10.213.7.128/25");
  addService(install, "mail", "exited");
  engine.networksThere.splice(0, 1);
  for (const one of engine.all.filter(({ networks }) => networks.includes("scani-edge"))) one.networks = ["scani-data"];
  const said = await previewOf(install, wanted, { remade: ["scani-data"] });
  expect(said).toContain("Removed: container scani-mail, network scani-mail.");
  expect(said.filter((line) => line.startsWith("Joined to scani-edge again: "))).toHaveLength(1);
  expect(said.filter((line) => line.startsWith("Joined to scani-data again: "))).toHaveLength(1);
  // Nothing is replaced that requests could wait for.
  expect(said.at(-1)).toBe("Requests of api, ws, auth, app do not wait for that restart, and fail meanwhile.");
});

describe("a service of base that does not run", () => {
  test.each(["exited", "dead"] as const)(
    "is not said to be started where the gateway is replaced (%s)",
    async (state) => {
      const install = installIn();
      (install.engine.find("scani-gateway") as FakeContainer).state = state;
      expect((await previewOf(install, wanted, { replacesGateway: true })).join("\n")).not.toContain("it is started");
      expect((await previewOf(install)).includes(`scani-gateway is ${state}: it is started.`)).toBe(state === "exited");
    },
  );

  test("is not said to be started where it is removed, replaced or dead", async () => {
    const install = installIn();
    for (const [service, state] of [
      ["mail", "exited"],
      ["redis", "exited"],
      ["storage", "dead"],
    ] as const)
      addService(install, service, state);
    const contents = { postgres: "declared", redis: "other", storage: "other" };
    const said = await previewOf(install, { ...wanted, contents });
    expect(said.join("\n")).not.toContain("it is started");
    expect(said).toContain("Replaced or made anew: redis, storage.");
    expect(said).toContain("Removed: container scani-mail.");
  });

  test("is not said to be started while another container has the gateway's port", async () => {
    const install = installIn();
    await install.engine.stop("scani-gateway");
    install.engine.add({ name: "their-page", state: "running" });
    expect(await previewOf(install, wanted, { portHolder: "their-page" })).toEqual([]);
    await install.engine.stop("their-page");
    expect(await previewOf(install, wanted, { portHolder: "their-page" })).toEqual([
      "scani-gateway is exited: it is started.",
    ]);
  });

  test("is said to be made anew where it is the gateway, and gone", async () => {
    const install = installIn();
    await install.engine.remove("scani-gateway");
    expect(await previewOf(install)).toEqual([
      "There is no gateway: it is made anew, and nobody is let in until then.",
    ]);
  });
});

describe("routes that are held", () => {
  const through = "Requests of api are held or refused at the gateway: they are let through";

  test("are said to be let through", async () => {
    const install = installIn();
    install.pause("api");
    expect(await previewOf(install)).toEqual([`${through}.`]);
    expect(await resumeAll(install.engine, "scani-gateway")).toEqual({ routes: ["api"], restarted: false });
    expect(await previewOf(install)).toEqual([]);
  });

  test("by a gateway that started with them are said to cost its restart", async () => {
    const install = installIn();
    install.pause("api");
    (install.engine.find("scani-gateway") as FakeContainer).startedAt = new Date().toISOString();
    install.first = ({ files }, command) => {
      // The state file is older than the start.
      if (command[0] === "stat") return { output: "1" };
      if (!command.join(" ").includes("sed -i")) return undefined;
      files.set(gatewayStateFile, withoutPauses(files.get(gatewayStateFile) ?? ""));
      return {};
    };
    expect(await previewOf(install)).toEqual([
      `${through}, for which the gateway is restarted: nobody is let in for about a second.`,
    ]);
    expect(await resumeAll(install.engine, "scani-gateway")).toEqual({ routes: ["api"], restarted: true });
    expect(await previewOf(install)).toEqual([]);
  });

  test("by a stopped gateway are let through when it starts, or by a restart of the one that replaces it", async () => {
    const install = installIn();
    install.pause("api");
    await install.engine.stop("scani-gateway");
    expect(await previewOf(install)).toEqual([`${through}.`, "scani-gateway is exited: it is started."]);
    expect(await previewOf(install, wanted, { replacesGateway: true })).toContain(
      `${through}, for which the gateway is restarted: nobody is let in for about a second.`,
    );
  });
});

test("routes that the gateway has not saved are said to be saved", async () => {
  const install = installIn();
  (install.engine.find("scani-gateway") as FakeContainer).files.set(gatewayStateFile, "");
  expect(await previewOf(install)).toEqual([
    "The gateway has not saved its routes, and would not know them after a restart: it saves them.",
  ]);
});

test("the gateway's route of the uploads, and connections, are said where they change", async () => {
  const install = installIn();
  install.engine.add({ name: "their-postgres", state: "running" });
  const connections = [{ container: "their-postgres", network: "scani-data", names: ["postgres"] }];
  expect(await previewOf(install, wanted, { bucket: "job-uploads", connections })).toEqual([
    "The gateway sends uploads to scani-storage.",
    "their-postgres joins the network scani-data.",
  ]);
});

test("a worker that somebody has stopped is said to start only with a change", async () => {
  const install = installIn();
  await install.engine.stop("scani-one-worker");
  expect(await previewOf(install)).toEqual([]);
  expect(await previewOf(install, { ...wanted, contents: { postgres: "other" } })).toContain(
    "tier1 worker is exited: it is started.",
  );
});

/** Returns what of an install is not as it should be, each as a text that a preview has to have. */
function wrongIn(install: FakeInstall): string[] {
  const off = install.engine.all.filter(
    ({ labels, networks }) =>
      label.release in labels && labels[label.service] !== "frontend-app" && !networks.includes("scani-data"),
  );
  const isOld = install.engine.networksThere.some(
    ({ name, subnets }) => name === "scani-data" && subnets?.[0] !== ownSubnet,
  );
  return [
    ...(install.container("one", "worker").state === "running" ? [] : ["tier1 worker"]),
    ...(off.length > 0 ? ["scani-data"] : []),
    ...(isOld ? ["scani-data moves"] : []),
    ...(install.paused.size > 0 ? ["are held or refused"] : []),
  ];
}

test("a change that is killed at any call leaves nothing the next preview does not name, and the next run does it", async () => {
  for (let at = 1, ended = false; !ended; at += 1) {
    const install = installIn("172.18.0.0/16");
    const { engine } = install;
    /** Does what Hold, Pulumi and BaseReady do. */
    const change = async (): Promise<void> => {
      const plan = await readHoldPlan(engine, wanted, watch().signal);
      const held = plan && (await beginHold(engine, "scani", plan, progress));
      if (plan !== undefined && plan.moved.length > 0) await moveNetwork(install);
      await endHold(engine, "scani", held, progress, watch());
    };
    engine.plan({ at, kind: "die" });
    ended = await change().then(
      () => true,
      () => false,
    );
    engine.plan();
    if (engine.find("scani-postgres") === undefined) addService(install, "postgres", "running");
    if (!engine.networksThere.some(({ name }) => name === "scani-data"))
      addNetwork(install, "data", ownSubnet, new Date().toISOString());
    const said = (await previewOf(install)).join("\n");
    for (const wrong of wrongIn(install)) expect(`${at}: ${said}`).toContain(wrong);
    await resumeAll(engine, "scani-gateway");
    await change();
    await startStopped(engine, "scani-gateway");
    expect([at, wrongIn(install), await previewOf(install)]).toEqual([at, [], []]);
  }
});
