import { AwsClient } from "aws4fetch";
import { request } from "node:http";
import { connectDocker } from "../../host/engine/connect";
import { exec } from "../../host/engine/docker/exec";
import { StandInPage, statements } from "./browser/pages";
import { playPage, settings } from "./browser/scenario";
import { chooseBucket } from "../../lab/throwaway";
import { container, environmentOf } from "./host";
import { closeScene, openScene, type Scene } from "./scene";

/** The stand-in page, which makes the requests of Scani's own under the same policy. */

jest.setTimeout(300_000);

let scene: Scene;

beforeAll(async () => {
  const bucket = await chooseBucket(connectDocker());
  scene = await openScene("page", settings(bucket), { bucket });
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));

/** Returns the URL of a path on the bucket's route. */
const bucketUrl = (path: string) => `${scene.place.url}${path}`;

/** Returns the bucket's name, and a function that signs requests with the data-provider's keys. */
async function bucketKeys(
  changes: Readonly<Record<string, string>> = {},
): Promise<{ bucket: string; sign(path: string, method: string): Promise<string> }> {
  const environment = { ...environmentOf(await container(scene, "tier1", "data-provider")), ...changes };
  const signer = new AwsClient({
    accessKeyId: environment.S3_ACCESS_KEY_ID,
    secretAccessKey: environment.S3_SECRET_ACCESS_KEY,
    service: "s3",
    region: environment.S3_REGION,
  });
  return {
    bucket: environment.S3_BUCKET,
    sign: async (path, method) => (await signer.sign(bucketUrl(path), { method, aws: { signQuery: true } })).url,
  };
}

/** Sends a PUT whose path is not normalised. @returns its status */
function putAsIs(path: string): Promise<number> {
  const { hostname, port } = new URL(scene.place.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method: "PUT" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on("error", reject)
      .end("x");
  });
}

/** Lists all files of the bundled S3 server, in any bucket, without its own locks. */
async function stored(): Promise<string[]> {
  const { output } = await exec(scene.docker.getContainer(`${scene.place.install}-storage`), [
    "sh",
    "-c",
    "cd /data && find . -type f -not -path './.vgwlocks/*' | sort",
  ]);
  return output.split("\n").filter((name) => name !== "");
}

test("the bucket's route accepts signed requests only", async () => {
  const { bucket, sign } = await bucketKeys();
  const forged = await bucketKeys({ S3_SECRET_ACCESS_KEY: "guessed" });
  const put = async (url: string, bytes = 5) => (await fetch(url, { method: "PUT", body: Buffer.alloc(bytes) })).status;
  const [largest, larger] = [8 * 1024 * 1024, 8 * 1024 * 1024 + 1];

  expect(await put(await sign(`/${bucket}/temp/good.txt`, "PUT"))).toBe(200);
  expect(await put(await sign(`/${bucket}/temp/large.txt`, "PUT"), largest)).toBe(200);
  const before = await stored();
  expect(before).toEqual([`./${bucket}/temp/good.txt`, `./${bucket}/temp/large.txt`]);

  const refused = {
    "an anonymous PUT": put(bucketUrl(`/${bucket}/temp/x.txt`)),
    "a PUT with a forged signature": put(await forged.sign(`/${bucket}/temp/x.txt`, "PUT")),
    "a PUT under another name than was signed": put(
      (await sign(`/${bucket}/temp/good.txt`, "PUT")).replace("good.txt", "x.txt"),
    ),
    "a GET with what was signed for a PUT": fetch(await sign(`/${bucket}/temp/good.txt`, "PUT")).then(
      ({ status }) => status,
    ),
    "an anonymous GET": fetch(bucketUrl(`/${bucket}/temp/good.txt`)).then(({ status }) => status),
    "a listing": fetch(bucketUrl(`/${bucket}?list-type=2`)).then(({ status }) => status),
    "a listing of what lies above": fetch(bucketUrl(`/${bucket}/`)).then(({ status }) => status),
    "a DELETE": fetch(bucketUrl(`/${bucket}/temp/good.txt`), { method: "DELETE" }).then(({ status }) => status),
  };
  for (const [what, status] of Object.entries(refused))
    expect({ what, status: await status }).toEqual({ what, status: 403 });
  expect(await put(await sign(`/${bucket}/temp/x.txt`, "PUT"), larger)).toBe(413);
  expect(await putAsIs(`/${bucket}/../other/x.txt`)).toBe(400);
  // Another bucket's name is no route but a path of the page, which accepts no files.
  expect(await put(bucketUrl("/other-bucket/x.txt"))).toBe(405);
  expect(await stored()).toEqual(before);
});

test("up base restores a bucket route the gateway has lost", async () => {
  const gateway = scene.docker.getContainer(`${scene.place.install}-gateway`);
  await exec(gateway, ["kamal-proxy", "remove", "storage"]);
  expect((await fetch(bucketUrl("/job-uploads/x"))).headers.get("content-type")).toContain("text/html");
  await scene.up("base");
  expect((await fetch(bucketUrl("/job-uploads/x"))).status).toBe(403);
});

playPage(() => ({ scene, front: scene.place, statements, open: (page, front) => new StandInPage(page, front) }));
