import { renderProblem } from "../../../util/operatorError";
import type Docker from "dockerode";
import { details } from "../../../host/engine/engine";
import { label } from "../../../host/install/names/labels";
import { servingApi, servingPage } from "../../../host/install/facts";
import { readFacts } from "../../../host/install/readFacts";
import { pendingMigrations, readSchema } from "../../../host/scani/migrations/pending";
import { preflight } from "../../../host/preflight/preflight";
import { withProbe } from "../../../host/preflight/probe";
import {
  checkUploads,
  hostedBucket,
  managedBucket,
  openPages,
  type UploadsReport,
} from "../../../host/preflight/uploads";
import { Progress } from "../../../util/progress/progress";
import type { Service } from "../../../host/install/services/release";
import { changeSetting, policyFor, hostedEnvironment, startHosted } from "../../../lab/throwaway";
import { endpointUrl, tell } from "../endpoint";
import { containersOf, runningServices } from "../host";
import { issuedKey } from "../scene";
import { underLoad, until } from "../traffic";
import { scene, secure } from "./install";
import { pause } from "../../../lab/throwaway/pause";

/** Faults of the hosted endpoint or of the machine, which the preflight finds before anything is started. */

const wrongKey = "a-key-nobody-was-issued-with";
const tier1 = ["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"];

const plain = () => scene.docker.getContainer(`${scene.place.install}-hosted`);

/** Sets the plain endpoint's fault. */
async function misbehave(mode: string, ms = 0): Promise<void> {
  await tell(plain(), "http://hosted.internal:8082", { mode, ms });
}

const servingIds = async () =>
  (await containersOf(scene))
    .filter(({ tier, running }) => tier === "tier1" && running)
    .map(({ id, info }) => `${id} ${info.State.StartedAt}`)
    .sort();

/**
 * Returns the ids of the containers the last `up` created for tier 2; replaced ones are removed only when an `up`
 * succeeds.
 */
async function candidate(): Promise<Partial<Record<Service, string>>> {
  const made = (await containersOf(scene))
    .filter(({ tier }) => tier === "tier2")
    .sort((a, b) => a.info.Created.localeCompare(b.info.Created));
  expect(made.length).toBeGreaterThanOrEqual(4);
  return Object.fromEntries(made.map(({ service, id }) => [service, id]));
}

/** Expects that nothing of tier 2 was ever started, nothing migrated, and no probe is left. */
async function expectUntouched(): Promise<void> {
  const [seen, { migrate }] = await Promise.all([containersOf(scene), candidate()]);
  const states = seen.filter(({ tier }) => tier === "tier2").map(({ info }) => info.State.Status);
  expect(new Set(states)).toEqual(new Set(["created"]));
  expect(await pendingMigrations(scene.engine, { name: scene.place.install }, migrate as string)).toEqual([
    "0003_rows_note",
  ]);
  expect(seen.filter(({ service }) => service === "preflight")).toEqual([]);
  expect(await runningServices(scene)).toEqual(tier1);
}

/** Runs an `up` that the preflight must refuse, with one clear message and without effect on the serving release. */
async function expectRefused(message: RegExp): Promise<void> {
  const before = await servingIds();
  const from = scene.output.length;
  const load = await underLoad(scene, 120);
  await expect(scene.up("tier2")).rejects.toThrow();
  const report = await load.stop();
  const printed = scene.output.slice(from).join("\n");
  expect(printed).toMatch(message);
  expect(printed).toContain("goes on serving, untouched.");
  expect(printed).not.toMatch(/▸ (migrate|start)/);
  for (const key of [issuedKey, wrongKey]) expect(printed).not.toContain(key);
  expect(await servingIds()).toEqual(before);
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(report.sent).toBeGreaterThan(60);
  await expectUntouched();
}

const faults: [string, () => Promise<unknown>, RegExp][] = [
  [
    "slow",
    () => misbehave("slow", 10_000),
    /hosted\.internal:8082 is too slow: it took the connection and had not answered after 5 s/,
  ],
  [
    "500s",
    () => misbehave("500"),
    /hosted\.internal:8082 returned a server error \(500\): Internal Server Error\n.*\n\s+type: npm run up -- tier2$/m,
  ],
  [
    "a plain page",
    () => misbehave("page"),
    /is no data-provider, though it answers 200: Welcome\n.*\n\s+type: npm run pulumi -- config set --stack tier2 SCANI_CLOUD_URL/,
  ],
  [
    "no storage",
    () => misbehave("no-storage"),
    /hosted\.internal:8082 gives no address for uploads: .*\(500\): stand-in fault no-storage\n.*\n\s+type: npm run up -- tier2$/m,
  ],
  [
    "no copyObject",
    () => misbehave("no-copy"),
    /hosted\.internal:8082 does not copy files, as Scani does to keep them: .*\(404\)/,
  ],
  ["down", () => plain().stop(), /hosted\.internal:8082 does not resolve: Could not resolve host/],
];

