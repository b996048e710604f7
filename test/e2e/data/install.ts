import { closeScene, openScene, type Scene } from "../scene";

/** One install for what keeps the data, and what brings it back; tier 1 serves. */
export let scene: Scene;

beforeAll(async () => {
  scene = await openScene("data", { base: { backupsKept: "2" }, tier1: { soak: "0" }, tier2: { soak: "0" } });
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));
