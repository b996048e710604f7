import { container, runningServices } from "./host";
import { closeScene, openScene, type Scene } from "./scene";
import { promisedRate, underLoad } from "./traffic";
import { changeSetting } from "../../lab/throwaway";

jest.setTimeout(240_000);

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("base", { base: { postgresMemory: "512" }, tier1: { soak: "0" } });
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));

const serving = ["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"];

test("another memory limit for Postgres: requests wait, none fails", async () => {
  const before = await container(scene, undefined, "postgres");
  const load = await underLoad(scene, 120, promisedRate);
  changeSetting(scene.place, "base", "postgresMemory", "640");
  const printed = await scene.up("base");
  const report = await load.stop();
  console.log(printed, JSON.stringify({ ...report, latencyMs: undefined }));
  const after = await container(scene, undefined, "postgres");
  expect(after.id).not.toBe(before.id);
  expect(report.failures).toEqual([]);
  expect(report.longestMs).toBeLessThan(5_000);
  expect(await runningServices(scene)).toEqual(serving);
});
