import { readInUse, type ContainerInUse } from "../../../../host/guards/inUse";
import { changedSettings } from "../../../../host/guards/changedSettings";
import { releaseChanges, type DeclaredRelease } from "../../../../host/guards/releaseSettings";
import { label } from "../../../../host/install/names/labels";
import type { Origin } from "../../../../settings";
import { commandsOf, renderProblem } from "../../../../util/operatorError";
import { FakeEngine } from "../fakeEngine";

const shell = "the shell's environment";
const base = { NODE_ENV: "production", LOG_LEVEL: "info", DATABASE_URL: "postgres://u:SECRET@postgres/scani" };
const cloud = { SCANI_CLOUD_URL: "https://data.example.org", SCANI_CLOUD_API_KEY: "ISSUEDSECRET-0123" };

/** Returns the containers of a release in use. */
function running(
  tier: "tier1" | "tier2",
  variables: Readonly<Record<string, string>>,
  memory = 1024,
): ContainerInUse[] {
  const environment = Object.entries({ PATH: "/bin", ...variables }).map(([name, value]) => `${name}=${value}`);
  return ["api", "worker"].map((service) => ({
    tier,
    release: "one",
    service,
    environment,
    image: `scani/${service}:0.17.1`,
    ofImage: { PATH: "/bin", SERVICE_VERSION: "0.17.1" },
    memory,
  }));
}

function declared(
  tier: "tier1" | "tier2",
  variables: Readonly<Record<string, string>>,
  origins: Readonly<Record<string, Origin>>,
  rest: Partial<DeclaredRelease> = {},
): DeclaredRelease {
  return {
    tier,
    environment: { api: variables, worker: variables },
    images: { api: "scani/api:0.17.1", worker: "scani/worker:0.17.1" },
    memory: { api: 1024, worker: 1024 },
    origin: (setting) => origins[setting],
    ...rest,
  };
}

const decided = (next: DeclaredRelease, inUse: readonly ContainerInUse[]) =>
  changedSettings(releaseChanges(next, inUse), next.tier, inUse[0]?.tier ?? "");

test.each<[string, DeclaredRelease, string, string]>([
  [
    "a key the release has not",
    declared("tier1", { ...base, OPENAI_API_KEY: "STRAYSECRET" }, { OPENAI_API_KEY: shell }),
    "OPENAI_API_KEY (from the shell's environment) is given, and tier1 runs without it.",
    "unset OPENAI_API_KEY",
  ],
  [
    "another value",
    declared("tier1", { ...base, LOG_LEVEL: "debug" }, { LOG_LEVEL: shell }),
    "LOG_LEVEL (from the shell's environment) is debug, and tier1 runs with info.",
    "unset LOG_LEVEL",
  ],
  [
    "a tag",
    declared("tier1", base, { SCANI_IMAGE_TAG: shell }, { images: { api: "scani/api:0.18.0" } }),
    "SCANI_IMAGE_TAG (from the shell's environment) is 0.18.0, and tier1 runs with 0.17.1.",
    "unset SCANI_IMAGE_TAG",
  ],
  [
    "a repository",
    declared("tier1", base, { imageRepository: shell }, { images: { api: "r.example.org:5000/scani/api:0.17.1" } }),
    "imageRepository (from the shell's environment) is r.example.org:5000/scani, and tier1 runs with scani.",
    "unset SCANI_IMAGE_REPOSITORY",
  ],
  [
    "a memory limit",
    declared("tier1", base, { workerMemory: shell }, { memory: { worker: 512 } }),
    "workerMemory (from the shell's environment) is 512, and tier1 runs with 1024.",
    "unset SCANI_WORKER_MEMORY",
  ],
  [
    "a variable no setting names",
    declared("tier1", { ...base, ANY: "STRAYSECRET" }, { extraEnvironment: shell }),
    "extraEnvironment (from the shell's environment) is given, and tier1 runs without it.",
    "unset SCANI_EXTRA_ENVIRONMENT",
  ],
  [
    "an authority",
    declared("tier1", { ...base, NODE_EXTRA_CA_CERTS: "/etc/scani/ca.pem" }, { caCertificate: shell }),
    "caCertificate (from the shell's environment) is given, and tier1 runs without it.",
    "unset SCANI_CA_CERTIFICATE",
  ],
])("%s that the shell holds is said, with what to type, and shows no secret", (_what, next, what, type) => {
  const { refused, said } = decided(next, running("tier1", base));
  expect(refused).toEqual([]);
  expect(said.map((one) => [one.what, commandsOf(one)])).toEqual([[what, [type]]]);
  expect(said.map(renderProblem).join()).not.toContain("SECRET");
});

