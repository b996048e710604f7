/** URL parameters that the Postgres tools read from the environment. Others are the client library's own. */
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
 * The environment in which psql, pg_dump and pg_restore reach the database of a URL, `NAME=value`. The password goes
 * this way because a URL on a command line stands in every process list. Pure.
 */
export function libpqEnvironment(databaseUrl: string): string[] {
  const url = new URL(databaseUrl);
  const given = [...url.searchParams].flatMap(([name, value]) => {
    const variable = parameters[name];
    if (variable === undefined) return [];
    // A word of Node's client only: encrypted, whoever is at the other end.
    return [[variable, name === "sslmode" && value === "no-verify" ? "require" : value] as const];
  });
  const all: (readonly [string, string])[] = [
    ["PGHOST", url.hostname.replace(/^\[|\]$/g, "")],
    ["PGPORT", url.port],
    ["PGUSER", decodeURIComponent(url.username)],
    ["PGPASSWORD", decodeURIComponent(url.password)],
    ["PGDATABASE", databaseOf(databaseUrl)],
    ...given,
  ];
  return all.filter(([, value]) => value !== "").map(([name, value]) => `${name}=${value}`);
}

/** Name of the database a URL points to. Pure. */
export function databaseOf(databaseUrl: string): string {
  return decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
}
