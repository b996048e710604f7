import { connectDocker } from "../../host/engine/connect";
import { readPlatform } from "../../host/install/platform";
import { chooseSubject, type Subject } from "../../lab/bench/subject";
import { stackOutputs } from "../../ops/pulumi/stackOutputs";
import { changeSetting, chooseBucket, contextOn, startHostedOnStores } from "../../lab/throwaway";
import { ensureImages } from "../../lab/images";
import { RealPage, statements } from "./browser/pages";
import { playPage, settings } from "./browser/scenario";
import { useEveryStorageCall } from "./storageCalls";
import { closeScene, issuedKey, openScene, type Scene } from "./scene";

/** Scani's own page, on Scani's own images. SCANI_TEST_IMAGES=real enables it. */

jest.setTimeout(300_000);

/** Address of Scani's own data-provider, as tier 2's endpoint. */
const hosted = { alias: "hosted-scani", port: 8083 };

let subject: Subject;
let scene: Scene;

beforeAll(async () => {
  const docker = connectDocker();
  subject = await chooseSubject(docker, "real", () => undefined);
  const standIns = await ensureImages({ docker, log: () => undefined });
  const hostedImage = `${standIns.scaniRepository}/data-provider:${standIns.scaniTag}`;
  const bucket = await chooseBucket(docker);
  scene = await openScene("real", settings(bucket), { docker, images: subject.images, hostedImage, bucket });
  const { install } = scene.place;
  const outputs = await stackOutputs(contextOn(scene.place), "base");
  const image = `${subject.images.scaniRepository}/data-provider:${subject.images.scaniTag}`;
  await startHostedOnStores(
    docker,
    { install, image, ...hosted, key: issuedKey, bucket: scene.bucketEnvironment, mail: true },
    readPlatform(outputs?.platform),
  );
  changeSetting(scene.place, "tier2", "SCANI_CLOUD_URL", `http://${hosted.alias}:${hosted.port}`);
  await scene.up("tier1");
});

afterAll(async () => {
  await closeScene(scene);
  await subject.release();
});

test("every storage call of Scani's data-provider works with the bundled S3 server", () => useEveryStorageCall(scene));

// Leave QIF out: it names no currency, so Scani's page would ask its user.
playPage(() => ({
  scene,
  front: scene.place,
  statements: statements.filter(({ name }) => !name.endsWith(".qif")),
  // The api cannot fetch an institution's icon, since this machine reaches no website; a user who navigates before the
  // page's transition has ended skips it.
  aside: /\/api\/institution-icons\/|Transition was skipped/,
  open: (page, front) => new RealPage(page, front),
}));
