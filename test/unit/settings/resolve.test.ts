import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import {
  catalogue,
  operatorSources,
  resolveSettings,
  SettingsError,
  settingNamed,
  misspeltInEnvironment,
  unreadInDotenv,
  type Settings,
  type Sources,
} from "../../../settings";
import { inWrongStack } from "../../../settings/misspelt";
import { removeVariableCommand } from "../../../util/commands";

const tier2 = { SCANI_CLOUD_URL: "https://data.example.org", SCANI_CLOUD_API_KEY: "issued-key-123456" };

function sources(
  config: Record<string, string>,
  environment: Record<string, string> = {},
  dotenv: Record<string, string> = {},
): Sources {
  return { config: (name) => config[name], environment, dotenv };
}

const tier1 = (...[config, ...others]: Parameters<typeof sources>): Settings<"tier1"> =>
  resolveSettings(sources({ tier: "tier1", ...config }, ...others), "s") as Settings<"tier1">;

function mistakesOf(config: Record<string, string>): string[] {
  try {
    resolveSettings(sources(config), "prod");
  } catch (error) {
    if (error instanceof SettingsError)
      return error.mistakes.map(({ what, why, type }) => `${what} | ${[type ?? why].flat().join(" | ")}`);
    throw error;
  }
  return [];
}

describe("order of the sources", () => {
  test("Pulumi config, then the environment, then .env, then the default", () => {
    const read = (config: object, environment: object, dotenv: object) =>
      tier1(config as never, environment as never, dotenv as never).SCANI_IMAGE_TAG;
    const [a, b, c] = [{ SCANI_IMAGE_TAG: "1" }, { SCANI_IMAGE_TAG: "2" }, { SCANI_IMAGE_TAG: "3" }];
    expect(read(a, b, c)).toBe("1");
    expect(read({}, b, c)).toBe("2");
    expect(read({}, {}, c)).toBe("3");
    expect(read({}, {}, {})).toBe(settingNamed("SCANI_IMAGE_TAG").fallback);
  });

  test("an empty value counts as not given", () => {
    expect(tier1({ LOG_LEVEL: "" }, { LOG_LEVEL: "" }, { LOG_LEVEL: "warn" }).LOG_LEVEL).toBe("warn");
  });

  test("a module setting is found in the environment under its variable", () => {
    expect(tier1({}, { SCANI_KEEP_WARM: "true" }).keepWarm).toBe(true);
  });
});

test("where a value comes from is remembered", () => {
  const settings = resolveSettings(
    sources(
      { tier: "base", name: "house" },
      { DATABASE_URL: "postgres://u:p@db/x?sslmode=disable" },
      { SMTP_FROM: "a@example.org" },
    ),
    "s",
  ) as Settings<"base">;
  const names = ["name", "DATABASE_URL", "SMTP_FROM", "ENCRYPTION_KEY", "FRONTEND_PORT", "SMTP_URL"] as const;
  expect(names.map((name) => settings.origin(name))).toEqual([
    "Pulumi config",
    "the shell's environment",
    ".env",
    "generated",
    "its default",
    undefined,
  ]);
});

describe("which tier", () => {
  test.each(["base", "tier1"])("%s needs nothing else", (tier) => {
    expect(resolveSettings(sources({ tier }), "s").tier).toBe(tier);
  });

  test("tier1 ignores the issued pair, so one .env serves both tiers", () => {
    expect(tier1(tier2)).not.toHaveProperty("SCANI_CLOUD_URL");
  });

  test("without a tier there is one mistake, with what to type", () => {
    expect(mistakesOf({})).toEqual([
      expect.stringMatching(/^tier is missing.*npm run pulumi -- config set --stack prod tier tier2$/),
    ]);
  });

  test("an unknown tier is refused", () => {
    expect(mistakesOf({ tier: "tier3" })).toEqual([expect.stringContaining('"tier3" is none of base, tier1, tier2')]);
  });
});

test("a secret in clear in the stack's file is refused, in the environment it is not", () => {
  const given = (encrypted: boolean): Sources => ({
    ...sources({ tier: "tier2", ...tier2 }),
    encrypted: () => encrypted,
  });
  expect(() => resolveSettings(given(false), "prod")).toThrow(
    /SCANI_CLOUD_API_KEY is stored unencrypted in Pulumi.prod.yaml/,
  );
  expect(resolveSettings(given(true), "prod").tier).toBe("tier2");
  expect(resolveSettings({ ...sources({ tier: "tier2" }, tier2), encrypted: () => false }, "prod").tier).toBe("tier2");
});

