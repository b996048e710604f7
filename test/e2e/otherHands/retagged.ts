import { changeSetting } from "../../../lab/throwaway";
import { servicesOf } from "../../../host/install/services/release";
import { container } from "../host";
import { underLoad } from "../traffic";
import { scene } from "./install";

/** Returns the repository of this install's own images, whose tags are moved. */
const repository = () => `${scene.place.install}-images`;
const tag = "1.0.0";

/** Rebuilds a service's image under the same name, with only a label changed. */
async function rebuild(service: string): Promise<void> {
  const { id } = await container(scene, "tier2", service);
  await scene.docker.getContainer(id).commit({
    repo: `${repository()}/${service}`,
    tag,
    changes: `LABEL built=${Date.now()}`,
  });
}

describe("images of the install's own", () => {
  beforeAll(async () => {
    for (const service of servicesOf("tier2"))
      await scene.docker
        .getImage(`${scene.images.scaniRepository}/${service}:${scene.images.scaniTag}`)
        .tag({ repo: `${repository()}/${service}`, tag });
    changeSetting(scene.place, "tier2", "imageRepository", repository());
    changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", tag);
    await scene.up("tier2");
  });

  afterAll(async () => {
    await scene.up("tier1");
    for (const service of servicesOf("tier2"))
      await scene.docker.getImage(`${repository()}/${service}:${tag}`).remove({ force: true });
  });

  test("an image built anew under the same name is another release: the preview says it, and up upgrades", async () => {
    const before = await container(scene, "tier2", "api");
    await rebuild("api");
    const printed = await scene.preview("tier2");
    expect(printed).toContain("Images pulled or built anew under the same name since tier2 was made: api.");
    expect(printed).toContain("flip the gateway");
    const load = await underLoad(scene);
    await scene.up("tier2");
    const { failed } = await load.stop();
    expect(failed).toBe(0);
    const after = await container(scene, "tier2", "api");
    expect(after.info.Image).not.toBe(before.info.Image);
    expect(after.running).toBe(true);
    expect(await scene.up("tier2")).toMatch(/Resources:\n\s+\d+ unchanged/);
  });
});
