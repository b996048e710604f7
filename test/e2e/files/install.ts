import { container, environmentOf } from "../host";
import { closeScene, openScene, type Scene } from "../scene";
import { Bucket } from "./bucket";

/** One install with files; tier 1 serves. */
export let scene: Scene;

/** The install's own bucket, and the hosted one. */
export let home: Bucket;
export let away: Bucket;

beforeAll(async () => {
  scene = await openScene("files", { tier1: { soak: "1" }, tier2: { soak: "1" } });
  await scene.up("tier1");
  const { S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = environmentOf(
    await container(scene, "tier1", "data-provider"),
  );
  home = new Bucket({
    origin: scene.place.url,
    bucket: S3_BUCKET,
    region: S3_REGION,
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
  });
  const { origin, accessKeyId, secretAccessKey } = scene.bucket;
  const { S3_BUCKET: hosted, S3_REGION: region } = scene.bucketEnvironment;
  away = new Bucket({ origin, bucket: hosted, region, accessKeyId, secretAccessKey });
});

afterAll(() => closeScene(scene));