describe("every mistake at once", () => {
  test("five wrong settings are five mistakes, each with its command", () => {
    const found = mistakesOf({ tier: "tier2", keepWarm: "yes", drainTimeout: "-1", SCANI_IMAGE_TAG: "latest" });
    expect(found.map((line) => line.split(" ")[0]).sort()).toEqual([
      "SCANI_CLOUD_API_KEY",
      "SCANI_CLOUD_URL",
      "SCANI_IMAGE_TAG",
      "drainTimeout",
      "keepWarm",
    ]);
    for (const line of found) expect(line).toMatch(/\| npm run pulumi -- config set .*--stack prod\b/);
  });

  test("the message says how many, and that nothing was touched", () => {
    expect(() => resolveSettings(sources({ tier: "tier1", LOG_LEVEL: "loud", WORKER_CONCURRENCY: "0" }), "s")).toThrow(
      /^2 settings are wrong for stack s; nothing has been touched\./,
    );
  });
});

describe("values that must never reach production", () => {
  test.each([
    ["ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef"],
    ["BETTER_AUTH_SECRET", "dev_secret_change_me_this_is_not_production_safe"],
    ["DATA_PROVIDER_API_KEY", "dev_data_provider_key_change_me_not_prod_safe"],
    ["S3_SECRET_ACCESS_KEY", "minioadmin"],
    ["POSTGRES_PASSWORD", "scani"],
  ])("%s=%s is refused, and not repeated", (name, value) => {
    const found = mistakesOf({ tier: "base", [name]: value });
    expect(found).toEqual([
      expect.stringContaining(`${name} (from Pulumi config) is a value Scani ships for development`),
    ]);
    expect(found.join()).not.toContain(value === "scani" ? '"scani"' : value);
  });

  test("on tier 2 the issued key is checked too", () => {
    expect(
      mistakesOf({ tier: "tier2", ...tier2, SCANI_CLOUD_API_KEY: "dev_data_provider_key_change_me_not_prod_safe" }),
    ).toHaveLength(1);
  });
});