/**
 * Faults tested with a whole `up`, which takes some seconds and is the same for each. For the others a normal run only
 * runs the preflight.
 */
const wholeUps =
  process.env.SCANI_TEST_THOROUGH === undefined ? ["500s", "no copyObject", "down"] : faults.map(([fault]) => fault);

test.each(faults.filter(([fault]) => wholeUps.includes(fault)))(
  "%s: up ends with one clear message, and the release that serves does not notice",
  async (_fault, begin, message) => {
    await begin();
    await expectRefused(message);
  },
);

/** Runs only the preflight, for the candidate the last `up` left. @returns its messages */
async function look(changes: { minimumFreeDisk?: number } = {}): Promise<string[]> {
  const install = { name: scene.place.install, gateway: `${scene.place.install}-gateway` };
  const live = await readFacts(scene.engine, install);
  const wanted = {
    tier: "tier2" as const,
    release: "the candidate's",
    stack: "tier2",
    keepWarm: false,
    containers: await candidate(),
  };
  const schema = readSchema(scene.engine, install, wanted.containers.migrate as string);
  const said: string[] = [];
  await preflight(
    scene.engine,
    { install, wanted, stack: "tier2", baseStack: "base", ownBucket: true, minimumFreeDisk: 1, ...changes },
    { serving: servingApi(live), servingPage: servingPage(live), schema },
    new Progress((line) => said.push(line)),
  );
  return said;
}

/** Starts a container with the plain endpoint's name in which nothing listens. */
async function bearName(): Promise<Docker.Container> {
  const network = `${scene.place.install}-data`;
  const bearer = await scene.docker.createContainer({
    Image: `${scene.images.scaniRepository}/data-provider:${scene.images.scaniTag}`,
    Entrypoint: ["sleep", "120"],
    Cmd: [],
    Labels: { [label.install]: scene.place.install },
    HostConfig: { Init: true, NetworkMode: network },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ["hosted.internal"] } } },
  });
  await bearer.start();
  return bearer;
}

test.each(faults.filter(([fault]) => !wholeUps.includes(fault)))(
  "%s: the preflight says what is wrong",
  async (_fault, begin, message) => {
    await plain().start();
    await until(async () => {
      await begin();
      return true;
    }, 20_000);
    await expect(look()).rejects.toThrow(message);
    await plain().stop();
    await expectUntouched();
  },
);

test("an endpoint that does not listen is refused, one without AI providers of its own is not", async () => {
  const deaf = await bearName();
  await expect(look()).rejects.toThrow(
    /hosted\.internal:8082 refuses the connection.*\n.*\n\s+type: npm run pulumi -- config set --stack tier2 SCANI_CLOUD_URL \S+$/,
  );
  await deaf.remove({ force: true });
  await plain().start();
  await until(async () => {
    await misbehave("no-ai");
    return true;
  }, 20_000);
  expect(await look()).toEqual([
    expect.stringMatching(/accepts the key$/),
    `  a page can upload: ${scene.bucket.origin} accepted a file, which was found again and removed`,
    `  ${openPages(scene.bucket.origin)}`,
  ]);
  await expectUntouched();
});

test("too little disk space is reported together with the other failed checks", async () => {
  await misbehave("500");
  const both =
    /^The engine's disk has \d+ MiB free; 9007199254740991 \(minimumFreeDisk\) are required[^]*returned a server error \(500\)/;
  await expect(look({ minimumFreeDisk: Number.MAX_SAFE_INTEGER })).rejects.toThrow(both);
  await misbehave("none");
});

/**
 * Checks whether a page could upload to an endpoint's bucket, or to a managed one with these keys, after some changes.
 */
