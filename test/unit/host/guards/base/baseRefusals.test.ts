import type { BaseNow } from "../../../../../host/guards/base/baseNow";
import {
  baseRefusals,
  keptCatcher,
  serverOf,
  type DeclaredBase,
  type DeclaredSetting,
} from "../../../../../host/guards/base/baseRefusals";
import { renderProblem } from "../../../../../util/operatorError";

const secrets = {
  POSTGRES_PASSWORD: "POSTGRESPASSWORD",
  REDIS_PASSWORD: "REDISPASSWORD",
  S3_ACCESS_KEY_ID: "ACCESSKEY",
  S3_SECRET_ACCESS_KEY: "SECRETKEY",
};

/** Settings of base as brought up by default. */
const settings: Record<string, DeclaredSetting> = {
  ...Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, { value, origin: "generated" }])),
  POSTGRES_USER: { value: "scani", origin: "its default" },
  POSTGRES_DB: { value: "scani", origin: "its default" },
  S3_BUCKET: { value: "job-uploads", origin: "its default" },
  S3_REGION: { value: "auto", origin: "its default" },
  FRONTEND_PORT: { value: "8080", origin: "its default" },
  bindAddress: { value: "0.0.0.0", origin: "its default" },
  postgresImage: { value: "postgres:16-alpine", origin: "its default" },
  redisImage: { value: "redis:7-alpine", origin: "its default" },
  storageImage: { value: "versity/versitygw:v1.8.0", origin: "its default" },
  mailImage: { value: "axllent/mailpit:v1.27.11", origin: "its default" },
  gatewayImage: { value: "basecamp/kamal-proxy:v0.9.2", origin: "its default" },
};

const container = (service: string, image: string, environment: string[] = [], published: string[] = []) => ({
  [service]: {
    container: `scani-${service}`,
    image,
    environment,
    published,
    limits: { memory: 0, restartPolicy: "unless-stopped" },
  },
});

/** Services base has by default. */
const services = {
  ...container("postgres", "postgres:16-alpine", [
    "POSTGRES_USER=scani",
    "POSTGRES_DB=scani",
    `POSTGRES_PASSWORD=${secrets.POSTGRES_PASSWORD}`,
  ]),
  ...container("redis", "redis:7-alpine", [`REDIS_PASSWORD=${secrets.REDIS_PASSWORD}`]),
  ...container("storage", "versity/versitygw:v1.8.0", [
    `ROOT_ACCESS_KEY=${secrets.S3_ACCESS_KEY_ID}`,
    `ROOT_SECRET_KEY=${secrets.S3_SECRET_ACCESS_KEY}`,
  ]),
  ...container("mail", "axllent/mailpit:v1.27.11", [], ["127.0.0.1:8025"]),
  ...container("gateway", "basecamp/kamal-proxy:v0.9.2", [], ["0.0.0.0:8080"]),
};

const stores = [
  `DATABASE_URL=postgres://scani:${secrets.POSTGRES_PASSWORD}@postgres:5432/scani`,
  `REDIS_URL=redis://:${secrets.REDIS_PASSWORD}@redis:6379`,
];
const files = ["S3_ENDPOINT=http://storage:9000", "S3_BUCKET=job-uploads", "S3_REGION=auto"];

const now: BaseNow = {
  services,
  images: {},
  releases: [
    { tier: "tier1", environment: stores },
    { tier: "tier1", environment: [...stores, ...files] },
    { tier: "tier1", environment: [...stores, ...files, "SMTP_URL=smtp://mailpit:1025"] },
  ],
};

const managed = {
  DATABASE_URL: "postgres://u:MANAGEDPASSWORD@db.example.org/scani",
  REDIS_URL: "rediss://:MANAGEDPASSWORD@redis.example.org",
};

const refusals = (changed: Record<string, DeclaredSetting>, host: BaseNow = now) =>
  baseRefusals({ stack: "base", settings: { ...settings, ...changed } } satisfies DeclaredBase, host);

test("base as it is, is not refused", () => expect(refusals({})).toEqual([]));

const given = (value: string | undefined, origin: DeclaredSetting["origin"] = "the shell's environment") => ({
  value,
  origin,
});

