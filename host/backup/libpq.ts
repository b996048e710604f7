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
 * Environment in which psql, pg_dump and pg_restore reach a URL's database, `NAME=value`. Not a command line, because the
 * password in it would show in process lists. Pure.
 */
export function libpqEnvironment(databaseUrl: string): string[] {
  const url = new URL(databaseUrl);
  const given = [...url.searchParams].flatMap(([name, value]) => {
    const variable = parameters[name];
    if (variable === undefined) return [];
    // A value of Node's client only: encrypted, without verification.
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

/** Database name in a URL. Pure. */
export function databaseOf(databaseUrl: string): string {
  return decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
}

/** Whether the tools check the server's certificate, for which they need to be told whom to trust. Pure. */
export function verifies(environment: readonly string[]): boolean {
  return environment.some((entry) => entry.startsWith("PGSSLMODE=verify-"));
}