async function lookAtUploads(
  kind: "hosted" | "managed",
  changes: Readonly<Record<string, string>>,
  policy = policyFor(scene.bucket),
  page = scene.place.url,
): Promise<UploadsReport> {
  const { docker, engine, place, hostedImage, bucketEnvironment } = scene;
  const environment = { ...bucketEnvironment, ...changes };
  const [url, order] = ["http://other-hosted:8082", { page, policy, stack: "tier2", baseStack: "base" }];
  const api = await details(engine, (await candidate()).api as string);
  const started =
    kind === "hosted"
      ? await startHosted(docker, {
          install: place.install,
          image: hostedImage,
          alias: "other-hosted",
          port: 8082,
          environment: hostedEnvironment(issuedKey, environment),
        })
      : undefined;
  try {
    return await withProbe(
      engine,
      { install: place.install, api, url, key: issuedKey, stack: "tier2" },
      async (probe) => {
        const bucket =
          kind === "hosted"
            ? hostedBucket(url, probe, order)
            : managedBucket(
                Object.entries(environment).map(([name, value]) => `${name}=${value}`),
                probe,
                order,
              );
        return checkUploads(bucket, await bucket.place(), probe, order);
      },
    );
  } finally {
    await started?.container.remove({ force: true });
  }
}

const elsewhere = "https://bucket.nobody.example";

test.each([
  ["hosted", {}, undefined, []],
  ["managed", {}, undefined, []],
  [
    "hosted",
    {},
    "'self'",
    [
      /^Nobody could upload: files go to http:\/\/[\d.]+:\d+, and the page's policy[^]*type: npm run pulumi -- config set --stack tier2 CSP_CONNECT_SRC ''\\''self'\\'' http:\/\/[\d.]+:\d+'$/,
    ],
  ],
  [
    "hosted",
    { S3_ENDPOINT: "" },
    undefined,
    [/^http:\/\/other-hosted:8082 gives no address for uploads: .*\(500\): .*\n.*\n {2}type: npm run up -- tier2$/],
  ],
  [
    "hosted",
    { S3_PUBLIC_ENDPOINT: "http://hosted-bucket:9000" },
    undefined,
    [/CSP_CONNECT_SRC/, /^http:\/\/hosted-bucket:9000 cannot be reached from this machine: /],
  ],
  [
    "hosted",
    { S3_PUBLIC_ENDPOINT: elsewhere },
    `'self' ${elsewhere}`,
    [/^https:\/\/bucket\.nobody\.example cannot be reached from this machine: /],
  ],
  [
    "hosted",
    { S3_SECRET_ACCESS_KEY: "another-secret" },
    undefined,
    [/refuses the file \(403\): SignatureDoesNotMatch/],
  ],
  ["hosted", { S3_BUCKET: "no-such-bucket" }, undefined, [/refuses the file \(404\): NoSuchBucket/]],
  [
    "managed",
    { S3_SECRET_ACCESS_KEY: "another-secret" },
    undefined,
    [
      /refuses the file \(403\): SignatureDoesNotMatch[^]*type: npm run pulumi -- config set --secret S3_SECRET_ACCESS_KEY --stack base$/,
    ],
  ],
  [
    "managed",
    { S3_ACCESS_KEY_ID: "nobody" },
    undefined,
    [
      /refuses the file \(404\): XAdminUserNotFound[^]*type: npm run pulumi -- config set --stack base S3_ACCESS_KEY_ID/,
    ],
  ],
  [
    "managed",
    { S3_BUCKET: "no-such-bucket" },
    undefined,
    [/refuses the file \(404\): NoSuchBucket[^]*type: npm run pulumi -- config set --stack base S3_BUCKET \S+$/],
  ],
  [
    "managed",
    { S3_ENDPOINT: "http://nowhere.internal:9000" },
    undefined,
    [/^A file that http:\/\/[\d.]+:\d+ accepted is not found again: .*Could not resolve host/],
  ],
] as const)("uploads to a %s bucket with %j under %s", async (kind, changes, policy, problems) => {
  const report = await lookAtUploads(kind, changes, policy);
  expect(report.problems.map(renderProblem)).toEqual(problems.map((problem) => expect.stringMatching(problem)));
});

test("a bucket that does not take this page's PUT is refused before a file is sent", async () => {
  const page = "https://another-page.example.org";
  const api = await details(scene.engine, (await candidate()).api as string);
  const order = { page, policy: policyFor(scene.bucket), stack: "tier2", baseStack: "base" };
  const environment = Object.entries(scene.bucketEnvironment).map(([name, value]) => `${name}=${value}`);
  const { problems } = await withProbe(
    scene.engine,
    { install: scene.place.install, api, url: "http://hosted.internal:8082", key: issuedKey, stack: "tier2" },
    async (probe) => {
      const bucket = managedBucket(environment, probe, order);
      return checkUploads(bucket, await bucket.place(), probe, order);
    },
  );
  expect(problems.map(renderProblem)).toEqual([
    expect.stringMatching(
      /does not allow uploads from the page at https:\/\/another-page\.example\.org \(CORS\): [^]*Allow PUT with the header Content-Type from https:\/\/another-page\.example\.org/,
    ),
  ]);
});

