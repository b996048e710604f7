import { seal } from "../../../../../host/scani/envelope";
import type { Evidence } from "../../../../../host/guards/data/evidence";
import type { DataPlace } from "../../../../../host/install/data/dataPlace";
import { dataRefusalHeading, dataRefusals, type Intent } from "../../../../../host/guards/data/dataRefusals";
import {
  fingerprintsOf,
  parseFingerprints,
  type SecretFingerprints,
} from "../../../../../host/guards/data/secretFingerprints";
import { commandsOf, renderProblems } from "../../../../../util/operatorError";
import { verifierOf } from "../../../../../host/guards/data/passwordVerifier";

const [key, otherKey] = ["11".repeat(32), "22".repeat(32)];
const [password, otherPassword] = ["the password it was made with", "some other password"];
const postgres: DataPlace["postgres"] = {
  container: "scani-postgres",
  volume: "scani-postgres-data",
  role: "scani",
  database: "scani",
  image: "postgres:16-alpine",
};
const intent: Intent = {
  place: { install: "scani", volumes: ["scani-postgres-data"], postgres },
  encryptionKey: key,
  databasePassword: password,
  baseStack: "prod-base",
  trustSettings: false,
};
let fingerprints: SecretFingerprints;

beforeAll(async () => {
  fingerprints = parseFingerprints(
    await fingerprintsOf(undefined, "scani", { encryptionKey: key, databasePassword: password }),
  ) as SecretFingerprints;
});

const problems = async (evidence: Partial<Evidence>, change: Partial<Intent> = {}) =>
  (await dataRefusals({ strangers: [], ...evidence }, { ...intent, ...change })).map(({ what }) => what);

test("nothing is there: nothing is refused, whatever is wanted", async () => {
  expect(await problems({})).toEqual([]);
  expect(await problems({}, { encryptionKey: undefined, databasePassword: undefined })).toEqual([]);
});

test("the data fits", async () => {
  const database = { passwordVerifier: await verifierOf(password), credentials: [await seal("{}", key)] };
  expect(await problems({ volumeMajor: "16", imageMajor: "16", fingerprints, database })).toEqual([]);
});

test("another folder of the volume than the one the data is in is refused, and the move into one is not", async () => {
  const root = "/var/lib/postgresql/data";
  const at = (path: string): Partial<Intent> => ({ place: { ...intent.place, postgres: { ...postgres, path } } });
  const dataPath = `${root}/scani-data`;
  const [problem, ...others] = await dataRefusals(
    { strangers: [], dataPath },
    { ...intent, ...at(`${root}/other`), trustSettings: true },
  );
  expect(others).toEqual([]);
  expect(problem?.what).toContain(
    "leads to its folder other, and the data in the volume scani-postgres-data is in its",
  );
  expect(commandsOf(problem)).toEqual(["npm run pulumi -- config set --stack prod-base postgresFolder scani-data"]);
  expect(await problems({ dataPath }, at(root))).toEqual([expect.stringContaining("leads to the volume itself")]);
  expect(await problems({ dataPath }, at(dataPath))).toEqual([]);
  expect(await problems({ dataPath: root }, at(dataPath))).toEqual([]);
  expect(await problems({ dataPath: undefined }, at(`${root}/other`))).toEqual([]);
});

test.each([
  ["names no folder", { imageDataPath: "" }, "a folder it does not name (PGDATA)"],
  ["says so", { imageDataPath: "/var/lib/postgresql/18/docker", imageMajor: "18" }, "/var/lib/postgresql/18/docker"],
  ["is not on the engine, and its version says so", { imageMajor: "18" }, "a folder of its version"],
])("an image that keeps its data outside the volume is refused, where it %s", async (_name, evidence, folder) => {
  const [problem, ...others] = await problems(evidence);
  expect(others).toEqual([]);
  expect(problem).toContain(`keeps its data in ${folder} and not in /var/lib/postgresql/data`);
  expect(await problems({ imageDataPath: "/var/lib/postgresql/data", imageMajor: "16" })).toEqual([]);
  const at = (path: string) => ({ place: { ...intent.place, postgres: { ...postgres, path } } }) as Partial<Intent>;
  expect(await problems(evidence, at("/var/lib/postgresql/data"))).toHaveLength(1);
  // A folder of the volume is named to the container, so it counts before what the image says.
  expect(await problems(evidence, at("/var/lib/postgresql/data/scani-data"))).toEqual([]);
});

