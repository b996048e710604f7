import { rootCertificates } from "node:tls";
import { isNotFound, type Engine } from "../engine/engine";
import type { DatabaseIdentity } from "../install/data/databaseIdentity";
import { loginOf } from "../install/data/databaseUrl";
import { variableIn } from "../install/services/environment";
import { momentaryLabels } from "../install/leftovers";
import type { StackNames } from "../install/names/stacks";
import { discard, startHelper } from "../engine/containers/helper";
import { commandToRun } from "../engine/containers/commandToRun";
import type { Attached } from "../engine/docker/attached";
import { dockerExec, dockerPull, quoted, setCommand, upCommand } from "../../util/commands";
import { OperatorError, messageOf } from "../../util/operatorError";
import { bareHost } from "../../util/host";
import { libpqEnvironment, checksCertificate } from "./libpq";

/** Access to the database: in the bundled Postgres' container, or at a managed server's address. */
export type Database = {
  /** Names of the install's stacks, for the commands in messages. */
  readonly stacks: StackNames;
} & (
  | { readonly kind: "bundled"; readonly container: string }
  | {
      readonly kind: "managed";
      readonly install: string;
      /** Contains the password. */
      readonly url: string;
      /** Image with psql, pg_dump and pg_restore. */
      readonly image: string;
      /** Network from which the database can be reached. */
      readonly network: string;
      /** Certificate of a private authority, PEM, that may have signed the server's. */
      readonly authority?: string;
    }
);

/** Spells a command that runs a Postgres tool by hand. @param words after the login, as the shell takes them */
export type ByHand = (tool: string, words: string, reads?: "standard input") => string;

/** A container with the Postgres tools, from which the database can be reached. */
export class Server {
  constructor(
    private readonly engine: Engine,
    private readonly container: string,
    /** Environment in which the tools reach the server, `NAME=value`; may contain a password. */
    private readonly environment: readonly string[],
    /** The database Scani uses. */
    readonly database: string,
    /** Commands that run a tool by hand; contain no password. */
    readonly byHand: ByHand,
    /** True when the server runs in this container, so that the free space of its data directory can be read. */
    readonly local: boolean,
    /** Names of the install's stacks. */
    readonly stacks: StackNames,
  ) {}

  /**
   * Database from which others are created, renamed and dropped: a server has it from the start, and it is not Scani's,
   * since none can be renamed from within. Used for nothing else, since a pooler, or the rules of a server, may let a
   * role log in to its own database only.
   */
  get maintenance(): string {
    return this.database === "postgres" ? "template1" : "postgres";
  }

  /** Starts a tool whose streams are large or live. */
  attach(command: readonly string[], database = this.database): Promise<Attached> {
    return this.engine.attach(this.container, command, this.environmentFor(database));
  }

  /** Runs a tool to its end. @throws OperatorError with the tool's own message when it fails */
  async run(command: readonly string[], options: { input?: string; database?: string } = {}): Promise<string> {
    const { exitCode, output, errors } = await this.engine.capture(
      this.container,
      command,
      this.environmentFor(options.database ?? this.database),
      options.input,
    );
    if (exitCode === 0) return output;
    if (errors.includes("certificate verify failed"))
      throw new OperatorError({
        what: "The managed Postgres shows a certificate that is not trusted.",
        why: `Scani checks it, unless the URL says sslmode=no-verify. If a private authority signed it, give that one's certificate to every stack. ${errors}`,
        type: Object.values(this.stacks).map((stack) => setCommand("caCertificate", stack, { file: "ca.pem" })),
      });
    if (options.database === this.maintenance && exitCode === notConnected && !this.local)
      throw new OperatorError({
        what: `A restore makes, renames and drops databases from the server's database ${this.maintenance}, and that one does not let DATABASE_URL log in: ${errors}`,
        why: `Behind a connection pooler, name the server itself; where the server refuses it, let the role log in to ${this.maintenance}.`,
        type: [setCommand("DATABASE_URL", this.stacks.base, { secret: true }), upCommand(this.stacks.base)],
      });
    throw new OperatorError({ what: `${command[0]} failed: ${errors || `exit code ${exitCode}`}` });
  }

  /** Runs a query that selects one JSON value a row, and returns its rows. @throws OperatorError */
  async query<T>(sql: string, database?: string): Promise<T[]> {
    return rowsOf<T>(await this.run([...psql, "-c", sql], { database }));
  }

  private environmentFor(database: string): string[] {
    return [...this.environment.filter((entry) => !entry.startsWith("PGDATABASE=")), `PGDATABASE=${database}`];
  }
}

