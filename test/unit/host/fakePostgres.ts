import type { Table } from "../../../host/backup/manifest";
import type { FakeAnswer, FakeCall } from "./fakeEngine";

/** Output of df for its data, on a disk with free space. */
const listing = "Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 9000000 1 8000000 1% /data\n";

/** Number of the first entry on privileges in a dump. */
const firstEntry = 3372;

/** Why a statement on privileges is refused: there is no role but scani, and that one is no administrator. */
function refusal(statement: string): string | undefined {
  if (statement.includes("FOR ROLE admin")) return "permission denied to change default privileges";
  const role = /^GRANT .* TO (\w+);$/.exec(statement)?.[1] ?? "scani";
  return role === "scani" ? undefined : `role "${role}" does not exist`;
}

/** A Postgres in memory, with databases, their tables, and the tools that dump and restore them. */
export class FakePostgres {
  readonly databases = new Map<string, readonly Table[]>([
    ["postgres", []],
    ["scani", [{ schema: "public", name: "rows", rows: 3 }]],
  ]);
  /** Called before each command, to change things meanwhile. */
  before: (command: string) => void = () => undefined;
  /** Sealed credentials by database. */
  readonly credentials = new Map<string, readonly string[]>();
  /** Other clients of Scani's database at each query; the last entry is repeated. */
  clients: (readonly object[])[] = [[]];
  /** Its clock, ISO 8601. */
  at = "2026-01-10T12:00:00.000Z";
  /** Size of a database on the server. */
  databaseBytes = 1000;
  /** Contents of a dump. */
  dump = "PGDMP";
  /** Table of contents of the dump being restored, without its privileges. */
  contents = "";
  /** Statements on privileges in the dump being restored, each an entry of its own. */
  privileges: readonly string[] = [];
  /** Statements on privileges that were carried out, by database. */
  readonly granted = new Map<string, string[]>();
  /** Tables of the dump being restored, and its credentials. */
  private dumped: readonly Table[] = [];
  private dumpedCredentials: readonly string[] = [];

  constructor(readonly cluster = "7300000000000000001") {}

  /** Answers a command in its container; undefined for an unknown one. */
  answer(command: readonly string[], { method, environment, input }: FakeCall): FakeAnswer | undefined {
    const text = command.join(" ");
    this.before(text);
    const database = environment.find((entry) => entry.startsWith("PGDATABASE="))?.slice("PGDATABASE=".length) ?? "";
    const tables = (this.databases.get(database) ?? []).map((table) => JSON.stringify(table));
    switch (command[0]) {
      case "df":
        return { output: listing };
      case "pg_dump":
        this.dumped = this.databases.get(database) ?? [];
        this.dumpedCredentials = this.credentials.get(database) ?? [];
        return { output: this.dump };
      case "pg_restore": {
        const name = /--dbname=(\S+)/.exec(text)?.[1] ?? "";
        if (!this.databases.has(name)) return { exitCode: 1, errors: `database "${name}" does not exist` };
        const refused = this.privileges.map(refusal).find((why) => why !== undefined);
        if (refused !== undefined && !command.includes("--no-privileges")) return { exitCode: 1, errors: refused };
        this.databases.set(name, this.dumped);
        this.credentials.set(name, this.dumpedCredentials);
        return {};
      }
      case "sh":
        if (text.includes("pg_restore --list")) return { output: `${this.contents}${this.privilegeList()}` };
        if (text.includes("--use-list=")) return { output: this.privilegesIn(text) };
        return text.includes("--echo-errors") ? { output: this.give(input ?? "", database) } : undefined;
      case "psql":
        if (command.includes("-c")) return this.query(command.at(-1) ?? "", database);
        if (input?.includes("user_integration_credentials"))
          return { output: (this.credentials.get(database) ?? []).map((one) => `credential ${one}`).join("\n") };
        return method === "attach"
          ? { output: [JSON.stringify(this.head()), ...tables, "true", ""].join("\n") }
          : { output: tables.join("\n") };
      default:
        return undefined;
    }
  }

  private privilegeList(): string {
    return this.privileges
      .map((statement, at) => {
        const kind = statement.startsWith("ALTER") ? "826 16394 DEFAULT ACL" : "0 0 ACL";
        return `${firstEntry + at}; ${kind} public entry scani\n`;
      })
      .join("");
  }

  /** SQL of the entries a here-document of the shell names. */
  private privilegesIn(script: string): string {
    const numbers = script.split("\n").filter((line) => /^\d+$/.test(line));
    const statements = numbers.map((number) => this.privileges[Number(number) - firstEntry] ?? "");
    return ["SET statement_timeout = 0;", ...statements, ""].join("\n");
  }

  /** Carries out statements as psql does that goes on after an error. */
  private give(sql: string, database: string): string {
    return sql
      .split("\n")
      .flatMap((statement) => {
        const why = refusal(statement);
        if (why !== undefined) return [`ERROR:  ${why}`, `STATEMENT:  ${statement}`];
        if (/^(GRANT|ALTER)/.test(statement))
          this.granted.set(database, [...(this.granted.get(database) ?? []), statement]);
        return [];
      })
      .join("\n");
  }

  private head(): object {
    return { id: "1-1", at: this.at, postgres: "16.1", databaseBytes: this.databaseBytes };
  }

  private query(sql: string, from: string): FakeAnswer | undefined {
    const json = (values: readonly unknown[]): FakeAnswer => ({
      output: values.map((value) => JSON.stringify(value)).join("\n"),
    });
    const names = [...this.databases.keys()];
    const created = /^create database "([^"]+)"/.exec(sql)?.[1];
    if (created !== undefined) {
      if (names.includes(created)) return { exitCode: 1, errors: `database "${created}" already exists` };
      this.databases.set(created, []);
      return {};
    }
    const dropped = /^drop database if exists "([^"]+)"/.exec(sql)?.[1];
    if (dropped !== undefined) {
      this.databases.delete(dropped);
      return {};
    }
    const [, live, old, fresh] =
      /alter database "([^"]+)" rename to "([^"]+)"; alter database "([^"]+)" rename/.exec(sql) ?? [];
    if (live !== undefined) return this.rename(live, old ?? "", fresh ?? "", from);
    const beginning = /starts_with\(datname, '([^']+)'\)/.exec(sql)?.[1];
    if (beginning !== undefined) return json(names.filter((name) => name.startsWith(beginning)));
    const named = /from pg_database where datname = '([^']+)'/.exec(sql)?.[1];
    if (named !== undefined) return json(names.filter((name) => name === named));
    if (sql.includes("from pg_database d")) return json([{ encoding: "UTF8", datcollate: "C", datctype: "C" }]);
    if (sql.includes("'beside'")) return json((this.clients.length > 1 ? this.clients.shift() : this.clients[0]) ?? []);
    if (sql.includes("server_version_num")) return json([16]);
    if (sql.includes("pg_control_system")) return json([this.cluster]);
    if (sql.includes("data_directory")) return json(["/data"]);
    if (sql.includes("pg_terminate_backend") || sql === "analyze") return {};
    return undefined;
  }

  private rename(live: string, old: string, fresh: string, from: string): FakeAnswer {
    if ([live, fresh].includes(from)) return { exitCode: 1, errors: "ERROR:  current database cannot be renamed" };
    const [before, after] = [this.databases.get(live), this.databases.get(fresh)];
    if (before === undefined || after === undefined) return { exitCode: 1, errors: "database does not exist" };
    this.databases.set(old, before);
    this.databases.set(live, after);
    this.databases.delete(fresh);
    return {};
  }
}
