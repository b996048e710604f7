import type { Platform } from "../../../../host/install/platform";
import { environments } from "../../../../infra/release/environment";
import { releaseId } from "../../../../infra/release/identity";
import { servicesOf } from "../../../../host/install/services/release";
import { providerVariables, resolveSettings, type Settings, type Tier } from "../../../../settings";

const platform: Platform = {
  DATABASE_URL: "postgres://scani:pw@postgres:5432/scani?sslmode=disable",
  REDIS_URL: "redis://:pw@redis:6379",
  S3_ENDPOINT: "http://storage:9000",
  S3_PUBLIC_ENDPOINT: "http://localhost:8080",
  S3_ACCESS_KEY_ID: "ak",
  S3_SECRET_ACCESS_KEY: "sk",
  S3_BUCKET: "job-uploads",
  S3_REGION: "auto",
  SMTP_URL: "smtp://mailpit:1025",
  SMTP_FROM: "a@b",
  FRONTEND_URL: "http://localhost:8080",
  BACKEND_URL: "http://localhost:8080",
  ENCRYPTION_KEY: "EEEE",
  BETTER_AUTH_SECRET: "AAAA",
  JOBS_HMAC_SECRET: "JJJJ",
  LOG_ID_PEPPER: "LLLL",
  DATA_PROVIDER_API_KEY: "LOCALKEY",
  VAPID_SUBJECT: "mailto:a@b",
  VAPID_PUBLIC_KEY: "PUSHED",
  VAPID_PRIVATE_KEY: "PUSHKEY",
};

const issued = { SCANI_CLOUD_URL: "https://data.example.org", SCANI_CLOUD_API_KEY: "issued-key-123456" };

function of(tier: Tier, config: Record<string, string> = {}, given: Platform = platform) {
  const values: Record<string, string> = { tier, ...issued, ...config };
  const settings = resolveSettings({ config: (name) => values[name], environment: {}, dotenv: {} }, "s");
  return environments(settings as Settings<Tier>, given);
}

test("tier 1: api and worker stand at the local data-provider with its key", () => {
  const { api, worker, "data-provider": provider } = of("tier1");
  for (const env of [api, worker])
    expect(env).toMatchObject({ SCANI_CLOUD_URL: "http://data-provider:8082", SCANI_CLOUD_API_KEY: "LOCALKEY" });
  expect(provider.DATA_PROVIDER_API_KEY).toBe("LOCALKEY");
});

test("the page may upload: to its own origin where storage is bundled, to a managed S3's, to where the operator says", () => {
  const policy = (given: Partial<Platform>, config: Record<string, string> = {}) =>
    of("tier1", config, { ...platform, ...given })["frontend-app"].CSP_CONNECT_SRC;
  expect(policy({})).toBe("'self'");
  expect(policy({ S3_ENDPOINT: "https://s3.example.org/path", S3_PUBLIC_ENDPOINT: undefined })).toBe(
    "'self' https://s3.example.org",
  );
  expect(policy({ S3_ENDPOINT: "http://10.0.0.7:9000", S3_PUBLIC_ENDPOINT: "https://files.example.org" })).toBe(
    "'self' https://files.example.org",
  );
  expect(policy({}, { CSP_CONNECT_SRC: "'self' wss://live.example.org" })).toBe("'self' wss://live.example.org");
  expect(of("tier2")["frontend-app"].CSP_CONNECT_SRC).toBe("'self'");
});

test("tier 2: the issued pair, and nothing names the local key", () => {
  const all = of("tier2");
  for (const env of [all.api, all.worker])
    expect(env).toMatchObject({
      SCANI_CLOUD_URL: "https://data.example.org",
      SCANI_CLOUD_API_KEY: "issued-key-123456",
    });
  expect(servicesOf("tier2")).not.toContain("data-provider");
  expect(JSON.stringify(servicesOf("tier2").map((service) => all[service]))).not.toContain("LOCALKEY");
});

test("a switch changes the two variables of api and worker, and no other", () => {
  const [one, two] = [of("tier1"), of("tier2")];
  for (const service of ["api", "worker", "migrate", "frontend-app"] as const) {
    const names = new Set([...Object.keys(one[service]), ...Object.keys(two[service])]);
    const changed = [...names].filter((name) => one[service][name] !== two[service][name]).sort();
    expect([service, changed]).toEqual([
      service,
      service === "api" || service === "worker" ? ["SCANI_CLOUD_API_KEY", "SCANI_CLOUD_URL"] : [],
    ]);
  }
});

