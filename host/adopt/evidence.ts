import type { ContainerSummary, Engine, Labelled } from "../engine/engine";
import { publishedAt } from "../engine/containers/published";
import { databaseQuestion, parseAnswer, type Found } from "../guards/data/databaseAnswer";
import type { DatabaseAnswer } from "../guards/data/evidence";
import { differingSecrets } from "../guards/data/dataRefusals";
import type { DataSecrets } from "../guards/data/secretFingerprints";
import { withServer } from "../backup/server";
import { loginIn } from "../install/data/databaseUrl";
import { baseServices } from "../install/services/bundled";
import { baseNetworkNames } from "../install/network/addresses";
import { containerName, keeperOf, volumeNameOf } from "../install/names/containerName";
import { ownAmong } from "../install/leftovers";
import { label } from "../install/names/labels";
import type { StackNames } from "../install/names/stacks";
import { parseFree } from "../engine/disk";
import { originOf } from "../install/storage/connectSrc";
import { callFrom } from "../preflight/probe";
import { hostedBucket } from "../preflight/uploads";
import { messageOf } from "../../util/operatorError";
import { readAuthorities, type AuthorityFile } from "./compose/authorities";
import type { PostgresSizes } from "./compose/memory";
import { listObjects, NoAnswer, readUncopied, type Uncopied } from "./objects";
import { environmentIn, type Environment } from "../install/services/environment";
import {
  dataMountOf,
  objectSourceOf,
  partsOf,
  serversOf,
  tierOf,
  type ComposeContainer,
  type ComposeProject,
} from "./compose/project";
import type { HostRule } from "./postgres/hostRules";
import { settingQueries, startScript, type StartSetting } from "./postgres/serverSettings";

/** Facts besides the project's containers that a plan is made from, read off the engine and the data. */
export interface AdoptEvidence {
  /** The project's own Postgres; absent where the database is managed, or it does not run. */
  readonly database?: {
    readonly major?: string;
    /** True where it takes the password of DATABASE_URL without TLS; undefined where it does not answer. */
    readonly takesPassword?: boolean;
    /** True where its role is a superuser, as a restore needs. */
    readonly isSuperuser?: boolean;
    /** Rights of the role that backups log in as; `refused` holds Postgres' message where it is not let in. */
    readonly backups?: { readonly isSuperuser: boolean } | { readonly refused: string };
    /** Whether a credential is stored; undefined where the database cannot be read. */
    readonly storesCredentials?: boolean;
    /** Set where it has no role, or no database, of the name in DATABASE_URL. */
    readonly lacks?: DatabaseAnswer["lacks"];
    /** Secrets of api's that the data was made with others of, for which `up` of base would refuse it. */
    readonly differing?: readonly (keyof DataSecrets)[];
    /** Secrets whose fingerprints in the data match neither api's nor the data's own, as after an earlier adoption. */
    readonly stale?: readonly (keyof DataSecrets)[];
    /** Lines of its pg_hba.conf in the data, in their order; none where it is elsewhere, or cannot be read. */
    readonly rules?: readonly HostRule[];
    /** Path of its pg_hba.conf where only its command, or a file outside the data, names it. */
    readonly rulesFile?: string;
    /** Folder in which its image's tools look for its socket. */
    readonly socket?: string;
    /** Folders of what it loads, and of what belongs to extensions. */
    readonly libraries?: readonly string[];
    /** Connections it takes now; absent where the settings in its data say so. */
    readonly connections?: string;
    /** Settings a Postgres has that is started on the data alone. */
    readonly start?: Readonly<Partial<Record<StartSetting, string>>>;
    readonly bytes?: number;
    /** MiB free on its disk. */
    readonly freeMiB?: number;
    /** Parts of the data that are not where the rest of it is. */
    readonly elsewhere?: DataElsewhere;
    /** Settings the data needs that are not in its own files. */
    readonly needed?: readonly SettingValue[];
    /** Replication slots in the data; a logical one is of a database. */
    readonly slots?: readonly { readonly slot: string; readonly database?: string }[];
    /** True where segments of its write-ahead log are archived. */
    readonly archives?: boolean;
    /** Id of the user who owns the data, where that is not the image's own. */
    readonly owner?: string;
    readonly sizes?: PostgresSizes;
  };
  /** Files of a private authority's certificates that Scani's services trust. */
  readonly authorities?: readonly AuthorityFile[];
  /**
   * Contents of the project's own bucket; `refused` holds its server's message where it does not list them, and
   * `unreached` curl's where it does not answer at all.
   */
  readonly objects?:
    | ({ readonly count: number; readonly bytes: number } & Uncopied)
    | { readonly refused: string }
    | { readonly unreached: string };
  /** Origin to which the hosted endpoint of tier 2 has pages upload; absent on tier 1, and where it names none. */
  readonly hostedUploads?: string;
  /** Running containers besides Postgres that use its volume. */
  readonly strangers: readonly string[];
  /** Ports of the host that containers publish, with the container's name and whether it is the project's. */
  readonly published: readonly { readonly container: string; readonly port: number; readonly project: boolean }[];
  /** Containers, networks and volumes that are not this module's and have a name it would give. */
  readonly takenNames: readonly string[];
  /** True where an install of this name exists already. */
  readonly installed: boolean;
  /** Networks of the project that have IPv6 addresses. */
  readonly dualNetworks?: readonly string[];
  /** Running containers outside the project that are on its networks, where they may reach its own by name. */
  readonly neighbours: readonly Neighbour[];
}

