import { changeSetting } from "../../../lab/throwaway";
import { startEndpoint, type Endpoint } from "../endpoint";
import { closeScene, openScene, type Scene } from "../scene";

/** The install for the tests of failing switches: tier 1 serves, and tier 2 is to be the next release. */
export let scene: Scene;

/** An endpoint over TLS, next to the scene's plain one. */
export let secure: Endpoint;

beforeAll(async () => {
  scene = await openScene("faults");
  // The next release has an additional migration, so that a migration that ran would show.
  changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", scene.images.nextTag);
  secure = await startEndpoint(scene);
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));