test("each service gets the variables of Scani's own table, and only those", () => {
  const names = (env: object) => Object.keys(env).sort();
  const { api, worker, "data-provider": provider, migrate, "frontend-app": page } = of("tier1");
  const common = ["DATABASE_URL", "LOG_ID_PEPPER", "LOG_LEVEL", "NODE_ENV", "REDIS_URL", "SERVICE_NAME"];
  const s3 = [
    "S3_ACCESS_KEY_ID",
    "S3_BUCKET",
    "S3_ENDPOINT",
    "S3_PUBLIC_ENDPOINT",
    "S3_REGION",
    "S3_SECRET_ACCESS_KEY",
  ];
  const push = ["VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY", "VAPID_SUBJECT"];
  expect(names(migrate)).toEqual(["DATABASE_URL"]);
  expect(names(page)).toEqual(["API_UPSTREAM", "CSP_CONNECT_SRC"]);
  expect(names(api)).toEqual(
    [
      ...common,
      "BACKEND_URL",
      "BETTER_AUTH_SECRET",
      "ENCRYPTION_KEY",
      "FRONTEND_URL",
      "HOST",
      "JOBS_HMAC_SECRET",
      "PORT",
      "SCANI_CLOUD_API_KEY",
      "SCANI_CLOUD_URL",
      ...push,
    ].sort(),
  );
  expect(names(worker)).toEqual(
    [
      ...common,
      ...s3,
      "BACKEND_URL",
      "ENCRYPTION_KEY",
      "FRONTEND_URL",
      "SCANI_CLOUD_API_KEY",
      "SCANI_CLOUD_URL",
      "WORKER_CONCURRENCY",
      ...push,
    ].sort(),
  );
  expect(names(provider)).toEqual(
    [...common, ...s3, "BETTER_AUTH_SECRET", "DATA_PROVIDER_API_KEY", "SMTP_FROM", "SMTP_URL"].sort(),
  );
  expect([api.SERVICE_NAME, worker.SERVICE_NAME, provider.SERVICE_NAME]).toEqual(["api", "worker", "data-provider"]);
});

test("provider keys reach api, worker and data-provider on both tiers", () => {
  const keys = Object.fromEntries(providerVariables.map((name) => [name, `https://example.org/${name}`]));
  for (const tier of ["tier1", "tier2"] as const) {
    const all = of(tier, keys);
    for (const service of ["api", "worker", "data-provider"] as const) expect(all[service]).toMatchObject(keys);
  }
});

describe("the release's name", () => {
  const contents = {
    tier: "tier1" as const,
    images: { api: "scani/api:1" },
    environment: { api: { A: "1", B: "2" } },
    memory: { api: 512 },
  };
  test("does not depend on the order of anything", () => {
    expect(
      releaseId({
        memory: { api: 512 },
        environment: { api: { B: "2", A: "1" } },
        images: { api: "scani/api:1" },
        tier: "tier1",
      }),
    ).toBe(releaseId(contents));
  });
  test.each([
    ["tier", { ...contents, tier: "tier2" as const }],
    ["image", { ...contents, images: { api: "scani/api:2" } }],
    ["variable", { ...contents, environment: { api: { A: "1", B: "3" } } }],
    ["memory", { ...contents, memory: { api: 1024 } }],
  ])("changes with the %s", (_what, other) => {
    expect(releaseId(other)).not.toBe(releaseId(contents));
  });
});

test("every optional variable of Scani's reaches the services that read it", () => {
  const {
    api,
    worker,
    "data-provider": provider,
  } = of(
    "tier1",
    {
      POSTGRES_POOL_MAX: "5",
      SENTRY_ENVIRONMENT: "home",
      SERVICE_VERSION: "0.17.1",
      LOG_SQL_QUERIES: "true",
      LOG_TIMESTAMP: "false",
      WORKER_CONCURRENCY_CRON: "0",
      DLQ_ALERT_THRESHOLD: "9",
      STALE_SYNC_THRESHOLD_HOURS: "6",
      ALERT_STALE_SYNC_HOURS: "48",
    },
    { ...platform, DATA_PROVIDER_API_KEY_EXPIRES_AT: "2030-01-01T00:00:00Z" },
  );
  const everywhere = {
    POSTGRES_POOL_MAX: "5",
    SENTRY_ENVIRONMENT: "home",
    SERVICE_VERSION: "0.17.1",
    LOG_SQL_QUERIES: "true",
    LOG_TIMESTAMP: "false",
  };
  for (const env of [api, worker, provider]) expect(env).toMatchObject(everywhere);
  expect(worker).toMatchObject({
    WORKER_CONCURRENCY_CRON: "0",
    DLQ_ALERT_THRESHOLD: "9",
    STALE_SYNC_THRESHOLD_HOURS: "6",
    ALERT_STALE_SYNC_HOURS: "48",
  });
  expect(provider.DATA_PROVIDER_API_KEY_EXPIRES_AT).toBe("2030-01-01T00:00:00Z");
  expect(api).not.toHaveProperty("DLQ_ALERT_THRESHOLD");
});

test("a further variable reaches its service alone, and may not stand for a setting", () => {
  const further = (name: string) => JSON.stringify([{ service: "worker", name, value: "x" }]);
  const { api, worker } = of("tier1", { extraEnvironment: further("NEW_IN_SCANI") });
  expect(worker.NEW_IN_SCANI).toBe("x");
  expect(api).not.toHaveProperty("NEW_IN_SCANI");
  for (const name of ["ENCRYPTION_KEY", "SERVICE_NAME"])
    expect(() => of("tier1", { extraEnvironment: further(name) })).toThrow(
      `extraEnvironment (from Pulumi config) sets ${name}`,
    );
  expect(() => of("tier1", { extraEnvironment: "{}" })).toThrow("is not JSON of the form");
});
