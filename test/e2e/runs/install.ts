import { closeScene, openScene, type Scene } from "../scene";

/** The install for tests of concurrent and killed runs; tier 1 serves. */
export let scene: Scene;

beforeAll(async () => {
  scene = await openScene("runs", { tier1: { soak: "1" }, tier2: { soak: "1" } });
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));