describe("ENCRYPTION_KEY", () => {
  const differs = [expect.stringMatching(/^ENCRYPTION_KEY differs, but the data was made with another/)];

  test("that is not the one that was noted", async () =>
    expect(await problems({ fingerprints }, { encryptionKey: otherKey })).toEqual(differs));

  test("that would be generated anew", async () =>
    expect(await problems({ fingerprints }, { encryptionKey: undefined })).toEqual([
      expect.stringContaining("ENCRYPTION_KEY is not given and would be generated anew"),
    ]));

  test("what the credentials say comes before what was noted", async () => {
    const [sealed, sealedWithOther] = [await seal("{}", key), await seal("{}", otherKey)];
    expect(await problems({ fingerprints, database: { credentials: [sealedWithOther] } })).toEqual(differs);
    expect(
      await problems({ fingerprints, database: { credentials: [sealedWithOther] } }, { encryptionKey: otherKey }),
    ).toEqual([]);
    // One credential that is damaged, or older than the key, is no proof against the key.
    expect(await problems({ fingerprints, database: { credentials: [sealedWithOther, sealed] } })).toEqual([]);
  });

  test("of a database somebody else runs goes by the api that runs", async () => {
    const place = { install: "scani", volumes: [] };
    expect(await problems({ keyInUse: otherKey }, { place })).toEqual(differs);
    expect(await problems({ keyInUse: key }, { place })).toEqual([]);
  });
});

describe("the database password", () => {
  test("goes by what Postgres itself keeps, and by the file where it does not run", async () => {
    const database = { passwordVerifier: await verifierOf(otherPassword), credentials: [] };
    expect(await problems({ fingerprints, database })).toEqual([
      expect.stringMatching(/^POSTGRES_PASSWORD differs, but the volume scani-postgres-data/),
    ]);
    expect(await problems({ fingerprints, database }, { databasePassword: otherPassword })).toEqual([]);
    expect(await problems({ fingerprints }, { databasePassword: otherPassword })).toEqual([
      expect.stringMatching(/^POSTGRES_PASSWORD differs/),
    ]);
  });

  test("in a form nobody knows is let pass", async () =>
    expect(await problems({ database: { passwordVerifier: "odd", credentials: [] } })).toEqual([]));

  test("of a database somebody else runs is not checked", async () =>
    expect(
      await problems({ fingerprints }, { place: { install: "scani", volumes: [] }, databasePassword: otherPassword }),
    ).toEqual([]));
});

test.each([
  ["role", "POSTGRES_USER is scani"],
  ["database", "POSTGRES_DB is scani"],
] as const)("a %s the volume was not made with", async (lacks, said) => {
  expect(await problems({ database: { credentials: [], lacks } })).toEqual([expect.stringContaining(said)]);
});

test("another major version; where either is not known, Postgres itself has the word", async () => {
  expect(await problems({ volumeMajor: "15", imageMajor: "16" })).toEqual([
    expect.stringMatching(/is Postgres 16, and the volume scani-postgres-data was made by Postgres 15/),
  ]);
  expect(await problems({ volumeMajor: "15" })).toEqual([]);
  expect(await problems({ imageMajor: "15" })).toEqual([]);
});

