import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { catalogue, resolveSettings, SettingsError, type Setting, type Sources } from "../../../settings";

/** Mark in every value of a secret, good or bad, and in nothing else: wherever it shows, a secret has leaked. */
const mark = "Zq9";

/** Values that may be wrong for any setting. */
const oddities = [
  " ",
  "0",
  "-1",
  "1e3",
  "0x10",
  "99999999999",
  "NaN",
  "yes",
  "TRUE",
  "true ",
  "null",
  "undefined",
  "latest",
  "postgres",
  "postgres:latest",
  "postgres:alpine",
  "a b",
  "ä",
  "../etc",
  "$(id)",
  "a\nb",
  "\u0000",
  "http://",
  "ftp://x",
  "//x",
  "http://data.example.org",
  "https://a.example/path",
  "https://a.example?x=1",
  "127.0.0.1:80",
  "::1",
  "tier3",
  "-----BEGIN CERTIFICATE-----",
  "x".repeat(300),
];

/** Forms of a secret that this module refuses: public, truncated, or split by a line break. */
const secretOddities = [
  `${mark}`,
  `${mark}1`,
  `dev_${mark}_change_me_not_prod_safe_0123456789`,
  `${mark}not_production${mark.repeat(40)}`,
  `${mark.repeat(40)}\n${mark}`,
  `mysql://u:${mark}@db`,
  `${mark}://`,
  `tier1:${mark}`,
];

const refuses = (setting: Setting, value: string) => value !== "" && !setting.schema.safeParse(value).success;
const candidates = (setting: Setting) =>
  [
    ...(setting.secret
      ? secretOddities
      : [...oddities, `${setting.example} `, `${setting.example}\n${setting.example}`]),
  ].filter((value) => refuses(setting, value));

/** Settings that can have a wrong value: some accept any text. */
const breakable = catalogue.filter((setting) => setting.name !== "tier" && candidates(setting).length > 0);

function badValue(setting: Setting): fc.Arbitrary<string> {
  const known = fc.constantFrom(...candidates(setting));
  const text = fc.string({ minLength: 1, maxLength: 40 }).map((any) => any.replaceAll(mark, ""));
  // Nearly any text is valid for a secret or a folder, so a search for a wrong one would never end.
  const oftenWrong = fc.sample(text, { numRuns: 100, seed: 1 }).filter((any) => refuses(setting, any)).length > 20;
  return setting.secret || !oftenWrong
    ? known
    : fc.oneof(
        known,
        text.filter((any) => refuses(setting, any)),
      );
}

/** Returns a valid value for a secret, so that valid secrets cannot show either. */
const goodSecret = (setting: Setting): string =>
  [
    `${mark.repeat(64)}`,
    `postgres://u:${mark}@db/scani?sslmode=disable`,
    `redis://:${mark}@cache`,
    `smtp://u:${mark}@mail`,
    `https://${mark}@sentry.example/1`,
    `[{"service":"api","name":"X","value":"${mark}"}]`,
  ].find((value) => setting.schema.safeParse(value).success) as string;

const badValues = new Map(breakable.map((setting) => [setting, badValue(setting)]));

type Origin = "config" | "environment" | "dotenv";

interface Bad {
  readonly kind: "base" | "tier1" | "tier2";
  /** Wrong values by setting. */
  readonly wrong: ReadonlyMap<Setting, string>;
  readonly right: ReadonlyMap<Setting, string>;
  readonly origin: Origin;
}

const origins: Origin[] = ["config", "environment", "dotenv"];

const bad: fc.Arbitrary<Bad> = fc.constantFrom("base" as const, "tier1" as const, "tier2" as const).chain((kind) => {
  const own = breakable.filter(({ stacks }) => stacks.includes(kind));
  return fc.subarray(own, { minLength: 1, maxLength: 6 }).chain((chosen) =>
    fc.record({
      kind: fc.constant(kind),
      wrong: fc
        .tuple(...chosen.map((setting) => badValues.get(setting) as fc.Arbitrary<string>))
        .map((values) => new Map(chosen.map((setting, at) => [setting, values[at]]))),
      right: fc
        .subarray(
          catalogue.filter((setting) => setting.secret && setting.stacks.includes(kind) && !chosen.includes(setting)),
        )
        .map(
          (secrets) =>
            new Map([
              ...secrets.map((setting) => [setting, goodSecret(setting)] as const),
              ...catalogue
                .filter(
                  (setting) =>
                    setting.required &&
                    setting.stacks.includes(kind) &&
                    setting.name !== "tier" &&
                    !chosen.includes(setting),
                )
                .map((setting) => [setting, setting.secret ? goodSecret(setting) : setting.example] as const),
            ]),
        ),
      origin: fc.constantFrom(...origins),
    }),
  );
});

