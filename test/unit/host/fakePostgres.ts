import type { Table } from "../../../host/backup/manifest";
import type { FakeAnswer, FakeCall } from "./fakeEngine";

/** Output of df for its data, on a disk with free space. */
const listing = "Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 9000000 1 8000000 1% /data\n";

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
  /** Table of contents of the dump being restored. */
  contents = "";
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
        return { output: "PGDMP" };
      case "pg_restore": {
        const name = /--dbname=(\S+)/.exec(text)?.[1] ?? "";
        if (!this.databases.has(name)) return { exitCode: 1, errors: `database "${name}" does not exist` };
        this.databases.set(name, this.dumped);
        this.credentials.set(name, this.dumpedCredentials);
        return {};
      }
      case "sh":
        return text.includes("pg_restore --list") ? { output: this.contents } : undefined;
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

  private head(): object {
    return { id: "1-1", at: this.at, postgres: "16.1", databaseBytes: 1000 };
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
