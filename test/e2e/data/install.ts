import { closeScene, openScene, type Scene } from "../scene";

/** The install for the tests of guards and backups; tier 1 serves. */
export let scene: Scene;

beforeAll(async () => {
  scene = await openScene("data", { base: { backupsKept: "2" }, tier1: { soak: "0" }, tier2: { soak: "0" } });
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));