/** A container on networks of a project it does not belong to. Holds secrets. */
export interface Neighbour {
  readonly name: string;
  /** Networks of the project it is on. */
  readonly networks: readonly string[];
  readonly environment: Environment;
}

/** A setting of Postgres and its value. */
export interface SettingValue {
  readonly setting: string;
  readonly value: string;
}

/** Parts of a Postgres' data that are not in its folder, or are named by absolute paths. */
export interface DataElsewhere {
  /** Tablespaces that have locations of their own. */
  readonly tablespaces: readonly string[];
  /** Target of its write-ahead log's folder, if that is a link. */
  readonly log?: string;
  /** Files that its settings name by absolute paths, with the setting; `include` is a file of settings. */
  readonly files: readonly { readonly setting: string; readonly path: string }[];
}

/**
 * Reads the evidence off the engine and the project's servers.
 * @param install name the adopted install is to have
 * @param stacks names of that install's stacks
 */
export async function readEvidence(
  engine: Engine,
  project: ComposeProject,
  install: string,
  stacks: StackNames,
): Promise<AdoptEvidence> {
  const { api } = partsOf(project);
  const { postgres } = serversOf(project);
  const mount = postgres && dataMountOf(postgres);
  const [all, networks, volumes, users, database, objects, hostedUploads, authorities] = await Promise.all([
    engine.containers({ all: true }),
    engine.networks([]),
    engine.volumes([]),
    mount?.type === "volume" ? engine.containers({ volumes: [mount.source] }) : [],
    postgres?.state === "running" ? askDatabase(engine, postgres.name, api?.environment ?? {}, stacks) : undefined,
    askBucket(engine, project),
    askUploads(engine, project, stacks),
    readAuthorities(engine, partsOf(project)),
  ]);
  const own = new Set(project.containers.map(({ id }) => id));
  const theirs = new Set(project.containers.flatMap((one) => one.networks));
  const inspected = await Promise.all(all.map(({ id }) => engine.inspect(id)));
  const names = baseServices.map((service) => containerName(install, service));
  const ownNetworks = baseNetworkNames(install);
  const ownVolumes = baseServices.map((service) => volumeNameOf(install, service));
  const isStrange = ({ labels }: Pick<Labelled, "labels">) => labels[label.install] !== install;
  // The keeper of a record that a killed run has written in part only has the volume, and reads nothing in it.
  const isKeeper = (one: ContainerSummary) => !isStrange(one) && one.name === keeperOf(install);
  return {
    database,
    objects,
    hostedUploads,
    authorities,
    strangers: users.filter((one) => one.id !== postgres?.id && !isKeeper(one)).map(({ name }) => name),
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
    installed: ownAmong(install, all).length > 0,
    dualNetworks: networks
      .filter(({ name, subnets }) => theirs.has(name) && subnets.some((one) => one.includes(":")))
      .map(({ name }) => name),
    neighbours: inspected.flatMap((one) => {
      const shared = one?.networks.filter((network) => theirs.has(network)) ?? [];
      if (one?.running !== true || own.has(one.id) || shared.length === 0) return [];
      return [{ name: one.name, networks: shared, environment: environmentIn(one.environment) }];
    }),
  };
}

