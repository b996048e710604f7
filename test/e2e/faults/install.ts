import { changeSetting } from "../../../lab/throwaway";
import { startEndpoint, type Endpoint } from "../endpoint";
import { closeScene, openScene, type Scene } from "../scene";

/** One install for all that can be wrong with a switch: tier 1 serves, and tier 2 is to be the next release. */
export let scene: Scene;

/** An endpoint over TLS, beside the plain one of the scene. */
export let secure: Endpoint;

beforeAll(async () => {
  scene = await openScene("faults");
  // The next release has a migration of its own, so that it would show if one had run.
  changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", scene.images.nextTag);
  secure = await startEndpoint(scene);
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));