function sourcesOf({ kind, wrong, right, origin }: Bad): Sources {
  const all = [...wrong, ...right];
  const byVariable = Object.fromEntries(all.map(([{ variable }, value]) => [variable, value]));
  const byName = Object.fromEntries(all.map(([{ name }, value]) => [name, value]));
  return {
    config: (name) => (name === "tier" ? kind : origin === "config" ? byName[name] : undefined),
    environment: origin === "environment" ? byVariable : {},
    dotenv: origin === "dotenv" ? byVariable : {},
  };
}

function refusal(sources: Sources): SettingsError {
  try {
    resolveSettings(sources, "prod");
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Lists the settings reported by rules between settings, in addition to those wrong by themselves. */
function expectedBeside({ wrong, right }: Bad): string[] {
  const given = new Set<string>([...wrong.keys(), ...right.keys()].map(({ name }) => name));
  const keys = given.has("S3_ENDPOINT")
    ? ["S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"].filter((name) => !given.has(name))
    : [];
  const places = ["DATABASE_URL", "borrowedPostgres", "postgresVolume"].filter((name) => given.has(name)).slice(1);
  const folderAlone = given.has("postgresFolder") && !given.has("postgresVolume");
  return [
    ...keys,
    ...(given.has("SMTP_URL") && given.has("FASTMAIL_API_TOKEN") ? ["FASTMAIL_API_TOKEN"] : []),
    ...(folderAlone ? ["postgresFolder"] : places),
  ];
}

let created = 0;
const printed: string[] = [];

void pulumi.runtime.setMocks(
  {
    newResource({ name, inputs }) {
      created += 1;
      return { id: name, state: inputs };
    },
    call: () => ({}),
  },
  "scani",
  "prod",
);

// Load after setMocks, as Pulumi requires.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { program } = require("../../../stacks/program") as typeof import("../../../stacks/program.js");

beforeAll(() => {
  for (const stream of [process.stdout, process.stderr]) {
    const write: (chunk: string | Uint8Array) => boolean = stream.write.bind(stream);
    jest.spyOn(stream, "write").mockImplementation((chunk) => {
      printed.push(String(chunk));
      return write(chunk);
    });
  }
});

afterAll(() => {
  jest.restoreAllMocks();
});

test("1,000 generated bad settings: each is told once, with what to type; nothing is created; no secret shows", async () => {
  let mistakes = 0;
  await fc.assert(
    fc.asyncProperty(bad, async (settings) => {
      const error = refusal(sourcesOf(settings));
      mistakes += error.mistakes.length;

      expect(error.mistakes.map(({ setting }) => setting).sort()).toEqual(
        [...[...settings.wrong.keys()].map(({ name }) => name), ...expectedBeside(settings)].sort(),
      );
      for (const mistake of error.mistakes) {
        const { setting, what, type } = mistake;
        expect(what.startsWith(`${setting} `)).toBe(true);
        expect(what.length).toBeGreaterThan(setting.length + 10);
        expect(type).toMatch(
          /^npm run pulumi -- config (set|rm) .*|^unset \w+$|^"\$\{EDITOR:-vi\}" (rootDirectory\/)?\.env$/,
        );
        expect(error.message).toContain(`  ${what}\n    type: ${type}`);
      }
      const count = error.mistakes.length;
      expect(error.message.split("\n")[0]).toBe(
        `${count === 1 ? "1 setting is" : `${count} settings are`} wrong for stack prod; nothing has been touched.`,
      );
      expect(error.message.split("\n")).toHaveLength(1 + 2 * count);
      expect(error.message).not.toContain(mark);

      // Run the program itself, as Pulumi does: it is refused with the same message before it declares anything.
      const config = Object.fromEntries(
        [
          ["tier", settings.kind] as const,
          ...[...settings.wrong, ...settings.right].map(([{ name }, value]) => [name, value] as const),
        ].map(([name, value]) => [`scani:${name}`, value]),
      );
      pulumi.runtime.setAllConfig(config);
      const thrown = await program({ projectFolder: "rootDirectory", environment: {} }).then(
        () => undefined,
        (failure: Error) => failure,
      );
      expect(thrown?.message).toBe(refusal(sourcesOf({ ...settings, origin: "config" })).message);
    }),
    { numRuns: 1000 },
  );
  expect(created).toBe(0);
  expect(printed.join("")).not.toContain(mark);
  expect(mistakes).toBeGreaterThan(1000);
});
