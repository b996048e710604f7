import * as pulumi from "@pulumi/pulumi";
import * as runtimeSettings from "@pulumi/pulumi/runtime/settings";
import fc from "fast-check";
import type { Platform } from "../../../../host/install/platform";
import { environments } from "../../../../infra/release/environment";
import { providerVariables, resolveSettings, settingNamed, type Settings } from "../../../../settings";
import { parseDotenv } from "../../../../settings/dotenv";
import { dotenvText } from "../../../../settings/documents";

/** Function that resolves once every resource has been registered; the SDK's types omit it. */
const { waitForRPCs } = runtimeSettings as unknown as { waitForRPCs(): Promise<void> };

/** Declared containers by name. */
const containers = new Map<string, { envs: string[] } & Record<string, unknown>>();

void pulumi.runtime.setMocks({
  newResource({ type, name, inputs, id }) {
    // A secret arrives in Pulumi's envelope.
    if (type === "docker:index/container:Container")
      containers.set(name, { ...inputs, envs: inputs.envs.value ?? inputs.envs });
    return { id: id ?? name, state: { name, ...inputs, hex: "" } };
  },
  call: () => ({}),
});

// Load after setMocks, as Pulumi requires.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { Base } = require("../../../../infra/base/base") as typeof import("../../../../infra/base/base.js");

const providerKeys = providerVariables.filter((name) => settingNamed(name).secret);

const names = [
  "ENCRYPTION_KEY",
  "BETTER_AUTH_SECRET",
  "JOBS_HMAC_SECRET",
  "LOG_ID_PEPPER",
  "DATA_PROVIDER_API_KEY",
  "SCREENSHOT_BOT_SECRET",
  "POSTGRES_PASSWORD",
  "REDIS_PASSWORD",
  "S3_SECRET_ACCESS_KEY",
  "FASTMAIL_API_TOKEN",
  ...providerKeys,
] as const;
type Name = (typeof names)[number];

/** Printable characters, most often those with a meaning in a shell, a URL, Redis or a `.env` file. */
const printable = fc.oneof(
  fc.constantFrom(...` "'\`\\$#%&=:/?@!*;|<>(){}[]~^`),
  fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.constantFrom(..."äé§€漢"),
);
const secret = fc.array(printable, { minLength: 32, maxLength: 60 }).map((characters) => characters.join(""));
/** Keys that are sent in an HTTP header; the settings refuse characters a header cannot have. */
const inHeaders: readonly Name[] = ["DATA_PROVIDER_API_KEY", "FASTMAIL_API_TOKEN"];
const headerKey = secret.map((value) => `k${value.replace(/[^\x21-\x7e]/g, "~")}y`);
const secrets = fc.tuple(...names.map((name) => (inHeaders.includes(name) ? headerKey : secret)));

/** Splits a line of configuration as Redis does. Source: sdssplitargs in Redis' own sds.c. */
function redisWords(line: string): string[] {
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"(?=\s|$)|([^\s"]+)/g)].map(
    ([, quotedText, plain]) => plain ?? quotedText.replace(/\\(.)/g, "$1"),
  );
}

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

function resolve(tier: string, dotenv: Readonly<Record<string, string>>): Settings {
  return resolveSettings({ config: (name) => ({ tier })[name], environment: {}, dotenv }, tier);
}

const passwordIn = (url: string): string => decodeURIComponent(new URL(url).password);

test("1,000 secrets of any printable characters come from .env into the containers as they are, and into no command", async () => {
  await fc.assert(
    fc.asyncProperty(secrets, async (values) => {
      const given = Object.fromEntries(names.map((name, at) => [name, values[at]])) as Record<Name, string>;
      const file = names.map((name) => `${name}=${dotenvText(given[name])}\n`).join("");
      const dotenv = parseDotenv(file, {}).values;
      const settings = resolve("base", dotenv) as Settings<"base">;
      containers.clear();
      // Pulumi records a stack trace for each of its promises, which is most of the work of declaring.
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 0;
      const { platform } = new Base(settings).declare({
        timestamps: {},
        fingerprints: pulumi.output(""),
        engine: { id: "ENGINE", address: "unix:///var/run/docker.sock" },
        subnet: { first: 0x0ad50700, prefix: 24 },
      });
      const held: Platform = await valueOf(platform);
      await waitForRPCs();
      Error.stackTraceLimit = limit;

      const variable = (container: string, name: string): string | undefined =>
        containers
          .get(container)
          ?.envs.find((entry) => entry.startsWith(`${name}=`))
          ?.slice(name.length + 1);
      expect(variable("postgres", "POSTGRES_PASSWORD")).toBe(given.POSTGRES_PASSWORD);
      expect(variable("redis", "REDIS_PASSWORD")).toBe(given.REDIS_PASSWORD);
      expect(redisWords(variable("redis", "REDIS_CONFIGURATION") as string)).toEqual([
        "requirepass",
        given.REDIS_PASSWORD,
      ]);
      expect(variable("storage", "ROOT_SECRET_KEY")).toBe(given.S3_SECRET_ACCESS_KEY);
      const besideEnvironment = JSON.stringify(
        [...containers.values()].map(({ envs, ...rest }) => [envs.length, rest]),
      );
      for (const value of values) expect(besideEnvironment).not.toContain(JSON.stringify(value).slice(1, -1));

      const { api, "data-provider": provider } = environments(resolve("tier1", dotenv) as Settings<"tier1">, held);
      expect({ ...provider, ...api }).toMatchObject({
        ENCRYPTION_KEY: given.ENCRYPTION_KEY,
        BETTER_AUTH_SECRET: given.BETTER_AUTH_SECRET,
        JOBS_HMAC_SECRET: given.JOBS_HMAC_SECRET,
        LOG_ID_PEPPER: given.LOG_ID_PEPPER,
        SCANI_CLOUD_API_KEY: given.DATA_PROVIDER_API_KEY,
        DATA_PROVIDER_API_KEY: given.DATA_PROVIDER_API_KEY,
        SCREENSHOT_BOT_SECRET: given.SCREENSHOT_BOT_SECRET,
        S3_SECRET_ACCESS_KEY: given.S3_SECRET_ACCESS_KEY,
        FASTMAIL_API_TOKEN: given.FASTMAIL_API_TOKEN,
        ...Object.fromEntries(providerKeys.map((name) => [name, given[name]])),
      });
      expect(passwordIn(api.DATABASE_URL)).toBe(given.POSTGRES_PASSWORD);
      expect(passwordIn(api.REDIS_URL)).toBe(given.REDIS_PASSWORD);
    }),
    { numRuns: Math.ceil(1_000 / names.length), endOnFailure: true },
  );
});
