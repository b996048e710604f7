import type { Engine, Labelled } from "../engine/engine";
import { publishedAt } from "../engine/published";
import { databaseQuestion, parseAnswer } from "../guards/databaseAnswer";
import { baseServices } from "../install/bundled";
import { networkName } from "../install/addresses";
import { containerName, volumeNameOf } from "../install/containerName";
import { label } from "../install/labels";
import { parseFree } from "../preflight/disk";
import { opens } from "../scani/envelope";
import { messageOf } from "../../util/operatorError";
import { isVersioned, listObjects } from "./objects";
import { objectSourceOf, partsOf, serverOf, type ComposeProject } from "./project";

/** What the engine and the data say beside the containers themselves: with them all a plan is made from. */
export interface AdoptEvidence {
  /** The project's own Postgres; absent where the database is somewhere else, or it does not run. */
  readonly database?: {
    readonly major?: string;
    /** Whether it takes the password of DATABASE_URL; undefined where it says nothing. */
    readonly takesPassword?: boolean;
    /** Whether its role may do everything, as a restore has to. */
    readonly isSuperuser?: boolean;
    /** Whether ENCRYPTION_KEY opens a stored credential; undefined where there is none. */
    readonly keyOpens?: boolean;
    readonly bytes?: number;
    /** MiB free on its disk. */
    readonly freeMiB?: number;
  };
  /** What is in the project's own bucket; `refused` in its server's words where it does not say. */
  readonly objects?:
    { readonly count: number; readonly bytes: number; readonly isVersioned: boolean } | { readonly refused: string };
  /** Containers of nobody here on the volume of Postgres. */
  readonly strangers: readonly string[];
  /** Who publishes which port of the host, `ip:port` by container's name. */
  readonly published: readonly { readonly container: string; readonly port: number; readonly project: boolean }[];
  /** Containers, networks and volumes that have a name this module's would have, and are not its own. */
  readonly takenNames: readonly string[];
  /** True where an install of this name is there already. */
  readonly installed: boolean;
  /** Running containers on a network of the page that are not the project's Scani: they may reach it by its name. */
  readonly neighbours: readonly { readonly container: string; readonly network: string }[];
}

/** Reads it. @param install name the adopted install is to have */
export async function readEvidence(engine: Engine, project: ComposeProject, install: string): Promise<AdoptEvidence> {
  const { api, "frontend-app": page } = partsOf(project);
  const postgres = serverOf(project, api?.environment.DATABASE_URL);
  const volume = postgres?.mounts.find(({ type }) => type === "volume")?.source;
  const [all, networks, volumes, users, database, objects] = await Promise.all([
    engine.containers({ all: true }),
    engine.networks([]),
    engine.volumes([]),
    volume === undefined ? [] : engine.containers({ volumes: [volume], all: true }),
    postgres?.state === "running" ? askDatabase(engine, postgres.id, api?.environment ?? {}) : undefined,
    askBucket(engine, project),
  ]);
  const own = new Set(project.containers.map(({ id }) => id));
  const inspected = await Promise.all(all.map(({ id }) => engine.inspect(id)));
  const names = baseServices.map((service) => containerName(install, service));
  const ownNetworks = (["edge", "data", "mail"] as const).map((network) => networkName(install, network));
  const ownVolumes = baseServices.map((service) => volumeNameOf(install, service));
  const isStrange = ({ labels }: Pick<Labelled, "labels">) => labels[label.install] !== install;
  return {
    database,
    objects,
    strangers: users.filter(({ id }) => id !== postgres?.id).map(({ name }) => name),
    published: inspected.flatMap((one) =>
      one?.running
        ? one.published.map((address) => ({
            container: one.name,
            port: Number(publishedAt(address).port),
            project: own.has(one.id),
          }))
        : [],
    ),
    takenNames: [
      ...all.filter((one) => names.includes(one.name) && isStrange(one)).map(({ name }) => `container ${name}`),
      ...networks
        .filter((one) => ownNetworks.includes(one.name) && isStrange(one))
        .map(({ name }) => `network ${name}`),
      ...volumes.filter((one) => ownVolumes.includes(one.name) && isStrange(one)).map(({ name }) => `volume ${name}`),
    ],
    installed: all.some(({ labels }) => labels[label.install] === install && labels[label.service] !== undefined),
    neighbours: inspected.flatMap((one) =>
      one?.running !== true || own.has(one.id)
        ? []
        : one.networks
            .filter((network) => page?.networks.includes(network))
            .map((network) => ({ container: one.name, network })),
    ),
  };
}

/** Asked from where Scani itself asks. */
async function askBucket(engine: Engine, project: ComposeProject): Promise<AdoptEvidence["objects"]> {
  const { api, worker, "data-provider": provider } = partsOf(project);
  const asking = provider ?? worker ?? api;
  const source = objectSourceOf(project);
  if (source === undefined || asking?.state !== "running") return undefined;
  const bucket = { ...source, endpoint: asking.environment.S3_ENDPOINT };
  try {
    const [found, versioned] = await Promise.all([
      listObjects(engine, asking.id, bucket),
      isVersioned(engine, asking.id, bucket),
    ]);
    return { count: found.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0), isVersioned: versioned };
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

/** What the database's server says of itself, over the socket in its container and over the network. */
const sizeScript = [
  'psql -XAtq -U "$1" -d "$2" -c "select pg_database_size(current_database())" | sed "s/^/bytes /"',
  'psql -XAtq -U "$1" -d "$2" -c "select rolsuper from pg_roles where rolname = current_user" | sed "s/^/super /"',
  'df -Pk "$PGDATA" | tail -n 1 | sed "s/^/disk /"',
  // Over TCP from another address than loopback, which official images trust without a password.
  'psql -XAtqw -h "$(hostname -i | cut -d" " -f1)" -U "$1" -d "$2" -c "select 1" > /dev/null 2>&1 && echo "password taken" || echo "password refused"',
].join("\n");

async function askDatabase(
  engine: Engine,
  container: string,
  { DATABASE_URL = "", ENCRYPTION_KEY = "" }: Readonly<Record<string, string>>,
): Promise<AdoptEvidence["database"]> {
  const { username, password, pathname } = new URL(DATABASE_URL);
  const [role, database] = [decodeURIComponent(username), decodeURIComponent(pathname.slice(1))];
  const [answer, sizes] = await Promise.all([
    engine.exec(container, databaseQuestion(role, database)),
    engine.capture(
      container,
      ["sh", "-c", sizeScript, "sizes", role, database],
      [`PGPASSWORD=${decodeURIComponent(password)}`],
    ),
  ]);
  const found = parseAnswer(answer.output);
  const line = (word: string) =>
    sizes.output
      .split("\n")
      .find((one) => one.startsWith(`${word} `))
      ?.slice(word.length + 1);
  const credentials = found.database?.credentials ?? [];
  const bytes = line("bytes");
  return {
    major: found.major,
    isSuperuser: line("super") === undefined ? undefined : line("super") === "t",
    takesPassword: line("password") === undefined ? undefined : line("password") === "taken",
    keyOpens:
      credentials.length === 0
        ? undefined
        : (await Promise.all(credentials.map((one) => opens(one, ENCRYPTION_KEY)))).includes(true),
    bytes: bytes === undefined ? undefined : Number(bytes),
    freeMiB: parseFree(line("disk") ?? ""),
  };
}