test("a hosted bucket that is full, answers late or refuses the page is refused, each with its cause", async () => {
  const { docker, place, bucket } = scene;
  const full = await startFullBucket();
  const port = (await full.inspect()).NetworkSettings.Ports["9000/tcp"][0].HostPort;
  const origin = `http://${new URL(bucket.origin).hostname}:${port}`;
  const [filled] = (
    await lookAtUploads(
      "hosted",
      { S3_ENDPOINT: "http://full-bucket:9000", S3_PUBLIC_ENDPOINT: origin },
      `'self' ${origin}`,
    )
  ).problems;
  await full.remove({ force: true });
  expect(renderProblem(filled)).toMatch(/refuses the file \(507\): .*No space left[^]*type: npm run up -- tier2$/);
  const late = docker.getContainer(`${place.install}-hosted-bucket`);
  await pause(late);
  const { problems } = await lookAtUploads("hosted", {}).finally(() => late.unpause());
  expect(problems.map(renderProblem)).toEqual([
    expect.stringMatching(/cannot be reached from this machine: no answer within 5 s[^]*type: npm run up -- tier2$/),
  ]);
  const foreign = await lookAtUploads("hosted", {}, policyFor(bucket), "https://another-page.example.org");
  expect(foreign.problems.map(renderProblem)).toEqual([
    expect.stringMatching(
      /does not allow uploads from the page at .*\(CORS\): [^]*Ask whoever runs the endpoint to allow PUT/,
    ),
  ]);
});

/** Starts an S3 server like the hosted one, with no room left for a file. */
async function startFullBucket(): Promise<Docker.Container> {
  const { docker, place, images, bucketEnvironment, bucket } = scene;
  const name = bucketEnvironment.S3_BUCKET;
  const container = await docker.createContainer({
    Image: images.storage,
    Entrypoint: [
      "sh",
      "-c",
      `mkdir -p /meta /data/${name} && { head -c 1M /dev/zero > /data/filling; exec versitygw --port :9000 --region ${bucketEnvironment.S3_REGION} posix --sidecar /meta /data; }`,
    ],
    Cmd: [],
    Env: [
      `ROOT_ACCESS_KEY=${bucket.accessKeyId}`,
      `ROOT_SECRET_KEY=${bucket.secretAccessKey}`,
      "VGW_KEEP_ALIVE=true",
      `VGW_CORS_ALLOW_ORIGIN=${place.url}`,
    ],
    Labels: { [label.install]: place.install },
    ExposedPorts: { "9000/tcp": {} },
    HostConfig: {
      // The data network cannot publish ports.
      NetworkMode: `${place.install}-edge`,
      Tmpfs: { "/data": "size=128k" },
      PortBindings: { "9000/tcp": [{ HostPort: "0", HostIp: new URL(bucket.origin).hostname }] },
    },
  });
  await docker
    .getNetwork(`${place.install}-data`)
    .connect({ Container: container.id, EndpointConfig: { Aliases: ["full-bucket"] } });
  await container.start();
  return container;
}

test.each([
  [
    "a wrong key",
    { SCANI_CLOUD_API_KEY: wrongKey },
    /hosted\.internal:8082 refuses the key \(401\): Invalid API key[^]*type: npm run pulumi -- config set --secret SCANI_CLOUD_API_KEY --stack tier2/,
    () => ({ SCANI_CLOUD_API_KEY: issuedKey }),
  ],
  [
    "a policy that does not allow where uploads go",
    { CSP_CONNECT_SRC: "'self'" },
    /Nobody could upload: files go to http:\/\/[\d.]+:\d+[^]*type: npm run pulumi -- config set --stack tier2 CSP_CONNECT_SRC ''\\''self'\\'' http:\/\/[\d.]+:\d+'/,
    () => ({ CSP_CONNECT_SRC: policyFor(scene.bucket) }),
  ],
  [
    "self-signed, and no authority given",
    { SCANI_CLOUD_URL: endpointUrl },
    /a certificate that is not trusted: SSL certificate problem: [^]*type: npm run pulumi -- config set caCertificate --stack tier2 < ca\.pem/,
    () => ({ caCertificate: secure.authority }),
  ],
])(
  "%s: up ends with one clear message, and the release that serves does not notice",
  async (_fault, settings, message, mended) => {
    set(settings);
    await expectRefused(message);
    set(mended());
  },
);

/** Changes settings of tier 2. */
function set(settings: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(settings)) changeSetting(scene.place, "tier2", name, value);
}