/** Parses psql's output of one JSON value a row. Pure. */
export function rowsOf<T>(output: string): T[] {
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** Pattern of the errors of a server that does not tell its cluster's identity: a managed one may forbid it. */
const withheld = /pg_control/;

/** Reads the identity of the database Scani uses. */
export async function readIdentity(server: Server): Promise<DatabaseIdentity> {
  const [cluster] = await server
    .query<string>("select to_jsonb(system_identifier::text) from pg_control_system()")
    .catch((error: unknown) => {
      if (withheld.test(messageOf(error))) return [];
      throw error;
    });
  return { cluster, database: server.database };
}

/** Major versions of a server, and of the tools it is read with. */
export interface Majors {
  readonly server: number;
  /** Absent where they do not print it as Postgres' own do. */
  readonly tools?: number;
}

/** Reads the major versions of a server and of its tools. */
export async function readMajors(server: Server): Promise<Majors> {
  const [ofServer, version] = await Promise.all([readServerMajor(server), server.run(["pg_dump", "--version"])]);
  const tools = /\(PostgreSQL\) (\d+)/.exec(version)?.[1];
  return { server: ofServer, tools: tools === undefined ? undefined : Number(tools) };
}

/** Reads a server's major version. */
export async function readServerMajor(server: Server): Promise<number> {
  const [major] = await server.query<number>("select to_jsonb(current_setting('server_version_num')::int / 10000)");
  return major;
}

/** psql for programs: no user settings, values only, stops at the first error. */
export const psql = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"] as const;

/** psql's exit code where it could not log in. */
const notConnected = 2;

/** Quotes an SQL identifier. Pure. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes an SQL string. Pure. */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * Does work with a connection to the database's server. For a managed Postgres it runs a container with the tools, and
 * removes it afterwards.
 * @param pull whether its image may be pulled; a preview pulls nothing
 * @throws OperatorError when the bundled one does not run
 */
export async function withServer<T>(
  engine: Engine,
  database: Database,
  work: (server: Server) => Promise<T>,
  pull = true,
): Promise<T> {
  if (database.kind === "bundled") return work(await bundled(engine, database));
  const container = await toolbox(engine, database, pull);
  try {
    const environment = libpqEnvironment(database.url);
    if (checksCertificate(environment)) environment.push(await withAuthorities(engine, container, database.authority));
    const { hostname, port } = new URL(database.url);
    const { role, database: name } = loginOf(database.url);
    const login = ["-h", bareHost(hostname), ...(port === "" ? [] : ["-p", port]), "-U", role];
    const byHand = (tool: string, words: string) => [tool, ...login.map(quoted), words].join(" ");
    return await work(new Server(engine, container, environment, name, byHand, false, database.stacks));
  } finally {
    await discard(engine, container);
  }
}

/** Connects through the container's local socket as its superuser, which the image trusts without a password. */
async function bundled(
  engine: Engine,
  { container: name, stacks }: Extract<Database, { kind: "bundled" }>,
): Promise<Server> {
  const found = await engine.inspect(name);
  if (found === undefined)
    throw new OperatorError({
      what: `There is no container ${name}, so the database cannot be reached.`,
      type: upCommand(stacks.base),
    });
  if (found.state !== "running")
    throw new OperatorError({
      what: `${name} is ${found.state}, so the database cannot be reached.`,
      type: commandToRun(name, found.state),
    });
  const { role, database } = superuserOf({
    POSTGRES_USER: variableIn(found.environment, "POSTGRES_USER"),
    POSTGRES_DB: variableIn(found.environment, "POSTGRES_DB"),
  });
  return new Server(
    engine,
    name,
    [`PGUSER=${role}`, `PGDATABASE=${database}`],
    database,
    (tool, words, reads) => dockerExec(name, `${tool} -U ${quoted(role)} ${words}`, ...(reads ? ["-i"] : [])),
    true,
    stacks,
  );
}

/**
 * Returns the superuser of a bundled Postgres and its database, by the variables of its container, as the official
 * images read them. Pure.
 */
export function superuserOf({ POSTGRES_USER, POSTGRES_DB }: Readonly<Partial<Record<string, string>>>): {
  readonly role: string;
  readonly database: string;
} {
  const role = POSTGRES_USER || "postgres";
  return { role, database: POSTGRES_DB || role };
}

/** Seconds after which a tools container exits by itself, in case nobody is left to remove it. */
const limitSeconds = 12 * 3600;

/** Runs a container with the tools. Its commands are given the password, the container itself is not. */
async function toolbox(
  engine: Engine,
  { install, image, network }: Extract<Database, { kind: "managed" }>,
  pull: boolean,
): Promise<string> {
  const order = {
    image,
    entrypoint: ["sleep"],
    command: [String(limitSeconds)],
    labels: momentaryLabels(install, "backup"),
    autoRemove: true,
    init: true,
    confinement: {
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Memory: 512 * 1024 * 1024,
      Tmpfs: { "/tmp": "rw,nosuid,nodev,size=16m" },
    },
    log: { driver: "json-file", options: { "max-size": "1m", "max-file": "1" } },
  };
  const start = () => startHelper(engine, order, [network]);
  return start().catch(async (error: unknown) => {
    // Docker answers the same for a network that is gone.
    if (!isNotFound(error) || (await engine.image(image)) !== undefined) throw error;
    if (!pull)
      throw new OperatorError({
        what: `the image ${image}, whose tools read the managed Postgres, is not on the engine yet`,
      });
    await pulled(engine, image);
    return start();
  });
}

/** Path of the trusted authorities in a tools container: in memory. */
const authoritiesFile = "/tmp/authorities.pem";

/**
 * Gives a tools container the public authorities, which its image need not have, and a private one if there is one.
 * @returns the variable that names them to the tools
 */
async function withAuthorities(engine: Engine, container: string, authority?: string): Promise<string> {
  const trusted = [...rootCertificates, ...(authority === undefined ? [] : [authority])].join("\n");
  const { exitCode, errors } = await engine.capture(container, ["sh", "-c", `cat > ${authoritiesFile}`], [], trusted);
  if (exitCode !== 0) throw new OperatorError({ what: `The Postgres tools cannot be given authorities: ${errors}` });
  return `PGSSLROOTCERT=${authoritiesFile}`;
}

/** Pulls the tools' image, which nothing else of an install with a managed Postgres uses. */
async function pulled(engine: Engine, image: string): Promise<void> {
  try {
    await engine.pull(image);
  } catch (error) {
    throw new OperatorError({
      what: `The image ${image}, whose pg_dump reads the managed Postgres, is not on the engine and cannot be pulled: ${messageOf(error)}`,
      type: dockerPull(image),
    });
  }
}
