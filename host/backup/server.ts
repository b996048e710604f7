import { isNotFound, type Engine } from "../engine/engine";
import { variableIn } from "../install/environment";
import { label } from "../install/labels";
import type { Attached } from "../engine/attached";
import { HostFailure, messageOf } from "../../util/failure";
import { databaseOf, libpqEnvironment } from "./libpq";

/** Where the data is: in the bundled Postgres' own container, or with somebody else. */
export type Database =
  | { readonly kind: "bundled"; readonly container: string }
  | {
      readonly kind: "managed";
      readonly install: string;
      /** Holds the password. */
      readonly url: string;
      /** Image whose psql, pg_dump and pg_restore are used. */
      readonly image: string;
      /** Network from which the database can be reached. */
      readonly network: string;
    };

/** A container with the Postgres tools, from which the database can be reached. */
export class Server {
  constructor(
    private readonly engine: Engine,
    private readonly container: string,
    /** How the tools reach the server, `NAME=value`; may hold a password. */
    private readonly environment: readonly string[],
    /** The database Scani uses. */
    readonly database: string,
    /** What to type to run a tool by hand; without a password. */
    readonly byHand: (tool: string) => string,
    /** The data directory's free space can be asked, since the server runs in that container. */
    readonly local: boolean,
  ) {}

  /** Starts a tool whose streams are large or live. */
  attach(command: readonly string[], database = this.database): Promise<Attached> {
    return this.engine.attach(this.container, command, this.environmentFor(database));
  }

  /** Runs a tool to its end. @throws HostFailure with the tool's own words when it fails */
  async run(command: readonly string[], options: { input?: string; database?: string } = {}): Promise<string> {
    const { exitCode, output, errors } = await this.engine.capture(
      this.container,
      command,
      this.environmentFor(options.database ?? this.database),
      options.input,
    );
    if (exitCode !== 0) throw new HostFailure(`${command[0]} failed: ${errors || `exit code ${exitCode}`}`);
    return output;
  }

  /** Rows of a query, as JSON: the query selects one JSON value a row. @throws HostFailure */
  async query<T>(sql: string, database?: string): Promise<T[]> {
    const output = await this.run([...psql, "-c", sql], { database });
    return output
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as T);
  }

  private environmentFor(database: string): string[] {
    return [...this.environment.filter((entry) => !entry.startsWith("PGDATABASE=")), `PGDATABASE=${database}`];
  }
}

/** psql as a program is to be talked to: nothing of the user's, nothing but values, stopping at the first mistake. */
export const psql = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"] as const;

/** The database every server has and nobody's data is in; databases are made and renamed from here. */
export const maintenance = "postgres";

/** A word as SQL takes it for a name. Pure. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL takes it for a value. Pure. */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * Gives work a server to talk to. For a managed Postgres that is a container of its own, removed afterwards.
 * @param pull whether the image may be fetched for it; a preview fetches nothing
 * @throws HostFailure when the bundled one does not run
 */
export async function withServer<T>(
  engine: Engine,
  database: Database,
  work: (server: Server) => Promise<T>,
  pull = true,
): Promise<T> {
  if (database.kind === "bundled") return work(await bundled(engine, database.container));
  const container = await toolbox(engine, database, pull);
  try {
    const environment = libpqEnvironment(database.url);
    const { hostname, username, port } = new URL(database.url);
    const byHand = (tool: string) =>
      `${tool} -h ${hostname}${port === "" ? "" : ` -p ${port}`} -U ${decodeURIComponent(username)}`;
    return await work(new Server(engine, container, environment, databaseOf(database.url), byHand, false));
  } finally {
    await engine.remove(container);
  }
}

/** Over the local socket, as its own superuser: the image trusts whoever is inside. */
async function bundled(engine: Engine, name: string): Promise<Server> {
  const found = await engine.inspect(name);
  if (found === undefined)
    throw new HostFailure(
      `There is no container ${name}, so the database cannot be reached.\n  type: npm run up -- base`,
    );
  if (!found.running)
    throw new HostFailure(`${name} does not run, so the database cannot be reached.\n  type: docker start ${name}`);
  const user = variableIn(found.environment, "POSTGRES_USER") ?? "postgres";
  const database = variableIn(found.environment, "POSTGRES_DB") ?? user;
  return new Server(
    engine,
    name,
    [`PGUSER=${user}`, `PGDATABASE=${database}`],
    database,
    (tool) => `docker exec ${name} ${tool} -U ${user}`,
    true,
  );
}

/** Seconds after which a container whose maker died ends by itself. */
const longestSeconds = 12 * 3600;

/** A container that only holds the tools. Its commands get the password; it itself has none. */
async function toolbox(
  engine: Engine,
  { install, image, network }: Extract<Database, { kind: "managed" }>,
  pull: boolean,
): Promise<string> {
  const create = () =>
    engine.create({
      image,
      entrypoint: ["sleep"],
      command: [String(longestSeconds)],
      labels: { [label.install]: install, [label.service]: "backup" },
      autoRemove: true,
      init: true,
      network,
      confinement: {
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges:true"],
        Memory: 512 * 1024 * 1024,
        Tmpfs: { "/tmp": "rw,nosuid,nodev,size=16m" },
      },
      log: { driver: "json-file", options: { "max-size": "1m", "max-file": "1" } },
    });
  const container = await create().catch(async (error: unknown) => {
    if (!isNotFound(error)) throw error;
    if (!pull) throw new HostFailure(`the image ${image}, whose tools read the managed Postgres, is not here yet`);
    await pulled(engine, image);
    return create();
  });
  await engine.start(container);
  return container;
}

/** Nothing else of an install with a managed Postgres uses this image, so it may not be here yet. */
async function pulled(engine: Engine, image: string): Promise<void> {
  try {
    await engine.pull(image);
  } catch (error) {
    throw new HostFailure(
      `The image ${image}, whose pg_dump reads the managed Postgres, is not here and cannot be pulled: ${messageOf(error)}\n  type: docker pull ${image}`,
    );
  }
}
