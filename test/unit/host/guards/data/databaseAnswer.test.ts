import { parseAnswer } from "../../../../../host/guards/data/databaseAnswer";
import { fingerprintsOf } from "../../../../../host/guards/data/secretFingerprints";

test("everything a running database says is read", async () => {
  const fingerprints = await fingerprintsOf(undefined, "scani", {
    encryptionKey: "11".repeat(32),
    databasePassword: "a password",
  });
  const output = [
    "major 16",
    `fingerprints ${fingerprints.trim()}`,
    "cluster 7300000000000000001",
    "collation en_US.utf8",
    "verifier SCRAM-SHA-256$4096:s$a:b",
    "credential bmV3",
    "credential b2xk",
  ].join("\n");
  expect(parseAnswer(output)).toEqual({
    major: "16",
    fingerprints: JSON.parse(fingerprints),
    cluster: "7300000000000000001",
    database: {
      passwordVerifier: "SCRAM-SHA-256$4096:s$a:b",
      collation: "en_US.utf8",
      credentials: ["bmV3", "b2xk"],
    },
  });
});

test("a volume from another install keeps nothing yet, and has no credentials table", () => {
  expect(parseAnswer("major 15\nverifier md5d1f0aa")).toEqual({
    major: "15",
    fingerprints: undefined,
    database: { passwordVerifier: "md5d1f0aa", credentials: [] },
  });
});

test.each([
  [
    "role",
    'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  role "x" does not exist',
  ],
  [
    "database",
    'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  database "x" does not exist',
  ],
])("a %s that is not there", (lacks, error) => {
  expect(parseAnswer(`major 15\n${error}`).database).toEqual({ credentials: [], lacks });
});

test.each([
  [
    'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  the database system is starting up',
  ],
  ['psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory'],
])("a Postgres that lets nobody in says nothing: %s", (error) => {
  expect(parseAnswer(`major 15\n${error}`)).toEqual({ major: "15", fingerprints: undefined, database: undefined });
});

test("a file that is damaged keeps nothing", () => {
  expect(parseAnswer('major 15\nkept {"encryptionKey":').fingerprints).toBeUndefined();
});
