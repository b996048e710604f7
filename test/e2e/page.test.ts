import { StandInPage, statements } from "./browser/pages";
import { playPage, settings } from "./browser/scenario";
import { chooseBucket } from "../../ops/throwaway";
import { closeScene, openScene, type Scene } from "./scene";

/** The stand-in page, which asks what Scani's own asks, under the same policy. */

jest.setTimeout(300_000);

let scene: Scene;

beforeAll(async () => {
  const bucket = await chooseBucket();
  scene = await openScene("page", settings(bucket), { bucket });
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));

playPage(() => ({ front: scene.place, statements, open: (page, front) => new StandInPage(page, front), up: (tier) => scene.up(tier) }));
