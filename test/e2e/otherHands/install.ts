import { closeScene, openScene, type Scene } from "../scene";

/** The install that other tools change too; tier 1 serves, and tier 2 has served. */
export let scene: Scene;

beforeAll(async () => {
  scene = await openScene("hands", { base: { protectData: "true" }, tier1: { soak: "0" }, tier2: { soak: "0" } });
  await scene.up("tier2");
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));
