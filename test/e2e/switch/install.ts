import { closeScene, openScene, type Scene } from "../scene";

/** The install for successful switches, by the commands and then by raw Pulumi; tier 1 serves. */
export let scene: Scene;

beforeAll(async () => {
  scene = await openScene("switch", { tier1: { soak: "1" }, tier2: { soak: "1" } });
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));