test.each<[string, Record<string, DeclaredSetting>, string, readonly string[]]>([
  [
    "another project's database in the shell",
    { DATABASE_URL: given(managed.DATABASE_URL) },
    "DATABASE_URL (from the shell's environment) names another Postgres, so base's own, scani-postgres, would be deleted.",
    ["unset DATABASE_URL"],
  ],
  [
    "a Redis in .env",
    { REDIS_URL: given(managed.REDIS_URL, ".env") },
    "REDIS_URL (from .env) names another Redis",
    ['"${EDITOR:-vi}" .env'],
  ],
  [
    "a bucket in Pulumi config",
    { S3_ENDPOINT: given("https://s3.example.org", "Pulumi config") },
    "S3_ENDPOINT (from Pulumi config) names another S3 server",
    ["npm run pulumi -- config rm S3_ENDPOINT --stack base"],
  ],
  [
    "another password of Postgres",
    { POSTGRES_PASSWORD: given("ANOTHERPASSWORD") },
    "POSTGRES_PASSWORD (from the shell's environment) differs, and a release that runs logs in to scani-postgres",
    ["unset POSTGRES_PASSWORD", "npm run pulumi -- config set --secret POSTGRES_PASSWORD --stack base"],
  ],
  [
    "a password of Redis that would be generated anew",
    { REDIS_PASSWORD: given(undefined, "generated") },
    "REDIS_PASSWORD would be generated anew, and",
    ["npm run pulumi -- config set --secret REDIS_PASSWORD --stack base"],
  ],
  [
    "another key of the S3 server",
    { S3_SECRET_ACCESS_KEY: given("ANOTHERKEY", ".env") },
    "S3_SECRET_ACCESS_KEY (from .env) differs, and a release that runs logs in to scani-storage",
    ['"${EDITOR:-vi}" .env', "npm run pulumi -- config set --secret S3_SECRET_ACCESS_KEY --stack base"],
  ],
  [
    "another bucket",
    { S3_BUCKET: given("other", "Pulumi config") },
    "S3_BUCKET (from Pulumi config) is other, and the files of the release that runs are in job-uploads.",
    ["npm run pulumi -- config set --stack base S3_BUCKET job-uploads"],
  ],
  [
    "another region in the shell",
    { S3_REGION: given("eu-central-1") },
    "S3_REGION (from the shell's environment) is eu-central-1, and the release that runs signs for auto: the S3 server would refuse each of its requests.",
    ["unset S3_REGION"],
  ],
  [
    "another region in .env",
    { S3_REGION: given("eu-central-1", ".env") },
    "S3_REGION (from .env) is eu-central-1",
    ["npm run pulumi -- config set --stack base S3_REGION auto"],
  ],
  [
    "another port",
    { FRONTEND_PORT: given("9090") },
    "FRONTEND_PORT (from the shell's environment) is 9090, and the gateway is published on 0.0.0.0:8080",
    ["npm run pulumi -- config set --stack base FRONTEND_PORT 8080"],
  ],
  [
    "another address",
    { bindAddress: given("127.0.0.1", ".env") },
    "bindAddress (from .env) is 127.0.0.1",
    ["npm run pulumi -- config set --stack base bindAddress 0.0.0.0"],
  ],
  [
    "another major version",
    { redisImage: given("redis:8-alpine", "Pulumi config") },
    "redisImage (from Pulumi config) is redis:8-alpine, another major version than scani-redis runs (redis:7-alpine).",
    ["npm run pulumi -- config set --stack base redisImage redis:7-alpine"],
  ],
  [
    "a gateway without a port",
    { publishGateway: given("false", "the shell's environment") },
    "publishGateway (from the shell's environment) is false, and the gateway is published on 0.0.0.0:8080: whoever uses Scani there would not reach it any more.",
    ["unset SCANI_PUBLISH_GATEWAY"],
  ],
  [
    "another server",
    { storageImage: given("minio/minio:RELEASE.2025-01-01", "Pulumi config") },
    "storageImage (from Pulumi config) is minio/minio:RELEASE.2025-01-01, another server",
    ["npm run pulumi -- config set --stack base storageImage versity/versitygw:v1.8.0"],
  ],
])("%s is refused, with what to type, and shows no secret", (_name, changed, what, type) => {
  const [problem, ...others] = refusals(changed);
  expect(others).toEqual([]);
  expect(problem?.what).toContain(what);
  expect(problem?.type).toEqual(type);
  expect(problem?.why ?? "").toMatch(
    what.includes("another S3") ? /By way of tier 2 they come along/ : /^(?!.*tier 2)/,
  );
  const text = renderProblem(problem);
  for (const secret of [...Object.values(secrets), "ANOTHER", "MANAGED", "TOK3N"]) expect(text).not.toContain(secret);
});

