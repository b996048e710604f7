import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { isVersioned, listObjects, ObjectCopy } from "../../host/adopt/objects";
import { connectDocker } from "../../host/engine/connect";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { signedAddress, type Bucket } from "../../host/install/storage/bucket";
import { ensureImages } from "../../lab/images";
import { installOf, ownFolder, removeWhole, throwawayLabels } from "../../lab/throwaway";
import { until } from "./traffic";

/**
 * Files of a compose project's S3 server, copied into base's. SCANI_TEST_MINIO names an image of MinIO's; without it
 * both servers are of base's kind.
 */

const docker = connectDocker();
const engine = engineOver(docker);
const { SCANI_TEST_MINIO: minio, SCANI_TEST_THOROUGH: thorough } = process.env;
const folder = ownFolder("adopt");
const install = installOf(folder);
const keys = { accessKeyId: "scani", secretAccessKey: "0123456789abcdef".repeat(4), region: "us-east-1" };
const bucket = "job-uploads";
const [from, to] = ["old", "new"].map((host): Bucket => ({ ...keys, bucket, endpoint: `http://${host}:9000` }));

/** Number of objects besides those with odd keys. */
const plain = thorough === undefined ? 120 : 1_500;

const oddKeys = [
  "with space/and  two.csv",
  "plus+plus.csv",
  "percent %41%2F.csv",
  "größe/日本語/😀.pdf",
  `quotes'"and(brackets)[1]{2}!*.csv`,
  "a&b=c;d,e@f#g?h.csv",
  "dots/.../x..y.csv",
  "empty.txt",
  "temp/file-import/0a1b/deep/er/statement.csv",
];

/** Headers an object keeps. */
const kept = {
  "content-type": "text/csv; charset=utf-8",
  "content-disposition": 'attachment; filename="my \\"own\\" file.csv"',
  "cache-control": "private, max-age=60",
  "x-amz-meta-owner": "ada lovelace",
  "x-amz-meta-origin": "page",
};

const contentOf = (key: string): string => (key === "empty.txt" ? "" : `content of ${key}\n`.repeat(20));
const sumOf = (text: string): string => createHash("sha256").update(text).digest("hex");

let client: string;

beforeAll(async () => {
  const images = await ensureImages({ docker, log: () => undefined });
  const labels = throwawayLabels(install);
  for (const host of ["old", "new"])
    await docker.createNetwork({ Name: `${install}-${host}`, Labels: labels, Internal: true });
  const start = async (host: string, image: string, Entrypoint: string[], Env: string[]): Promise<string> => {
    const container = await docker.createContainer({
      name: `${install}-${host}`,
      Image: image,
      Labels: labels,
      Entrypoint,
      Cmd: [],
      Env,
      HostConfig: { NetworkMode: `${install}-${host.replace(/^client$/, "new")}` },
      NetworkingConfig: {
        EndpointsConfig: { [`${install}-${host.replace(/^client$/, "new")}`]: { Aliases: [host] } },
      },
    });
    await container.start();
    return container.id;
  };
  const versity = ["sh", "-c", `mkdir -p /data/${bucket} && exec versitygw --port :9000 --health /health posix /data`];
  const versityKeys = [`ROOT_ACCESS_KEY=${keys.accessKeyId}`, `ROOT_SECRET_KEY=${keys.secretAccessKey}`];
  await start("new", images.storage, versity, [...versityKeys, "VGW_KEEP_ALIVE=true"]);
  await (minio === undefined
    ? start("old", images.storage, versity, versityKeys)
    : start(
        "old",
        minio,
        ["sh", "-c", `mkdir -p /data/${bucket} && exec minio server /data`],
        [`MINIO_ROOT_USER=${keys.accessKeyId}`, `MINIO_ROOT_PASSWORD=${keys.secretAccessKey}`],
      ));
  client = await start("client", `${images.scaniRepository}/api:${images.scaniTag}`, ["sleep", "3600"], []);
  await engine.connectNetwork(`${install}-old`, client);
  for (const one of [from, to]) await until(async () => (await listObjects(engine, client, one)).length === 0, 30_000);
}, 120_000);

