import { waitingPath } from "../../engine/engine";
import { credentialQueries, credentialsIn } from "../../scani/credentials";
import type { DatabaseAnswer } from "./evidence";
import { fingerprintsFile, parseFingerprints, type SecretFingerprints } from "./secretFingerprints";

/** Evidence from a data directory, and from Postgres where it runs. */
export interface Found {
  readonly major?: string;
  readonly fingerprints?: SecretFingerprints;
  readonly database?: DatabaseAnswer;
  /** Identity of the database cluster; known only where Postgres runs. */
  readonly cluster?: string;
}

/** Script that reads all evidence of the data in one exec. It logs in over the local socket, so no password is sent. */
const script = `
sed 's/^/major /' "$PGDATA/PG_VERSION"
sed 's/^/fingerprints /' ${[fingerprintsFile, waitingPath(fingerprintsFile)].map((file) => `"$PGDATA/${file}"`).join(" ")} 2> /dev/null
psql -XAtqw -U "$1" -d "$2" << 'SQL'
select 'cluster ' || system_identifier from pg_control_system();
select 'collation ' || datcollate from pg_database d
  where datname = current_database() and coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c';
select 'verifier ' || rolpassword from pg_authid where rolname = current_user;
${credentialQueries}SQL`;

/** Returns the command to run in the Postgres container. */
export function databaseQuestion(role: string, database: string): string[] {
  return ["sh", "-c", script, "evidence", role, database];
}

/** Parses the command's output. Without `database` when Postgres refused the login, which proves nothing. Pure. */
export function parseAnswer(output: string): Found {
  const lines = output.split("\n");
  const all = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  const lacks = /FATAL: {2}(role|database) ".*" does not exist/.exec(output)?.[1] as DatabaseAnswer["lacks"];
  const letIn = lacks === undefined && !/^psql: error:/m.test(output);
  return {
    major: all("major")[0],
    fingerprints: parseFingerprints(all("fingerprints")[0]),
    cluster: all("cluster")[0],
    database:
      lacks !== undefined
        ? { credentials: [], lacks }
        : letIn
          ? {
              passwordVerifier: all("verifier")[0],
              collation: all("collation")[0],
              credentials: credentialsIn(output),
            }
          : undefined,
  };
}
