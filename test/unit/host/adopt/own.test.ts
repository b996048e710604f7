import { ownSettings } from "../../../../host/adopt/own";
import type { ComposeContainer } from "../../../../host/adopt/compose/project";
import { settingNamed } from "../../../../settings";

const key = (letter: string): string => letter.repeat(64);

function container(service: string, more: Partial<ComposeContainer> = {}): ComposeContainer {
  return {
    id: `id-of-${service}`,
    name: `scani-${service}`,
    service,
    state: "running",
    labels: {},
    image: `${service}:1`,
    imageId: "sha256:0123456789abcdef",
    environment: {},
    ofImage: {},
    imageLabels: {},
    digests: [],
    mounts: [],
    networks: [],
    arguments: [],
    aliases: [],
    links: [],
    extraHosts: [],
    options: [],
    ownProgram: false,
    published: [],
    restartPolicy: "unless-stopped",
    ...more,
  };
}

const api = container("api", {
  image: "scani/api:0.17.1",
  environment: {
    SERVICE_NAME: "api",
    LOG_ID_PEPPER: key("0"),
    DATABASE_URL: "postgres://scani:x@postgres:5432/scani?sslmode=disable",
    REDIS_URL: "redis://:x@redis:6379",
    ENCRYPTION_KEY: key("a"),
    BETTER_AUTH_SECRET: key("b"),
    SCANI_CLOUD_URL: "http://data-provider:8082",
    SCANI_CLOUD_API_KEY: key("c"),
    MY_OWN_VARIABLE: "kept",
    PATH: "/bin",
  },
  ofImage: { PATH: "/bin" },
});
const provider = container("data-provider", {
  image: "scani/data-provider:0.17.1",
  environment: {
    SERVICE_NAME: "data-provider",
    LOG_ID_PEPPER: key("0"),
    DATA_PROVIDER_API_KEY: key("c"),
    S3_ENDPOINT: "http://storage:9000",
    S3_ACCESS_KEY_ID: "own",
    S3_SECRET_ACCESS_KEY: key("d"),
    SMTP_URL: "smtp://mailpit:1025",
  },
});
const base = [
  container("gateway", { published: ["127.0.0.1:8080"] }),
  container("redis", { environment: { REDIS_PASSWORD: key("e") } }),
  container("storage", { environment: { ROOT_ACCESS_KEY: "own", ROOT_SECRET_KEY: key("d") } }),
  container("mail", { published: ["127.0.0.1:8026"] }),
];
const postgres = container("postgres", {
  environment: {
    POSTGRES_USER: "scani",
    POSTGRES_DB: "scani",
    POSTGRES_PASSWORD: key("f"),
    PGDATA: "/var/lib/postgresql/data/scani-data",
  },
  mounts: [{ type: "volume", source: "home_postgres-data", path: "/var/lib/postgresql/data" }],
});

test("everything generated, and what was adopted, is read off the containers", () => {
  const { base: settings, tier } = ownSettings("scani", "tier1", [...base, postgres, api, provider]);
  expect(settings).toEqual({
    ENCRYPTION_KEY: key("a"),
    BETTER_AUTH_SECRET: key("b"),
    LOG_ID_PEPPER: key("0"),
    DATA_PROVIDER_API_KEY: key("c"),
    POSTGRES_USER: "scani",
    POSTGRES_DB: "scani",
    POSTGRES_PASSWORD: key("f"),
    REDIS_PASSWORD: key("e"),
    S3_ACCESS_KEY_ID: "own",
    S3_SECRET_ACCESS_KEY: key("d"),
    gatewayImage: "gateway:1",
    postgresImage: "postgres:1",
    redisImage: "redis:1",
    storageImage: "storage:1",
    mailImage: "mail:1",
    FRONTEND_PORT: "8080",
    bindAddress: "127.0.0.1",
    MAILPIT_UI_PORT: "8026",
    postgresVolume: "home_postgres-data",
    postgresFolder: "scani-data",
  });
  expect(tier).toEqual({
    imageRepository: "scani",
    SCANI_IMAGE_TAG: "0.17.1",
    extraEnvironment: JSON.stringify([{ service: "api", name: "MY_OWN_VARIABLE", value: "kept" }]),
  });
});