test.each<[string, Record<string, DeclaredSetting>]>([
  ["a patch", { redisImage: given("redis:7.4.2-alpine") }],
  ["the same image from a registry of one's own", { redisImage: given("registry.example.org:5000/x/redis:7-alpine") }],
  ["an image by its digest alone", { gatewayImage: given(`basecamp/kamal-proxy@sha256:${"0".repeat(64)}`) }],
])("%s is not refused", (_name, changed) => expect(refusals(changed)).toEqual([]));

test("a region that is not given any more is refused, with the one to set back", () => {
  const releases = [{ tier: "tier1", environment: [...stores, files[0], "S3_REGION=eu-central-1"] }];
  expect(refusals({}, { ...now, releases })).toEqual([
    {
      what: "S3_REGION (from its default) is auto, and the release that runs signs for eu-central-1: the S3 server would refuse each of its requests.",
      type: ["npm run pulumi -- config set --stack base S3_REGION eu-central-1"],
    },
  ]);
});

test("of somebody else's S3 server, another region is not for this to say", () => {
  const releases = [
    { tier: "tier1", environment: [...stores, "S3_ENDPOINT=https://s3.example.org", "S3_REGION=eu-central-1"] },
  ];
  expect(refusals({ S3_ENDPOINT: given("https://s3.example.org") }, { ...now, releases })).toEqual([]);
});

test("nothing is refused where no release runs", () =>
  expect(refusals({ DATABASE_URL: given(managed.DATABASE_URL) }, { services, releases: [], images: {} })).toEqual([]));

describe("a mail server in place of the catcher", () => {
  const ours = { ...settings, SMTP_URL: given("smtp://mail.example.org", ".env") };
  const kept = (changed: Record<string, DeclaredSetting>, host: BaseNow = now) =>
    keptCatcher({ stack: "base", settings: { ...settings, ...changed } }, host);

  test.each(["SMTP_URL", "FASTMAIL_API_TOKEN"])(
    "%s takes nothing away: the catcher stays for who sends to it",
    (name) => {
      const changed = { [name]: given("smtp://mail.example.org", ".env") };
      expect(refusals(changed)).toEqual([]);
      expect(kept(changed)).toEqual({ image: "axllent/mailpit:v1.27.11", senders: "tier1" });
    },
  );

  test("once no release sends to it, base gives it up", () => {
    const sent = { tier: "tier1", environment: [...stores, ...files, "SMTP_URL=smtp://mail.example.org"] };
    for (const releases of [[], now.releases.slice(0, 2), [sent]])
      expect(kept(ours, { ...now, releases })).toBeUndefined();
  });

  test("one that is gone is made anew as declared, since its network could not be removed under its senders", () => {
    const idle = { tier: "tier2", environment: stores };
    const without = { ...now, services: {}, releases: [...now.releases, idle] };
    expect(kept(ours, without)).toEqual({ image: settings.mailImage?.value, senders: "tier1" });
  });

  test("where the settings name none, nothing is kept besides", () => {
    expect(kept({})).toBeUndefined();
  });
});