/**
 * Returns the S3 server whose files are copied. On tier 2 Scani uses none of the project's: one that does not run, or
 * takes other keys by now, stays with compose. Pure.
 */
export function objectStoreOf(
  project: ComposeProject,
  { objects }: Pick<AdoptEvidence, "objects">,
): ComposeContainer | undefined {
  const { objectStore } = serversOf(project);
  const isRead = objects !== undefined && "count" in objects;
  return tierOf(project) === "tier1" || isRead ? objectStore : undefined;
}

/** Lists the bucket as Scani does: from the container that uses it, by the name it has there. */
async function askBucket(engine: Engine, project: ComposeProject): Promise<AdoptEvidence["objects"]> {
  const { api, worker, "data-provider": provider } = partsOf(project);
  const asking = provider ?? worker ?? api;
  const source = objectSourceOf(project);
  const isThere = serversOf(project).objectStore?.state === "running" && asking?.state === "running";
  if (source === undefined || !isThere) return undefined;
  const bucket = { ...source, container: undefined };
  try {
    const [found, uncopied] = await Promise.all([
      listObjects(engine, asking.id, bucket),
      readUncopied(engine, asking.id, bucket, source.container),
    ]);
    return { count: found.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0), ...uncopied };
  } catch (error) {
    return error instanceof NoAnswer ? { unreached: messageOf(error) } : { refused: messageOf(error) };
  }
}

/**
 * Asks the hosted endpoint where a page uploads to, from compose's api, which has the address and the key. Nothing is
 * put there. What keeps it from answering is for the preflight of `up` to say.
 */
async function askUploads(
  engine: Engine,
  project: ComposeProject,
  { tier2: stack }: StackNames,
): Promise<string | undefined> {
  const { api } = partsOf(project);
  const { SCANI_CLOUD_URL: url, SCANI_CLOUD_API_KEY: key, FRONTEND_URL: page } = api?.environment ?? {};
  if (api?.state !== "running" || tierOf(project) !== "tier2" || !url || !key) return undefined;
  const { place } = hostedBucket(url, { call: (call) => callFrom(engine, api.id, key, call) }, { stack, page });
  const spot = await place().catch((error: unknown) => messageOf(error));
  return typeof spot === "string" ? undefined : originOf(spot.url);
}

const ask = (sql: string, word: string): string => `psql -XAtqw -U "$1" -d "$2" -c "${sql}" | sed "s/^/${word} /"`;

/** Shell script that asks the database's server about itself, over the socket in its container and over the network. */
const serverScript = [
  // This module gives no password over the socket, so these have to be let in without one.
  "unset PGPASSWORD",
  ask("select pg_database_size(current_database())", "bytes"),
  ask("select rolsuper from pg_roles where rolname = current_user", "super"),
  ask("select spcname from pg_tablespace where pg_tablespace_location(oid) <> ''", "tablespace"),
  ...settingQueries.map(([word, sql]) => ask(sql, word)),
  '[ ! -L "$PGDATA/pg_wal" ] || echo "log $(readlink "$PGDATA/pg_wal")"',
  'df -Pk "$PGDATA" | tail -n 1 | sed "s/^/disk /"',
  'owner=$(stat -c %u "$PGDATA"); own=$(id -u postgres 2> /dev/null) && [ "$owner" != "$own" ] && echo "owner $owner"',
  startScript,
  // As a release does, and to another address than loopback, which official images trust without a password.
  'PGPASSWORD="$URL_PASSWORD" PGSSLMODE=disable psql -XAtqw -h "$(hostname -i | cut -d" " -f1)" -p 5432 -U "$1" -d "$2" -c "select 1" > /dev/null 2>&1 && echo "password taken" || echo "password refused"',
].join("\n");