describe("an image whose C library sorts text otherwise", () => {
  const ranOn = { image: "postgres:16.4-alpine", libc: "musl" } as const;
  const evidence = { ranOn, imageLibc: "glibc", volumeMajor: "16", imageMajor: "16" } as const;
  const sortedBy = (collation?: string) => ({ ...evidence, database: { credentials: [], collation } });

  test("is refused where that is how text is sorted, or nobody can say", async () => {
    for (const found of [evidence, sortedBy("en_US.utf8")]) {
      const [problem, ...others] = await dataRefusals({ strangers: [], ...found }, { ...intent, encryptionKey: key });
      expect(others).toEqual([]);
      expect(problem?.what).toMatch(
        /is built on glibc \(Debian\), and postgres:16\.4-alpine, .* on musl \(Alpine\): they sort text differently/,
      );
      expect(commandsOf(problem)).toEqual([
        "npm run pulumi -- config set --stack prod-base postgresImage postgres:16.4-alpine",
      ]);
    }
    expect(await problems(evidence, { trustSettings: true })).toEqual([]);
  });

  test.each([
    ["text is sorted by its characters' codes", sortedBy("C.UTF-8")],
    ["text is sorted by ICU", sortedBy()],
    ["it is built on the same", { ...evidence, imageLibc: "musl" }],
    ["the images do not say it", { ...evidence, ranOn: { image: "scani-local/postgres:15-bookworm" } }],
    ["no container has run", { ...evidence, ranOn: undefined }],
  ] as const)("is fine where %s", async (_where, found) => {
    expect(await problems(found)).toEqual([]);
  });

  test("of another major is refused for that alone", async () => {
    expect(await problems({ ...evidence, imageMajor: "17" })).toEqual([expect.stringContaining("is Postgres 17")]);
  });
});

describe("an operator who trusts the settings", () => {
  test("is let pass with other secrets, but never onto a volume in use or made by another Postgres", async () => {
    const strangers = [{ container: "old-postgres-1", volume: "scani-postgres-data" }];
    const found = await problems(
      { fingerprints, strangers, volumeMajor: "15", imageMajor: "16" },
      { encryptionKey: otherKey, databasePassword: otherPassword, trustSettings: true },
    );
    expect(found).toEqual([
      expect.stringContaining("is in use by container old-postgres-1"),
      expect.stringContaining("was made by Postgres 15"),
    ]);
  });
});

test("each says what to type, for the base stack as it is called, and no secret", async () => {
  const strangers = [{ container: "old-postgres-1", volume: "scani-postgres-data" }];
  const found = await dataRefusals(
    { strangers, fingerprints, volumeMajor: "15", imageMajor: "18" },
    { ...intent, encryptionKey: otherKey, databasePassword: otherPassword },
  );
  const set = "npm run pulumi -- config set";
  expect(found.map(commandsOf)).toEqual([
    ["docker stop old-postgres-1"],
    [`${set} --stack prod-base postgresImage postgres:15-alpine`],
    [`${set} --stack prod-base postgresImage postgres:16-alpine`],
    [`${set} --secret ENCRYPTION_KEY --stack prod-base`],
    [
      `${set} --secret POSTGRES_PASSWORD --stack prod-base`,
      "docker exec -it scani-postgres psql -U scani -c '\\password' postgres",
    ],
  ]);
  const text = renderProblems(dataRefusalHeading, found);
  for (const secret of [
    key,
    otherKey,
    password,
    otherPassword,
    fingerprints.encryptionKey,
    fingerprints.databasePassword,
  ])
    expect(text).not.toContain(secret);
});

test.each([
  ["role", "POSTGRES_USER"],
  ["database", "POSTGRES_DB"],
] as const)("the %s the volume was made with is to be set", async (lacks, setting) => {
  const [problem] = await dataRefusals({ strangers: [], database: { credentials: [], lacks } }, intent);
  expect(problem.why).toMatch(new RegExp(`^Set ${setting} of stack prod-base to the ${lacks} it was made with, or`));
  // The original value is unknown, so there is no command to type.
  expect(problem.type).toBeUndefined();
});