test("what nobody gives any more is said, with what it was", () => {
  const inUse = running("tier1", { ...base, LOG_LEVEL: "debug", TON_API_URL: "https://ton.example.org" });
  const { said } = decided(declared("tier1", base, { LOG_LEVEL: "its default" }), inUse);
  expect(said.map((one) => [one.what, ...commandsOf(one)])).toEqual([
    [
      "LOG_LEVEL (from its default) is info, and tier1 runs with debug.",
      "npm run pulumi -- config set --stack tier1 LOG_LEVEL debug",
    ],
    [
      "TON_API_URL is not given any more, and tier1 runs with https://ton.example.org.",
      "npm run pulumi -- config set --stack tier1 TON_API_URL https://ton.example.org",
    ],
  ]);
});

test.each<[string, DeclaredRelease, ContainerInUse[]]>([
  [
    "is as the release has it",
    declared("tier1", { ...base, OPENAI_API_KEY: "K" }, { OPENAI_API_KEY: shell }),
    running("tier1", { ...base, OPENAI_API_KEY: "K" }),
  ],
  [
    "the operator wrote down",
    declared(
      "tier1",
      { ...base, LOG_LEVEL: "debug", TON_API_KEY: "K" },
      { LOG_LEVEL: ".env", TON_API_KEY: "Pulumi config" },
    ),
    running("tier1", base),
  ],
  [
    "a first tier 2 takes from the shell alone",
    declared("tier2", { ...base, ...cloud }, { SCANI_CLOUD_URL: shell, SCANI_CLOUD_API_KEY: shell }),
    running("tier1", { ...base, SCANI_CLOUD_URL: "http://data-provider:8082", SCANI_CLOUD_API_KEY: "LOCAL" }),
  ],
  [
    "is base's, or derived",
    declared("tier1", { ...base, DATABASE_URL: "postgres://other/scani", CSP_CONNECT_SRC: "'self'" }, {}),
    running("tier1", base),
  ],
  ["the image sets by itself", declared("tier1", base, {}), running("tier1", { ...base, SERVICE_VERSION: "0.17.1" })],
])("nothing is said of what %s", (_what, next, inUse) => {
  expect(decided(next, inUse)).toEqual({ refused: [], said: [] });
});

test("another endpoint than tier 2 runs with is refused where the shell names it, and a renewed key is said", () => {
  const other = { SCANI_CLOUD_URL: "https://staging.example.org", SCANI_CLOUD_API_KEY: "OTHERSECRET-0123" };
  const origins = { SCANI_CLOUD_URL: shell, SCANI_CLOUD_API_KEY: shell } as const;
  const { refused, said } = decided(
    declared("tier2", { ...base, ...other }, origins),
    running("tier2", { ...base, ...cloud }),
  );
  expect(refused).toEqual([
    {
      what: "SCANI_CLOUD_URL (from the shell's environment) is https://staging.example.org, and tier2 runs with https://data.example.org: with the next switch mails and people's files go to that endpoint.",
      why: "If this is meant, set SCANI_TRUST_SETTINGS=true in the environment of this command.",
      type: ["unset SCANI_CLOUD_URL"],
    },
  ]);
  expect(said.map(({ what }) => what)).toEqual([
    "SCANI_CLOUD_API_KEY (from the shell's environment) differs, and tier2 runs with another.",
  ]);
});

test("containers of releases in use are read with what settings decide of them, and others are not", async () => {
  const engine = new FakeEngine();
  engine.images.set("sha256:1", { id: "sha256:1", environment: ["PATH=/bin"], labels: {}, digests: [] });
  const labels = (service: string) => ({
    [label.install]: "scani",
    [label.tier]: "tier1",
    [label.release]: "one",
    [label.service]: service,
  });
  const api = { image: "scani/api:1", environment: ["A=b"], confinement: { Memory: 512 * 1024 ** 2 } };
  engine.add({ name: "api", state: "paused", labels: labels("api"), ...api });
  engine.add({ name: "migrate", state: "exited", labels: labels("migrate") });
  engine.add({ name: "other", state: "exited", labels: { ...labels("worker"), [label.release]: "other" } });
  engine.add({ name: "scani-redis", state: "running", labels: { [label.install]: "scani", [label.service]: "redis" } });
  expect(await readInUse(engine, "scani")).toEqual([
    {
      tier: "tier1",
      release: "one",
      service: "api",
      environment: ["A=b"],
      image: "scani/api:1",
      ofImage: { PATH: "/bin" },
      memory: 512,
    },
  ]);
});

test("a container that is stopped while its release serves is in use: the next up or a reboot starts it again", async () => {
  const engine = new FakeEngine();
  const labels = (service: string) => ({
    [label.install]: "scani",
    [label.tier]: "tier1",
    [label.release]: "one",
    [label.service]: service,
  });
  engine.add({
    name: "provider",
    state: "exited",
    labels: labels("data-provider"),
    environment: ["SMTP_URL=smtp://x"],
  });
  engine.add({ name: "lost", state: "dead", labels: labels("frontend-app") });
  expect(await readInUse(engine, "scani")).toEqual([]);
  engine.add({ name: "api", state: "running", labels: labels("api") });
  expect(await readInUse(engine, "scani")).toMatchObject([
    { service: "data-provider", environment: ["SMTP_URL=smtp://x"] },
    { service: "api" },
  ]);
});
