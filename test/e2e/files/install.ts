import { connectDocker } from "../../../host/engine/connect";
import { readPlatform } from "../../../host/install/platform";
import { chooseSubject, type Subject } from "../../../lab/bench/subject";
import { ensureImages } from "../../../lab/images";
import { RealScani } from "../../../lab/rehearse/real";
import type { RehearsedScani } from "../../../lab/rehearse/scani";
import type { Session } from "../../../lab/rehearse/session";
import { StandInScani } from "../../../lab/rehearse/standIn";
import { startLoad, type LoadHandle } from "../../../lab/load";
import { changeSetting, contextOn, startHostedOnStores } from "../../../lab/throwaway";
import { stackOutputs } from "../../../ops/pulumi/stackOutputs";
import { container, environmentOf, sql } from "../host";
import { closeScene, issuedKey, openScene, type Scene } from "../scene";
import { promisedRate } from "../traffic";
import { Bucket } from "./bucket";

/** Kind of images: Scani's own with SCANI_TEST_IMAGES=real. */
export const kind = process.env.SCANI_TEST_IMAGES === "real" ? "real" : "stand-in";

/** The install for the tests of files; tier 1 serves. */
export let scene: Scene;
export let scani: RehearsedScani;

/** Session of a signed-in user, and their id. */
export let ada: Session;
export let user: string;

/** Another user's id. */
export let other: string;

/** The install's own bucket, and the hosted one. */
export let home: Bucket;
export let away: Bucket;

let subject: Subject;

/** Address of Scani's own data-provider, as tier 2's endpoint. */
const hosted = { alias: "hosted-scani", port: 8083 };

beforeAll(async () => {
  const docker = connectDocker();
  const standIns = await ensureImages({ docker, log: () => undefined });
  subject = await chooseSubject(docker, kind, () => undefined);
  const hostedImage = `${standIns.scaniRepository}/data-provider:${standIns.scaniTag}`;
  scene = await openScene(
    "files",
    { tier1: { soak: "1" }, tier2: { soak: "1" } },
    { docker, images: subject.images, hostedImage },
  );
  if (kind === "real") await startRealEndpoint();
  await scene.up("tier1");
  scani = kind === "real" ? RealScani.on(docker, scene.place) : new StandInScani(scene.place);
  ada = await scani.seedUser("ada");
  // These users send load too.
  for (const name of ["bob", "cleo", "dan", "eve"]) await scani.seedUser(name);
  [user, other] = (await sql<string>(
    scene,
    "select to_jsonb(id) from users where email in ('ada@example.org', 'bob@example.org') order by email",
  )) as [string, string];
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
  const { S3_BUCKET: name, S3_REGION: region } = scene.bucketEnvironment;
  away = new Bucket({ origin, bucket: name, region, accessKeyId, secretAccessKey });
});

afterAll(async () => {
  await closeScene(scene);
  await subject.release();
});

async function startRealEndpoint(): Promise<void> {
  const { docker, place, images, bucketEnvironment } = scene;
  const outputs = await stackOutputs(contextOn(place), "base");
  const image = `${images.scaniRepository}/data-provider:${images.scaniTag}`;
  await startHostedOnStores(
    docker,
    { install: place.install, image, ...hosted, key: issuedKey, bucket: bucketEnvironment, mail: true },
    readPlatform(outputs?.platform),
  );
  changeSetting(place, "tier2", "SCANI_CLOUD_URL", `http://${hosted.alias}:${hosted.port}`);
}

/** Name of tier 2's endpoint in messages. */
export const endpoint = kind === "real" ? `http://${hosted.alias}:${hosted.port}` : "http://hosted.internal:8082";

/** Does work under the promised load, of which no request may fail. */
export async function loaded(work: () => Promise<void>): Promise<void> {
  const load: LoadHandle = await startLoad({
    url: scene.place.url,
    rate: promisedRate,
    seconds: 1_200,
    requests: scani.requests(),
  });
  try {
    await work();
  } catch (error) {
    await load.stop();
    throw error;
  }
  const { failed, failures, sent } = await load.stop();
  console.log(`${sent} requests, ${failed} failed`);
  expect({ failed, first: failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
}
