import { label } from "../../host/install/names/labels";
import { readStatus } from "../../ops/status/read";
import { runningServices } from "./host";
import { wholly } from "./runs/cases";
import { closeScene, openScene, type Scene } from "./scene";
import { underLoad, until } from "./traffic";
import { pause } from "../../lab/throwaway/pause";

/** A new api that somebody pauses and never unpauses, so that commands inside it freeze; a switch ends nevertheless. */

jest.setTimeout(300_000);

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("paused", { tier1: { soak: "3" }, tier2: { soak: "3", readyTimeout: "20" } });
  await scene.up("tier1");
});
afterAll(() => closeScene(scene));

async function pauseNewApi(): Promise<void> {
  const labels = [`${label.install}=${scene.place.install}`, `${label.tier}=tier2`, `${label.service}=api`];
  await until(async () => {
    const [running] = await scene.engine.containers({ labels });
    if (running !== undefined) await pause(scene.docker.getContainer(running.id));
    return running !== undefined;
  }, 30_000);
}

test.each(["▸ start", "▸ verify", "▸ soak"])(
  "paused for good at %s: the old release serves, and it is said",
  async (step) => {
    const from = scene.output.length;
    const load = await underLoad(scene);
    const paused = scene.untilPrinted(step).then(pauseNewApi);
    await expect(scene.up("tier2")).rejects.toThrow();
    await paused;
    expect(scene.output.slice(from).join("\n")).toMatch(/tier1 (\(\S+\) )?(goes on serving|serves)/);
    const { failed, failures } = await load.stop();
    console.info(`paused at ${step}: ${failed} requests failed`);
    // Requests that reached it while it served are never answered.
    if (step !== "▸ soak") expect(failures.slice(0, 3)).toEqual([]);
    expect((await readStatus(scene.engine, scene.place.install)).serving?.tier).toBe("tier1");
    expect(await runningServices(scene)).toEqual(wholly.tier1);
  },
);
