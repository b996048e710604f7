import { containerName } from "../../host/install/names/containerName";
import { routeCommand } from "../../host/gateway/routes";
import { container, containersOf, runningServices } from "./host";
import { killedUp } from "./runs/killedUp";
import { npmRun, type Rival } from "./runs/rivals";
import { closeScene, openScene, type Scene } from "./scene";
import { until } from "./traffic";
import { readRouted } from "../../host/install/readFacts";
import { changeSetting } from "../../lab/throwaway";
import { wholly } from "./runs/cases";
import { pause } from "../../lab/throwaway/pause";
import { spawn } from "node:child_process";
import { once } from "node:events";

jest.setTimeout(600_000);

/** Refusals to take down the serving release, by the facts and not by Pulumi's state. */

let scene: Scene;
beforeAll(async () => {
  scene = await openScene("takedown", { tier1: { soak: "0" }, tier2: { soak: "0" } });
});
afterAll(() => closeScene(scene));

const gatewayName = () => containerName(scene.place.install, "gateway");
const gateway = () => scene.docker.getContainer(gatewayName());
const everything = async () =>
  (await containersOf(scene)).map(({ id, info }) => `${id} ${info.State.Status} ${info.State.StartedAt}`).sort();

/** Runs `pulumi destroy --stack <stack>`, which runs no program. */
async function rawDestroy(stack: string): Promise<{ code: number | null; printed: string }> {
  const child = spawn("pulumi", ["destroy", "--yes", "--skip-preview", "--non-interactive", "--stack", stack], {
    cwd: scene.place.workDir,
    env: { ...process.env, ...scene.place.environment, PULUMI_SKIP_UPDATE_CHECK: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, printed };
}

/** Expects that both ways to take a tier down are refused, and nothing is touched. */
async function expectRefused(stack: string): Promise<void> {
  const before = await everything();
  const ways: (() => Promise<Awaited<Rival["ended"]> | { code: number | null; printed: string }>)[] = [
    () => npmRun(scene, "down", stack).ended,
    () => rawDestroy(stack),
  ];
  for (const way of ways) {
    const { code, printed } = await way();
    expect({ code, printed }).toMatchObject({ code: expect.any(Number) });
    expect(code).not.toBe(0);
    expect(printed).toContain("destroying it would take Scani down");
    expect(await everything()).toEqual(before);
  }
}

test("a first up that is killed past the flip, with nothing of the switch in the state: what serves is not taken down", async () => {
  const { killed } = await killedUp(scene, "tier1", { line: /✓ flip/ }, "with its plugins");
  expect(killed).toBe(true);
  await expectRefused("tier1");
  await scene.up("tier1");
  expect(await runningServices(scene)).toEqual(wholly.tier1);
});

test("with the gateway stopped, and paused, what its routes lead to is not taken down", async () => {
  await gateway().stop();
  await expectRefused("tier1");
  await gateway().start();
  await pause(gateway());
  await expectRefused("tier1");
  await gateway().unpause();
});

test("with mixed routes neither tier is taken down", async () => {
  await scene.up("tier2");
  const old = await container(scene, "tier1", "frontend-app");
  for (const service of ["data-provider", "api", "frontend-app"])
    await scene.engine.start((await container(scene, "tier1", service)).id);
  expect((await scene.engine.exec(gatewayName(), routeCommand("app", old.name, 1))).exitCode).toBe(0);
  await expectRefused("tier1");
  await expectRefused("tier2");
  await scene.up("tier1");
});

test("after an up that flipped and then failed, whose state still has the old release, what serves is not taken down", async () => {
  const old = await container(scene, "tier1", "api");
  changeSetting(scene.place, "tier1", "LOG_LEVEL", "debug");
  changeSetting(scene.place, "tier1", "readyTimeout", "30");
  const failing = scene.up("tier1").then(
    () => "it passed",
    () => "it failed",
  );
  // With no release to go back to and no worker for the jobs, the flip is not undone.
  await scene.untilPrinted("✓ flip");
  await scene.docker.getContainer(old.id).remove({ force: true });
  await until(async () => {
    const workers = (await containersOf(scene)).filter(
      ({ tier, service, running }) => tier === "tier1" && service === "worker" && running,
    );
    for (const { id } of workers) await scene.docker.getContainer(id).kill();
    return workers.length > 0;
  }, 60_000);
  expect(await failing).toBe("it failed");
  const { api = "" } = (await readRouted(scene.engine, { name: scene.place.install, gateway: gatewayName() })).routes;
  expect(api).not.toBe(old.name);
  await expectRefused("tier1");
  await scene.up("tier1");
  expect(await runningServices(scene)).toEqual(wholly.tier1);
});

test("a tier that does not serve is taken down", async () => {
  const { code, printed } = await npmRun(scene, "down", "tier2").ended;
  expect({ code, printed }).toMatchObject({ code: 0 });
  expect((await containersOf(scene)).filter(({ tier }) => tier === "tier2")).toEqual([]);
  expect(await runningServices(scene)).toEqual(wholly.tier1);
});