/** Returns a container with other variables. */
const changed = (one: ComposeContainer, environment: Readonly<Record<string, string>>): ComposeContainer => ({
  ...one,
  environment: { ...one.environment, ...environment },
});

test("a managed database and the hosted endpoint are named as the release names them, and base's own volume is not", () => {
  const DATABASE_URL = "postgres://scani:x@db.example.org:5432/scani";
  const managed = ownSettings("scani", "tier2", [...base, changed(api, { DATABASE_URL })]);
  expect(managed.base.DATABASE_URL).toBe(DATABASE_URL);
  expect(managed.base.REDIS_URL).toBeUndefined();
  expect(managed.tier).toMatchObject({ SCANI_CLOUD_URL: "http://data-provider:8082", SCANI_CLOUD_API_KEY: key("c") });
  const mount = { type: "volume", source: "scani-postgres-data", path: "/var/lib/postgresql/data" };
  const own = container("postgres", { environment: { POSTGRES_PASSWORD: key("f") }, mounts: [mount] });
  const bundled = ownSettings("scani", "tier1", [...base, own, api]).base;
  expect(Object.keys(bundled).filter((name) => /^postgres(Volume|Folder)$|^DATABASE_URL$/.test(name))).toEqual([]);
});

describe("a service whose container is gone", () => {
  const secret = "p@ss/w:rd%2F?#";
  const encoded = encodeURIComponent(secret);
  const names = [
    ...["DATABASE_URL", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDIS_URL", "REDIS_PASSWORD"],
    ...["S3_ENDPOINT", "S3_PUBLIC_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "SMTP_URL"],
  ];
  /** Returns the settings of the service that is not there, which nothing but the release's variables say. */
  const settingsWithout = (service: string, variables: Readonly<Record<string, string>>) => {
    const there = [...base, postgres].filter((one) => one.service !== service);
    const [before, after] = [there, [...there, changed(api, variables), changed(provider, variables)]].map(
      (containers) => ownSettings("scani", "tier1", containers).base,
    );
    return Object.fromEntries(names.filter((name) => after[name] !== before[name]).map((name) => [name, after[name]]));
  };

  test.each([
    [
      "postgres",
      { DATABASE_URL: `postgres://the.user:${encoded}@postgres:5432/the-db?sslmode=disable` },
      { POSTGRES_USER: "the.user", POSTGRES_DB: "the-db", POSTGRES_PASSWORD: secret },
    ],
    ["redis", { REDIS_URL: `redis://:${encoded}@redis:6379` }, { REDIS_PASSWORD: secret }],
    [
      "storage",
      {
        S3_ENDPOINT: "http://storage:9000",
        S3_PUBLIC_ENDPOINT: "https://scani.example.org",
        S3_ACCESS_KEY_ID: "own",
        S3_SECRET_ACCESS_KEY: secret,
      },
      { S3_ACCESS_KEY_ID: "own", S3_SECRET_ACCESS_KEY: secret },
    ],
    ["mail", { SMTP_URL: "smtp://mailpit:1025" }, {}],
  ])("is base's own where the release names base's: %s", (service, variables, settings) => {
    expect(settingsWithout(service, variables)).toEqual(settings);
  });

  test.each([
    ["postgres", { DATABASE_URL: `postgres://u:${encoded}@postgres.example.org/scani` }],
    ["redis", { REDIS_URL: `rediss://:${encoded}@cache.example.org` }],
    [
      "storage",
      {
        S3_ENDPOINT: "https://s3.example.org",
        S3_PUBLIC_ENDPOINT: "https://files.example.org",
        S3_ACCESS_KEY_ID: "theirs",
        S3_SECRET_ACCESS_KEY: secret,
      },
    ],
    ["mail", { SMTP_URL: "smtps://u:p@mail.example.org:465" }],
  ])("is somebody else's where the release names theirs: %s", (service, variables) => {
    expect(settingsWithout(service, variables)).toEqual(variables);
  });
});

test("a borrowed Postgres goes on being borrowed, on its image, with the release's login and its memory", () => {
  const image = { image: "postgres:16", namedId: "sha256:0123456789abcdef" };
  const borrowed = { ...postgres, ...image, name: "home-postgres", environment: {}, memory: 4096 * 2 ** 20 };
  const { base: settings } = ownSettings("scani", "tier1", [...base, api, provider], { borrowed });
  expect(settings).toMatchObject({
    borrowedPostgres: "home-postgres",
    postgresImage: "postgres:16",
    postgresMemory: "4096",
    POSTGRES_USER: "scani",
    POSTGRES_DB: "scani",
    POSTGRES_PASSWORD: "x",
  });
  for (const name of ["postgresVolume", "postgresFolder", "DATABASE_URL"]) expect(settings).not.toHaveProperty(name);
});

test("a mail server the release names is kept, while base's catcher is still there for another release", () => {
  const SMTP_URL = "smtps://u:p@mail.example.org:465";
  const { base: settings } = ownSettings("scani", "tier1", [...base, postgres, api, changed(provider, { SMTP_URL })]);
  expect(settings).toMatchObject({ SMTP_URL, MAILPIT_UI_PORT: "8026" });
});

test("only a gateway that is there and publishes no port is one that is not to publish any", () => {
  const published = (...containers: ComposeContainer[]) =>
    ownSettings("scani", "tier1", [...containers, postgres, api]).base.publishGateway;
  expect([published(), published(container("gateway"))]).toEqual([undefined, "false"]);
});

test("the authority it trusts is one of its settings, and no further variable", () => {
  const trusting = { ...api, environment: { ...api.environment, NODE_EXTRA_CA_CERTS: "/etc/scani/ca.pem" } };
  const { base: settings, tier } = ownSettings("scani", "tier1", [...base, postgres, trusting, provider], {
    caCertificate: "the PEM",
  });
  expect([settings.caCertificate, tier.caCertificate]).toEqual(["the PEM", "the PEM"]);
  expect(tier.extraEnvironment).not.toContain("NODE_EXTRA_CA_CERTS");
});

test("networks of others on which the gateway answers, and its names there, are read off it", () => {
  const gateway = container("gateway", {
    networks: ["scani-edge", "proxy", "home_default"],
    aliases: ["gateway", "frontend-app", "id-of-ga", "page"],
  });
  expect(ownSettings("scani", "tier1", [gateway, postgres, api]).base).toMatchObject({
    frontNetworks: "proxy,home_default",
    frontNames: "frontend-app,page",
  });
});

test("memory limits that are not the defaults, and the subnet, are read off them", () => {
  const limited = (one: ComposeContainer, mebibytes: number) => ({ ...one, memory: mebibytes * 2 ** 20 });
  const worker = container("worker", { environment: { SERVICE_NAME: "worker", LOG_ID_PEPPER: key("0") } });
  const data = {
    ...{ id: "n", name: "scani-data", labels: {} },
    ...{ subnets: ["10.213.7.0/25"], dynamic: ["10.213.7.64/26"], created: "" },
  };
  const { base: settings, tier } = ownSettings(
    "scani",
    "tier1",
    [...base, limited(postgres, 4096), limited(api, Number(settingNamed("apiMemory").fallback)), limited(worker, 300)],
    { networks: [data] },
  );
  expect(settings).toMatchObject({ postgresMemory: "4096", subnet: "10.213.7.0/24" });
  expect(tier.workerMemory).toBe("300");
  expect(tier.apiMemory).toBeUndefined();
});