afterAll(async () => {
  await removeWhole(docker, install);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Stores objects, several at a time. */
async function store(all: readonly string[], headers: Readonly<Record<string, string>>): Promise<void> {
  const requests = await Promise.all(
    all.map(async (key) => {
      const url = await signedAddress(from, { method: "PUT", key, headers }, 600);
      const lines = Object.entries(headers).map(([name, value]) => `header = ${JSON.stringify(`${name}: ${value}`)}`);
      return [
        "fail",
        "path-as-is",
        "request = PUT",
        `url = "${url}"`,
        ...lines,
        `data-binary = ${JSON.stringify(contentOf(key))}`,
      ].join("\n");
    }),
  );
  const { exitCode, output, errors } = await engine.capture(
    client,
    ["curl", "-sS", "--parallel", "-K", "-"],
    [],
    requests.join("\nnext\n"),
  );
  if (exitCode !== 0) throw new Error(`${errors} ${output}`);
}

/** Fetches an object from a server. @returns its body's checksum, and its headers */
async function read(where: Bucket, key: string): Promise<{ sum: string; headers: Record<string, string> }> {
  const url = await signedAddress(where, { method: "GET", key }, 600);
  const { output } = await engine.capture(
    client,
    ["sh", "-c", "curl -sS --path-as-is -D /tmp/head -o /tmp/body -K - && sha256sum /tmp/body && cat /tmp/head"],
    [],
    `url = "${url}"`,
  );
  const headers = [...output.matchAll(/^([\w-]+): *(.*?)\r?$/gm)].map(([, name, value]) => [name.toLowerCase(), value]);
  return { sum: output.slice(0, 64), headers: Object.fromEntries(headers) as Record<string, string> };
}

test("odd keys, types and metadata arrive as they were, and what is there is not copied again", async () => {
  const many = Array.from({ length: plain }, (_unused, at) => `many/${at % 7}/${at}.csv`);
  await store(oddKeys, kept);
  for (let at = 0; at < many.length; at += 100) await store(many.slice(at, at + 100), { "content-type": "text/csv" });
  const open = () => ObjectCopy.open(engine, install, image, [`${install}-old`, `${install}-new`]);
  const { Image: image } = await docker.getContainer(client).inspect();
  const began = Date.now();
  const copy = await open();
  try {
    const all = oddKeys.length + many.length;
    expect(await copy.copy(from, to)).toMatchObject({ objects: all, now: all });
    console.info(`${all} objects of ${minio ?? "the bundled server"} copied in ${Date.now() - began} ms`);
    expect(await copy.copy(from, to)).toMatchObject({ objects: all, now: 0 });
    await store(["late.csv"], {});
    expect(await copy.copy(from, to)).toMatchObject({ now: 1 });
    // Copy back, with nothing to do.
    expect(await copy.copy(to, from)).toMatchObject({ now: 0 });
  } finally {
    await copy.close();
  }
  for (const key of oddKeys) {
    const { sum, headers } = await read(to, key);
    expect([key, sum, headers]).toMatchObject([key, sumOf(contentOf(key)), kept]);
  }
  expect((await read(to, many[plain - 1])).headers).toMatchObject({ "content-type": "text/csv" });
  expect((await listObjects(engine, client, to)).map(({ key }) => key).sort()).toEqual(
    [...oddKeys, ...many, "late.csv"].sort(),
  );
}, 400_000);

test("wrong keys are said in the server's words; whether old versions are kept is known", async () => {
  const wrong = { ...from, secretAccessKey: "wrong-wrong-wrong" };
  await expect(listObjects(engine, client, wrong)).rejects.toThrow(/does not list its files \(403\): Signature/);
  expect(await isVersioned(engine, client, from)).toBe(false);
}, 30_000);