describe("a version of a server that may not read what another has written", () => {
  const [redis72, redis74] = [["REDIS_VERSION=7.2.5"], ["REDIS_VERSION=7.4.2"]];
  /** Returns the problems of a server whose image is named anew. */
  const renamed = (
    service: "redis" | "gateway" | "storage",
    [is, made]: readonly [string, string[]?],
    [wanted, sets]: readonly [string, string[]?],
  ) =>
    refusals(
      { [`${service}Image`]: given(wanted, "Pulumi config") },
      {
        ...now,
        services: { ...services, ...container(service, is, made) },
        images: sets === undefined ? {} : { [wanted]: sets },
      },
    ).filter(({ what }) => what.startsWith(`${service}Image`));
  const [proxy, redis] = [
    (version: string) => [`basecamp/kamal-proxy:${version}`] as const,
    (tag: string, sets?: string[]) => [`redis:${tag}`, sets] as const,
  ];

  test.each([
    ["an older minor version of Redis", "redis", redis("7.4.2-alpine"), redis("7.2-alpine"), "7.2, not 7.4"],
    ["one than its container tells", "redis", redis("7-alpine", redis74), redis("7.2.5-alpine"), "7.2, not 7.4"],
    ["one that its image tells", "redis", redis("7.4-alpine"), redis("7-bookworm", redis72), "7.2, not 7.4"],
    ["an older minor version of Valkey", "redis", ["valkey/valkey:8.1"], ["valkey/valkey:8.0"], "8.0, not 8.1"],
    ["an older gateway before version 1", "gateway", proxy("v0.9.2"), proxy("v0.8.7"), "0.8, not 0.9"],
    ["one by number, not by text", "gateway", proxy("v0.10.0"), proxy("v0.9.2"), "0.9, not 0.10"],
  ] as const)("%s is refused", (_name, service, is, wanted, versions) => {
    const what = `${service}Image (from Pulumi config) is ${wanted[0]}, an older version (${versions}) than scani-${service} runs (${is[0]}).`;
    const type = [`npm run pulumi -- config set --stack base ${service}Image ${is[0]}`];
    expect(renamed(service, is, wanted)).toEqual([{ what, why: "It may not read what the other has written.", type }]);
  });

  test.each([
    ["a newer minor version of Redis", "redis", redis("7.2-alpine"), redis("7.4-alpine")],
    ["an older patch", "redis", redis("7.4.2-alpine"), redis("7.4.1-alpine")],
    ["one whose minor version nobody tells", "redis", redis("7.4-alpine"), redis("7-alpine")],
    [
      "the same one, whose tag is a date and which is not on the engine",
      "redis",
      redis("2025-06", redis74),
      redis("2025-06"),
    ],
    ["a newer patch of the gateway", "gateway", proxy("v0.9.2"), proxy("v0.9.3")],
    ["a newer gateway", "gateway", proxy("v0.9.2"), proxy("v0.10.0")],
    ["an older S3 server", "storage", ["versity/versitygw:v1.8.0"], ["versity/versitygw:v1.7.0"]],
  ] as const)("%s is not refused", (_name, service, is, wanted) => expect(renamed(service, is, wanted)).toEqual([]));

  test("an older image under the same name is refused, with the command that brings the newest", () => {
    const [problem] = renamed("redis", redis("7-alpine", redis74), redis("7-alpine", redis72));
    expect(problem?.type).toEqual(["docker pull redis:7-alpine"]);
  });
});

describe("a release on managed services", () => {
  const { gateway, mail } = services;
  const outside: BaseNow = {
    services: { gateway, mail },
    images: {},
    releases: [
      {
        tier: "tier2",
        environment: [
          `DATABASE_URL=${managed.DATABASE_URL}`,
          `REDIS_URL=${managed.REDIS_URL}`,
          "S3_ENDPOINT=https://s3.example.org/",
          "S3_BUCKET=job-uploads",
        ],
      },
    ],
  };
  const asBefore = {
    DATABASE_URL: given(managed.DATABASE_URL),
    REDIS_URL: given(managed.REDIS_URL),
    S3_ENDPOINT: given("https://s3.example.org"),
  };

  test("goes on, also with another key or another address of the same", () =>
    expect(
      refusals(
        {
          ...asBefore,
          DATABASE_URL: given("postgres://u:p@pooler.example.org/scani"),
          S3_SECRET_ACCESS_KEY: given("ANOTHERKEY"),
          redisImage: given("redis:8-alpine"),
        },
        outside,
      ),
    ).toEqual([]));

  test("may change over to a bucket of somebody else's, which is not for this to say", () =>
    expect(
      refusals({ ...asBefore, S3_ENDPOINT: given("https://other.example.org"), S3_BUCKET: given("papers") }, outside),
    ).toEqual([]));

  test("does not lose its database or its files because a variable is missing in the shell", () => {
    const [database, bucket, ...others] = refusals({}, outside);
    expect(others).toEqual([]);
    expect(database?.what).toBe(
      "DATABASE_URL is not given any more, neither in Pulumi config nor in the environment nor in .env, and the data is on the Postgres at db.example.org.",
    );
    expect(database?.type).toEqual(["npm run pulumi -- config set --secret DATABASE_URL --stack base"]);
    expect(bucket?.why).toMatch(/new and empty S3 server in its place\. .*the next up of tier 1 carries the files/);
    expect(bucket?.type).toEqual(["npm run pulumi -- config set --stack base S3_ENDPOINT https://s3.example.org/"]);
  });
});

test.each([
  ["redis:7-alpine", { name: "redis", major: 7 }],
  ["registry.example.org:5000/a/versitygw:v1.8.0", { name: "versitygw", major: 1, minor: 8 }],
  [`postgres:16@sha256:${"0".repeat(64)}`, { name: "postgres", major: 16 }],
  [`a/postgres@sha256:${"0".repeat(64)}`, { name: "postgres" }],
  ["a/b:stable", { name: "b" }],
])("the server in %s", (image, server) => expect(serverOf(image)).toEqual(server));