describe("each kind of value", () => {
  const base = (name: string, value: string) => mistakesOf({ tier: "base", [name]: value });
  test.each([
    ["ENCRYPTION_KEY", "short", /is 5 characters long and needs 32 or more/],
    ["BACKEND_URL", "https://a.example/api", /has a path/],
    ["FRONTEND_URL", "a.example", /is not a URL that begins with http/],
    ["FRONTEND_PORT", "70000", /is not a whole number from 1 to 65535/],
    ["postgresImage", "postgres", /is not pinned/],
    ["postgresImage", "postgres:latest", /is not pinned/],
    ["postgresImage", "postgres:alpine", /is not pinned/],
    ["postgresImage", "registry.example:5000/postgres", /is not pinned/],
    ["name", "My Scani", /is not lower-case letters/],
    ["DATABASE_URL", "mysql://x", /is not a URL that begins with postgres/],
    ["bindAddress", "::", /is not an IPv4 address/],
    ["bindAddress", "999.1.1.1", /is not an IPv4 address/],
    ["bindAddress", "10.0.0.01", /is not an IPv4 address/],
  ])("%s=%s", (name, value, message) => {
    expect(base(name, value)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ["postgresImage", `postgres@sha256:${"a".repeat(64)}`],
    ["postgresImage", "registry.example:5000/team/postgres:16.4"],
    ["S3_REGION", "eu-central-1"],
    ["bindAddress", "127.0.0.1"],
  ])("%s=%s is fine", (name, value) => {
    expect(base(name, value)).toEqual([]);
  });

  test.each([
    ["http://data.example.org", 1],
    ["https://data.example.org", 0],
    ["http://hosted:8082", 0],
    ["http://hosted.internal", 0],
    ["http://hosted.local:8082", 0],
    ["http://data-provider:8082", 1],
  ])("SCANI_CLOUD_URL=%s on tier 2: %d mistakes", (url, count) => {
    expect(mistakesOf({ tier: "tier2", ...tier2, SCANI_CLOUD_URL: url })).toHaveLength(count);
  });
});

describe("services somebody else runs", () => {
  test("a managed S3 needs its keys", () => {
    expect(mistakesOf({ tier: "base", S3_ENDPOINT: "https://s3.example.org" })).toEqual([
      expect.stringContaining("S3_ACCESS_KEY_ID is missing"),
      expect.stringContaining("S3_SECRET_ACCESS_KEY is missing"),
    ]);
  });

  test.each([
    ["DATABASE_URL", "postgres://scani:scani@localhost:5433/scani?sslmode=disable"],
    ["REDIS_URL", "redis://LOCALHOST:6380"],
    ["REDIS_URL", "redis://cache.localhost"],
    ["SMTP_URL", "smtp://127.0.1.1:1026"],
    ["SMTP_URL", "smtp://[::1]:1026"],
    ["SMTP_URL", "smtp://0.0.0.0:1026"],
  ])("%s=%s names a container's own address", (name, value) => {
    expect(mistakesOf({ tier: "base", [name]: value })).toEqual([
      `${name} (from Pulumi config) names ${new URL(value).hostname}, which in a container is the container itself: name the server as other machines reach it; without ${name} this module runs its own | npm run pulumi -- config rm ${name} --stack prod`,
    ]);
  });

  test("a bucket's own address is no container's, and may be what a browser takes for its own", () => {
    const s3 = { S3_ACCESS_KEY_ID: "AKEXAMPLE", S3_SECRET_ACCESS_KEY: "SKEXAMPLE-0123" };
    const given = { tier: "base", ...s3, S3_PUBLIC_ENDPOINT: "http://localhost:9000" };
    expect(mistakesOf({ ...given, S3_ENDPOINT: "http://localhost:9000" })).toEqual([
      expect.stringContaining("S3_ENDPOINT (from Pulumi config) names localhost"),
    ]);
    expect(mistakesOf({ ...given, S3_ENDPOINT: "http://127.example.org:9000" })).toEqual([]);
  });

  test.each<[string, Record<string, string>, string]>([
    ["the gateway on the mail catcher's port", { FRONTEND_PORT: "8026" }, "MAILPIT_UI_PORT 8027"],
    [
      "the mail catcher on the gateway's",
      { MAILPIT_UI_PORT: "8080", bindAddress: "127.0.0.1" },
      "MAILPIT_UI_PORT 8081",
    ],
    ["both on the last one", { MAILPIT_UI_PORT: "65535", FRONTEND_PORT: "65535" }, "MAILPIT_UI_PORT 65534"],
  ])("%s: one port for both is refused", (_what, ports, type) => {
    expect(mistakesOf({ tier: "base", ...ports })).toEqual([
      expect.stringMatching(new RegExp(`^MAILPIT_UI_PORT .* cannot both have it \\| .*--stack prod ${type}$`)),
    ]);
  });

  test.each<Record<string, string>>([
    { bindAddress: "192.168.1.20" },
    { publishGateway: "false" },
    { SMTP_URL: "smtps://u:p@m.example:465" },
    { FASTMAIL_API_TOKEN: "fmu1-abcdef" },
  ])("one port is fine for what is not published, or on another address: %j", (given) => {
    expect(mistakesOf({ tier: "base", FRONTEND_PORT: "8026", ...given })).toEqual([]);
  });

  test("two mail transports are one too many", () => {
    expect(
      mistakesOf({ tier: "base", SMTP_URL: "smtps://u:p@m.example:465", FASTMAIL_API_TOKEN: "fmu1-abcdef" }),
    ).toHaveLength(1);
  });
});

describe("the catalogue", () => {
  test("every default passes its own check", () => {
    for (const { name, fallback, schema } of catalogue) {
      if (fallback !== undefined) expect([name, schema.safeParse(fallback).success]).toEqual([name, true]);
    }
  });

  test("no two settings share a name or a variable", () => {
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
    expect(new Set(catalogue.map(({ variable }) => variable)).size).toBe(catalogue.length);
  });
});

test.each([
  ["self", /names a host self; the page itself is 'self', with its single quotes/],
  ["'self' https://x.example.org;", /holds "https:\/\/x\.example\.org;", which is no source of a policy/],
  ["'self' $host", /holds "\$host"/],
  ["'self' \"x", /holds/],
])("a policy Scani's nginx or a browser would read otherwise is refused: %s", (value, message) => {
  const given: Record<string, string> = { tier: "tier1", CSP_CONNECT_SRC: value };
  expect(() => resolveSettings({ config: (name) => given[name], environment: {}, dotenv: {} }, "tier1")).toThrow(
    message,
  );
});

test("a bundled bucket that would hide a path of the page is refused; somebody else's may be called anything", () => {
  const resolve = (given: Record<string, string>) => () =>
    resolveSettings({ config: (name) => ({ tier: "base", ...given })[name], environment: {}, dotenv: {} }, "base");
  expect(resolve({ S3_BUCKET: "documents" })).toThrow(
    /S3_BUCKET \(from Pulumi config\) "documents" is a path of Scani's own page/,
  );
  expect(
    resolve({
      S3_BUCKET: "documents",
      S3_ENDPOINT: "https://s3.example.org",
      S3_ACCESS_KEY_ID: "AKEXAMPLE",
      S3_SECRET_ACCESS_KEY: "SKEXAMPLE-0123",
    }),
  ).not.toThrow();
  expect(resolve({ S3_BUCKET: "my-documents" })).not.toThrow();
});

describe("Scani's own rules, before anything is touched", () => {
  const base = (given: Record<string, string>) => mistakesOf({ tier: "base", ...given });

  test.each([
    ["https://x.org/", /ends in a slash.*\| npm run pulumi -- config set --stack prod FRONTEND_URL https:\/\/x\.org$/],
    ["http://192.168.1.20:8080", /is plain http to 192\.168\.1\.20.*FRONTEND_URL https:\/\/192\.168\.1\.20$/],
    ["http://scani.example.org", /is plain http to scani\.example\.org.*FRONTEND_URL https:\/\/scani\.example\.org$/],
    ["https://Scani.Example.org", /is not written as browsers write it.*FRONTEND_URL https:\/\/scani\.example\.org$/],
    ["https://x.org:443", /is not written as browsers write it.*FRONTEND_URL https:\/\/x\.org$/],
    ["https://u@x.org", /has a path/],
    ["https://x.org ", /is not a URL/],
  ])("FRONTEND_URL=%s is refused, with the right one to type", (value, message) => {
    expect(base({ FRONTEND_URL: value })).toEqual([expect.stringMatching(message)]);
  });

  test.each(["https://x.org", "https://x.org:8443", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"])(
    "FRONTEND_URL=%s is fine where a browser takes it",
    (value) => {
      expect(base({ FRONTEND_URL: value })).toEqual([]);
    },
  );

  test.each([
    ["SCANI_CLOUD_API_KEY", "8charact", /is 8 characters long and needs 16 or more/],
    ["LOG_LEVEL", "loud", /is none of trace/],
  ])("%s=%s on tier 2", (name, value, message) => {
    expect(mistakesOf({ tier: "tier2", ...tier2, [name]: value })).toEqual([expect.stringMatching(message)]);
  });

  test("a log level may be written in capitals", () => {
    expect(tier1({ LOG_LEVEL: "WARN" }).LOG_LEVEL).toBe("warn");
  });

  test.each([
    ["SMTP_URL", "smtps://a%3Ab:p@m.example", /has a user name with a colon/],
    ["SMTP_FROM", "no address", /is neither a mail address/],
    ["SMTP_FROM", "Scani <a@example.org>", /is neither a mail address/],
    ["DATABASE_URL", "postgres://u:p@db.example.org", /names no database/],
    ["DATABASE_URL", "postgres://u:a#b@db.example.org/x", /# %23/],
    ["DATABASE_URL", "postgres://u:a%zz@db.example.org/x", /holds a % that begins no code/],
    ["REDIS_URL", "redis://:a/b@redis.example.org", /in its password \/ is written %2F/],
    ["DATABASE_URL", "postgres://u:p@10.0.0.5/x?sslmode=require", /by an address, and Scani checks a certificate/],
    ["DATABASE_URL", "postgres://u:p@[fd00::5]/x?sslmode=verify-full", /by an address, and Scani checks a certificate/],
    ["DATABASE_URL", "postgres://u:p@10.0.0.5/x?sslmode=prefer", /by an address, and Scani checks a certificate/],
    ["DATABASE_URL", "postgres://u:p@db.example.org/x", /says nothing of sslmode.*ends in \?sslmode=verify-full/],
    ["DATABASE_URL", "postgres://u:p@db.example.org/x?sslrootcert=/etc/ca.pem", /is given as caCertificate/],
    ["COOKIE_DOMAIN", "localhost", /is no domain a browser keeps cookies for/],
    ["COOKIE_DOMAIN", "10.0.0.1", /is no domain a browser keeps cookies for/],
    ["S3_ACCESS_KEY_ID", "a/b", /which S3's signatures use themselves/],
  ])("%s=%s is refused", (name, value, message) => {
    expect(base({ [name]: value })).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ["SMTP_FROM", '"Scani at home" <a@example.org>'],
    ["S3_ACCESS_KEY_ID", "scani"],
    ["DATABASE_URL", "postgres://u:a%23b@db.example.org/x?sslmode=require"],
    ["DATABASE_URL", "postgres://u:p@10.0.0.5/x?sslmode=no-verify"],
    ["DATABASE_URL", "postgres://u:p@10.0.0.5/x?sslmode=disable"],
  ])("%s=%s is fine", (name, value) => {
    expect(base({ [name]: value })).toEqual([]);
  });

  test("a cookie's domain holds the hosts of page and api", () => {
    const given = { FRONTEND_URL: "https://app.example.org", BACKEND_URL: "https://api.example.org" };
    expect(base({ ...given, COOKIE_DOMAIN: ".example.org" })).toEqual([]);
    expect(base({ ...given, COOKIE_DOMAIN: "app.example.org" })).toEqual([
      'COOKIE_DOMAIN (from Pulumi config) "app.example.org" does not hold BACKEND_URL (api.example.org): nobody could sign in | npm run pulumi -- config rm COOKIE_DOMAIN --stack prod',
    ]);
  });

  test("where no address of the page is given it is localhost, which no cookie's domain holds", () => {
    const derived = "FRONTEND_URL (localhost, which is not given): nobody could sign in";
    expect(base({ COOKIE_DOMAIN: ".example.org" })).toEqual([expect.stringContaining(`does not hold ${derived}`)]);
    expect(base({ COOKIE_DOMAIN: ".example.org", BACKEND_URL: "https://api.example.org" })).toEqual([
      expect.stringContaining(`does not hold ${derived}`),
    ]);
  });
});

test.each([
  ["LOG_REQUEST_BODIES", "true"],
  ["LOG_RESPONSE_BODIES", "true"],
  ["STUB_AI", "1"],
  ["STUB_CHAIN_DATA", "1"],
  ["SCANI_DEMO_MODE", "1"],
])("a further variable with which Scani does not start is refused: %s=%s", (name, value) => {
  const mistakes = (given: string) => {
    const variables = ["api", "worker"].map((service) => ({ service, name, value: given }));
    return mistakesOf({ tier: "tier1", extraEnvironment: JSON.stringify(variables) });
  };
  expect(mistakes(value)).toEqual([
    expect.stringMatching(
      new RegExp(`^extraEnvironment \\(from Pulumi config\\) sets ${name}, with which Scani does not start: `),
    ),
  ]);
  expect(mistakes("off")).toEqual([]);
});

const key = "0f".repeat(32);
/** The `.env` Scani's installer writes, without the addresses of compose's own services, which follow separately. */
const installers = {
  SCANI_IMAGE_TAG: "0.17.1",
  FRONTEND_PORT: "8080",
  FRONTEND_URL: "http://localhost:8080",
  BACKEND_URL: "http://localhost:8080",
  ENCRYPTION_KEY: key,
  DATA_PROVIDER_API_KEY: key,
  SCANI_CLOUD_API_KEY: key,
  POSTGRES_PASSWORD: key,
  MINIO_ROOT_USER: "scani",
  MINIO_ROOT_PASSWORD: key,
  S3_ACCESS_KEY_ID: "scani",
  S3_SECRET_ACCESS_KEY: key,
  SMTP_FROM: "no-reply@scani.local",
  COINGECKO_API_KEY: "",
};
const composes = {
  DATABASE_URL: `postgres://scani:${key}@postgres:5432/scani?sslmode=disable`,
  REDIS_URL: "redis://redis:6379",
  S3_ENDPOINT: "http://minio:9000",
  SMTP_URL: "smtp://mailpit:1025",
};

describe("the .env that Scani's installer writes", () => {
  test("is fine without the addresses of compose's own services", () => {
    expect(resolveSettings(sources({ tier: "base" }, {}, installers), "prod").tier).toBe("base");
    expect(unreadInDotenv(Object.keys(installers))).toEqual([]);
  });

  test.each(Object.entries(composes))("%s=%s is recognised as compose's, with what to do", (name, value) => {
    const refused = (dotenv: Record<string, string>, environment: Record<string, string>) => () =>
      resolveSettings(sources({ tier: "base" }, environment, { ...installers, ...dotenv }), "prod");
    const host = new URL(value).hostname;
    expect(refused({ [name]: value }, {})).toThrow(
      `${name} (from .env) names ${host}, a service of Scani's own compose file, which nothing here reaches: without ${name} this module runs its own\n    Where that Scani runs, the last command says how it is adopted, with all its data.\n    type: "\${EDITOR:-vi}" .env\n    type: npm run adopt -- --plan --port 8090`,
    );
    expect(refused({}, { [name]: value })).toThrow(`(from the shell's environment) names ${host}`);
    expect(refused({}, { [name]: value })).toThrow(`type: unset ${name}`);
    expect(refused({}, { [name]: value })).toThrow("type: npm run adopt -- --plan --port 8090");
  });
});

test("compose's addresses all at once are one message that names each, with what takes it out, and adopt once", () => {
  const project = mkdtempSync(join(tmpdir(), "scani-installer-"));
  try {
    const lines = Object.entries({ ...installers, ...composes }).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(project, ".env"), lines.join(""));
    const read = () =>
      resolveSettings(
        { config: (name) => (name === "tier" ? "base" : undefined), ...operatorSources(project, false, {}) },
        "base",
      );
    let refused: SettingsError | undefined;
    try {
      read();
    } catch (error) {
      refused = error as SettingsError;
    }
    expect(refused?.mistakes.map(({ setting }) => setting)).toEqual(Object.keys(composes));
    const text = refused?.message ?? "";
    expect(text.split("\n")[0]).toBe("4 settings are wrong for stack base; nothing has been touched.");
    for (const [name, value] of Object.entries(composes))
      expect(text).toContain(
        `${name} (from .env) names ${new URL(value).hostname}, a service of Scani's own compose file`,
      );
    expect(text.match(/type: npm run adopt -- --plan --port 8090/g)).toHaveLength(1);
    expect(text).not.toContain(key);
    // After the printed commands are typed one after the other, the file is valid.
    for (const [, command] of text.matchAll(/type: (sed .*)/g)) execFileSync("sh", ["-c", command], { cwd: "/" });
    expect(read().tier).toBe("base");
  } finally {
    rmSync(project, { recursive: true });
  }
});

describe("settings in the wrong stack", () => {
  const refused = (tier: string, own: Record<string, string>, stacks?: Sources["stacks"]) => () =>
    resolveSettings({ ...sources({ tier, ...own }), ownNames: ["tier", ...Object.keys(own)], stacks }, "prod");
  const stacks = { base: "prod-base", tier1: "prod-tier1", tier2: "prod-tier2" };

  test.each([
    [
      "base",
      { SCANI_IMAGE_TAG: "0.18.0" },
      /SCANI_IMAGE_TAG is set for stack prod, and nothing reads it there: it is a setting of tier1 and tier2\n {4}type: npm run pulumi -- config rm SCANI_IMAGE_TAG --stack prod\n {4}type: npm run pulumi -- config set --stack prod-tier1 SCANI_IMAGE_TAG 0\.18\.0\n {4}type: npm run pulumi -- config set --stack prod-tier2 SCANI_IMAGE_TAG 0\.18\.0$/,
    ],
    [
      "tier1",
      { FRONTEND_URL: "https://scani.example.com" },
      /FRONTEND_URL is set for stack prod, [^]*config rm FRONTEND_URL --stack prod\n.*config set --stack prod-base FRONTEND_URL https:\/\/scani\.example\.com$/,
    ],
    [
      "tier1",
      { SCANI_CLOUD_API_KEY: "issued-key-123456" },
      /a setting of tier2\n.*config rm SCANI_CLOUD_API_KEY --stack prod\n.*config set --secret SCANI_CLOUD_API_KEY --stack prod-tier2$/,
    ],
  ])("%s: %p is refused, with where it belongs", (tier, own, message) => {
    expect(refused(tier, own, stacks)).toThrow(message);
  });

  test("every setting is refused by exactly the stacks that do not read it", () => {
    for (const kind of ["base", "tier1", "tier2"] as const) {
      const names = catalogue.map(({ name }) => name);
      const told = inWrongStack(kind, { config: () => undefined, ownNames: names }, kind).map(({ setting }) => setting);
      expect(told).toEqual(catalogue.filter(({ stacks: its }) => !its.includes(kind)).map(({ name }) => name));
    }
  });

  test("a default for the whole project, the environment and .env are there for all stacks", () => {
    const elsewhere = { FRONTEND_URL: "https://scani.example.com" };
    expect(
      resolveSettings({ ...sources({ tier: "tier1", ...elsewhere }, elsewhere, elsewhere), ownNames: ["tier"] }, "prod")
        .tier,
    ).toBe("tier1");
  });
});

describe("misspelt names", () => {
  const config = (names: string[]) => () =>
    resolveSettings({ ...sources({ tier: "tier1" }), configNames: ["tier", ...names] }, "prod");

  test.each([
    [
      "keepwarm",
      /keepwarm is no setting; the nearest is keepWarm\n.*config rm keepwarm --stack prod\n.*config set --stack prod keepWarm true$/,
    ],
    ["SCANI_KEEP_WARM", /the nearest is keepWarm/],
    [
      "SCANI_CLOUD_APIKEY",
      /the nearest is SCANI_CLOUD_API_KEY\n.*\n.*config set --secret SCANI_CLOUD_API_KEY --stack prod$/,
    ],
    ["somethingElse", /somethingElse is no setting\n {4}type: npm run pulumi -- config rm somethingElse --stack prod$/],
  ])("%s in Pulumi config is refused", (name, message) => {
    expect(config([name])).toThrow(message);
  });

  test("every setting's own name is known in Pulumi config", () => {
    expect(config(catalogue.map(({ name }) => name))).not.toThrow();
  });

  test.each([
    ["SCANI_CLOUD_APIKEY", "The nearest is SCANI_CLOUD_API_KEY."],
    ["POSTGRES_PASWORD", "The nearest is POSTGRES_PASSWORD."],
    ["scani_keep_warm", "The nearest is SCANI_KEEP_WARM."],
    ["SCANI_SOMETHING_NEW", undefined],
  ])("%s in .env is said", (name, why) => {
    expect(unreadInDotenv([name])).toEqual([{ what: `${name} in .env is no setting and is not read.`, why }]);
  });

  test.each(["SCANI_TRUST_SETTINGS", "SCANI_ALLOW_DOWNTIME", "SCANI_START_EMPTY", "SCANI_DEBUG"])(
    "%s, a flag, in .env is said to do nothing there",
    (name) => {
      expect(unreadInDotenv([name])).toEqual([
        {
          what: `${name} in .env does nothing: it is read from the environment of one command only.`,
          type: removeVariableCommand(name),
        },
      ]);
    },
  );

  test.each(["PATH", "MINIO_ROOT_USER", "HOME_ASSISTANT_TOKEN", "SCANI_BRAND", "PORT"])(
    "%s in .env is nobody's business",
    (name) => {
      expect(unreadInDotenv([name])).toEqual([]);
    },
  );
});

test.each([
  ["backupDirectory", "~/backups", "~", "; in .env it is ${HOME}/backups", `${homedir()}/backups`],
  [
    "backupDirectory",
    "${HOME}/my backups",
    "${HOME}",
    "; in .env it is ${HOME}/my backups",
    `'${homedir()}/my backups'`,
  ],
  ["backupDirectory", "~", "~", "; in .env it is ${HOME}", homedir()],
  ["backupDirectory", "~eve/backups", "~eve", "", settingNamed("backupDirectory").example],
  [
    "dockerHost",
    "unix://~/docker.sock",
    "~",
    "; in .env it is unix://${HOME}/docker.sock",
    `unix://${homedir()}/docker.sock`,
  ],
])("the path of %s %j is not taken for a folder of that name", (name, value, mark, inDotenv, right) => {
  expect(mistakesOf({ tier: "base", [name]: value })).toEqual([
    `${name} (from Pulumi config) ${JSON.stringify(value)} begins with ${mark}, which only a shell replaces by a home folder${inDotenv} | npm run pulumi -- config set --stack prod ${name} ${right}`,
  ]);
});

test.each(["backups", "./~/backups", "/srv/~backups", "/srv/$HOME"])("the folder %j is one", (backupDirectory) => {
  expect(mistakesOf({ tier: "base", backupDirectory })).toEqual([]);
});

describe("accepted secrets", () => {
  const accepting = (name: string, value: string) =>
    mistakesOf({ tier: "base", [name]: value, acceptedSecrets: `POSTGRES_PASSWORD,${name}` });

  test.each([
    ["POSTGRES_PASSWORD", "scani"],
    ["REDIS_PASSWORD", "tiny"],
    ["DATA_PROVIDER_API_KEY", "dev_change_me_not_prod_safe"],
    ["FASTMAIL_API_TOKEN", "fmu1"],
  ])("%s may be %j", (name, value) => expect(accepting(name, value)).toEqual([]));

  test.each([
    ["REDIS_PASSWORD", "tiny\nline", "holds a line break or a NUL"],
    ["POSTGRES_PASSWORD", "x_change_me\u0000", "holds a line break or a NUL"],
    ["DATA_PROVIDER_API_KEY", "short ", "is sent in an HTTP header"],
    ["FASTMAIL_API_TOKEN", "fmu1-not_production-ä", "is sent in an HTTP header"],
    ["VAPID_PRIVATE_KEY", "short", "is no private key of P-256"],
    ["DATABASE_URL", "postgres://u:p@db.example.org/scani", "says nothing of sslmode"],
    ["REDIS_URL", "http://cache", "is not a URL that begins with redis://"],
    ["SMTP_URL", "smtp://u%3Av:p@mail.example.org", "has a user name with a colon"],
  ])("%s breaks no other rule: %j %s", (name, value, message) =>
    expect(accepting(name, value)).toEqual([expect.stringContaining(`${name} (from Pulumi config) ${message}`)]),
  );

  test("a name that is no secret is a mistake, with the list that is right", () => {
    const mistakes = (acceptedSecrets: string) => mistakesOf({ tier: "base", acceptedSecrets });
    expect(mistakes("POSTGRES_PASWORD,LOG_LEVEL,REDIS_PASSWORD")).toEqual([
      "acceptedSecrets (from Pulumi config) names POSTGRES_PASWORD, LOG_LEVEL, which is no secret among the settings | npm run pulumi -- config set --stack prod acceptedSecrets REDIS_PASSWORD",
    ]);
    expect(mistakes("OLD_KEY")).toEqual([
      expect.stringContaining("| npm run pulumi -- config rm acceptedSecrets --stack prod"),
    ]);
    expect(mistakesOf({ tier: "tier1", acceptedSecrets: "POSTGRES_PASSWORD" })).toEqual([]);
  });
});

test("a misspelt name in the environment is said, with the nearest; what belongs to other programs is not", () => {
  const said = misspeltInEnvironment([
    "SCANI_KEEPWARM",
    "SCANI_ALLOW_DOWNTIM",
    "SCANI_KEEP_WARM",
    "SCANI_ALLOW_DOWNTIME",
    "SCANI_TEST_IMAGES",
    "SCANI_COMMANDS_BASE",
    ...["SOMETHING_ELSE", "HOME", "DIR", "USER", "BASE", "TIME"].map((name) => `SCANI_${name}`),
    "HOME",
  ]);
  expect(said.map(({ what, why, type }) => [what.split(" ")[0], why, type])).toEqual([
    ["SCANI_KEEPWARM", "The nearest is SCANI_KEEP_WARM.", "unset SCANI_KEEPWARM"],
    ["SCANI_ALLOW_DOWNTIM", "The nearest is SCANI_ALLOW_DOWNTIME.", "unset SCANI_ALLOW_DOWNTIM"],
  ]);
});
