import { bareHost } from "../../util/host";
import { loginOf } from "../install/data/databaseUrl";

/** URL parameters the Postgres tools read from the environment. Others belong to a client library. */
const parameters: Readonly<Record<string, string>> = {
  application_name: "PGAPPNAME",
  channel_binding: "PGCHANNELBINDING",
  connect_timeout: "PGCONNECT_TIMEOUT",
  gssencmode: "PGGSSENCMODE",
  options: "PGOPTIONS",
  sslmode: "PGSSLMODE",
  target_session_attrs: "PGTARGETSESSIONATTRS",
};

/**
 * Translates a mode of Scani's for libpq. *Seen* with 0.17.1: the client of its queue checks certificate and name under
 * all but two, so what passes here must pass there. Pure.
 */
function modeOf(mode: string): string {
  if (mode === "disable") return mode;
  return mode === "no-verify" ? "require" : "verify-full";
}

/** Seconds a server may take to answer, unless the URL says so: one behind a firewall never does. */
const connectTimeout = "30";

/**
 * Returns the environment in which psql, pg_dump and pg_restore reach a URL's database, `NAME=value`. Not a command
 * line, because the password in it would show in process lists. Pure.
 */
export function libpqEnvironment(databaseUrl: string): string[] {
  const url = new URL(databaseUrl);
  const { role, password, database } = loginOf(databaseUrl);
  const given = [...url.searchParams].flatMap(([name, value]) => {
    const variable = parameters[name];
    if (variable === undefined) return [];
    return [[variable, name === "sslmode" ? modeOf(value) : value] as const];
  });
  const all: (readonly [string, string])[] = [
    ["PGHOST", bareHost(url.hostname)],
    ["PGPORT", url.port],
    ["PGUSER", role],
    ["PGPASSWORD", password],
    ["PGDATABASE", database],
    ...(url.searchParams.has("connect_timeout") ? [] : [["PGCONNECT_TIMEOUT", connectTimeout] as const]),
    ...given,
  ];
  return all.filter(([, value]) => value !== "").map(([name, value]) => `${name}=${value}`);
}

/** True where the tools check the server's certificate, and so need to be told whom to trust. Pure. */
export function checksCertificate(environment: readonly string[]): boolean {
  return environment.some((entry) => entry.startsWith("PGSSLMODE=verify-full"));
}
