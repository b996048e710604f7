import fc from "fast-check";
import { libpqEnvironment } from "../../../../host/backup/libpq";
import { loginOf } from "../../../../host/install/data/databaseUrl";

test("a URL becomes what the Postgres tools read", () => {
  expect(
    libpqEnvironment(
      "postgres://scani:p%40ss@db.example.org:5433/money?sslmode=require&application_name=x&pgbouncer=true",
    ),
  ).toEqual([
    "PGHOST=db.example.org",
    "PGPORT=5433",
    "PGUSER=scani",
    "PGPASSWORD=p@ss",
    "PGDATABASE=money",
    "PGCONNECT_TIMEOUT=30",
    "PGSSLMODE=verify-full",
    "PGAPPNAME=x",
  ]);
});

test("a URL says itself how long to wait for its server", () => {
  const environment = libpqEnvironment("postgresql://u@h/d?connect_timeout=5");
  expect(environment.filter((entry) => entry.startsWith("PGCONNECT_TIMEOUT"))).toEqual(["PGCONNECT_TIMEOUT=5"]);
});

test("what a URL does not say is left to the tools, and a word of Node's client is put in theirs", () => {
  expect(libpqEnvironment("postgresql://u@[::1]/d?sslmode=no-verify")).toEqual([
    "PGHOST=::1",
    "PGUSER=u",
    "PGDATABASE=d",
    "PGCONNECT_TIMEOUT=30",
    "PGSSLMODE=require",
  ]);
});

test.each([
  ["disable", "disable"],
  ["no-verify", "require"],
  ["allow", "verify-full"],
  ["prefer", "verify-full"],
  ["require", "verify-full"],
  ["verify-ca", "verify-full"],
  ["verify-full", "verify-full"],
])("sslmode=%s is what Scani's strictest client makes of it, %s", (mode, libpqs) => {
  expect(libpqEnvironment(`postgres://u@h/d?sslmode=${mode}`)).toContain(`PGSSLMODE=${libpqs}`);
});

test("any password and any name arrive as they are", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: "grapheme" }),
      fc.string({ minLength: 1, unit: "grapheme-ascii" }),
      (password, name) => {
        const url = `postgres://u:${encodeURIComponent(password)}@h/${encodeURIComponent(name)}`;
        fc.pre(new URL(url).pathname.slice(1) === encodeURIComponent(name));
        expect(libpqEnvironment(url)).toContain(`PGPASSWORD=${password}`);
        expect(loginOf(url).database).toBe(name);
      },
    ),
  );
});