async function askDatabase(
  engine: Engine,
  name: string,
  { DATABASE_URL = "", ENCRYPTION_KEY = "" }: Readonly<Record<string, string>>,
  stacks: StackNames,
): Promise<AdoptEvidence["database"]> {
  const login = loginIn(DATABASE_URL);
  if (login === undefined) return undefined;
  const { role, password, database } = login;
  const [answer, server, backups] = await Promise.all([
    engine.exec(name, databaseQuestion(role, database)),
    engine.capture(name, ["sh", "-c", serverScript, "server", role, database], [`URL_PASSWORD=${password}`]),
    askAsBackups(engine, name, stacks),
  ]);
  const found = parseAnswer(answer.output);
  return {
    ...parseServer(server.output),
    major: found.major,
    backups,
    storesCredentials: found.database && found.database.credentials.length > 0,
    lacks: found.database?.lacks,
    ...(await compareSecrets(found, role, { encryptionKey: ENCRYPTION_KEY, databasePassword: password })),
  };
}

/**
 * Compares what api has with the data: as Postgres answers now, and as once it has stopped, when there are only the
 * fingerprints.
 */
async function compareSecrets(
  { database, fingerprints }: Found,
  role: string,
  secrets: DataSecrets,
): Promise<Pick<NonNullable<AdoptEvidence["database"]>, "differing" | "stale">> {
  const [differing, stopped] = await Promise.all([
    differingSecrets({ database }, role, secrets),
    differingSecrets({ fingerprints }, role, secrets),
  ]);
  return { differing, stale: stopped.filter((secret) => !differing.includes(secret)) };
}

/** Logs in as a backup does, and asks for the role's rights. */
async function askAsBackups(
  engine: Engine,
  container: string,
  stacks: StackNames,
): Promise<NonNullable<AdoptEvidence["database"]>["backups"]> {
  try {
    const [isSuperuser] = await withServer(engine, { kind: "bundled", container, stacks }, (server) =>
      server.query<boolean>("select to_jsonb(rolsuper) from pg_roles where rolname = current_user", server.maintenance),
    );
    return { isSuperuser: isSuperuser === true };
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

/** Parses the output of the server's script: a fact a line, which begins with its keyword. Pure. */
export function parseServer(output: string): NonNullable<AdoptEvidence["database"]> {
  const lines = output.split("\n");
  const all = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const [[bytes], [isSuperuser], [password], [disk], [log]] = ["bytes", "super", "password", "disk", "log"].map(all);
  const pairs = (word: string) =>
    all(word).map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]);
  return {
    isSuperuser: isSuperuser === undefined ? undefined : isSuperuser === "t",
    takesPassword: password === undefined ? undefined : password === "taken",
    bytes: bytes === undefined ? undefined : Number(bytes),
    freeMiB: parseFree(disk ?? ""),
    elsewhere: {
      tablespaces: all("tablespace"),
      log,
      files: pairs("file").map(([setting, path]) => ({ setting, path })),
    },
    needed: pairs("needed").map(([setting, value]) => ({ setting, value })),
    slots: pairs("slot").map(([slot, database]) => ({ slot, database: database || undefined })),
    archives: all("archives").length > 0,
    owner: all("owner")[0],
    rules: all("rule").map((line) => JSON.parse(line) as HostRule),
    rulesFile: all("rules-file")[0],
    socket: all("socket")[0],
    libraries: all("library"),
    connections: all("connections")[0],
    start: Object.fromEntries(pairs("start")),
    sizes: Object.fromEntries(pairs("size").map(([name, size]) => [name, Number(size)])),
  };
}
