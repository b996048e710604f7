import { isIP } from "node:net";
import { settingNamed, type Tier } from "../../../settings";
import type { Bucket } from "../../install/storage/bucket";
import { authorityVariable } from "../../install/services/releaseVariables";
import type { Environment } from "../../install/services/environment";
import { isUp } from "../../install/facts";
import { postgresDataPath } from "../../install/data/postgresData";
import type { ContainerState, Mount } from "../../engine/engine";
import type { Link } from "../../engine/containers/links";
import { publishedAt } from "../../engine/containers/published";
import { hostOf, isOwnMachine } from "../../../util/host";

/** One container of a compose project, as the engine describes it. Holds secrets. */
export interface ComposeContainer {
  readonly id: string;
  readonly name: string;
  /** Its service in the compose file. */
  readonly service: string;
  readonly state: ContainerState;
  readonly health?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly imageId: string;
  /** Id of the image the name means now: another one if it was pulled or built again since. */
  readonly namedId?: string;
  readonly environment: Environment;
  /** Variables its image sets. */
  readonly ofImage: Environment;
  readonly imageLabels: Readonly<Record<string, string>>;
  /** `repository@sha256:…`, where a registry knows the image. */
  readonly digests: readonly string[];
  readonly mounts: readonly Mount[];
  readonly arguments: readonly string[];
  readonly networks: readonly string[];
  /** Container whose network it has: networks and published ports are that one's. */
  readonly networkOwner?: string;
  /** Names by which others on its networks reach it, besides its own. */
  readonly aliases: readonly string[];
  /** Containers it reaches by names that others do not know. */
  readonly links: readonly Link[];
  /** Names that only its own `/etc/hosts` knows. */
  readonly extraHosts: readonly string[];
  /** Addresses of the host its ports are published on, `ip:port`. */
  readonly published: readonly string[];
  readonly restartPolicy: string;
  /** Unusual options it was created with, in the words of `docker run`. */
  readonly options: readonly string[];
  /** True where its program is not the image's. */
  readonly ownProgram: boolean;
  /** Memory limit, bytes; undefined without one. */
  readonly memory?: number;
  /** Bytes of its `/dev/shm`. */
  readonly sharedMemory?: number;
}

/** Everything of one compose project that is on the engine. */
export interface ComposeProject {
  readonly name: string;
  /** Folder of its compose file, as compose was given it. */
  readonly folder: string;
  /** True where that folder is known not to be on the engine's machine. */
  readonly isElsewhere?: boolean;
  /** Its compose files, by their paths from the folder; none where compose finds them there by itself. */
  readonly files: readonly string[];
  /** Files its variables are from, named as in `files`; none where that is the folder's own `.env`. */
  readonly envFiles: readonly string[];
  /** Version of compose that made its containers. */
  readonly version?: string;
  readonly containers: readonly ComposeContainer[];
  /** Image of Scani's migrator, which compose runs for a moment; undefined where it is not on the engine. */
  readonly migrator?: Migrator;
}

/** An image that compose ran, or would run, the migrator from. */
export interface Migrator {
  readonly image: string;
  readonly imageId: string;
  readonly imageLabels: Readonly<Record<string, string>>;
}

/** Containers of Scani's services, recognised by their variables since compose may call them anything. */
export interface ScaniParts {
  readonly api?: ComposeContainer;
  readonly worker?: ComposeContainer;
  readonly "data-provider"?: ComposeContainer;
  readonly "frontend-app"?: ComposeContainer;
}

/** Names of Scani's services that a running install has. */
export const scaniServices = ["api", "worker", "data-provider", "frontend-app"] as const;
export type ScaniService = (typeof scaniServices)[number];

/**
 * Finds which of a project's containers are Scani's: the one that runs, where an update left another behind. A
 * data-provider that a switch to tier 2 has left running is none of them. Pure.
 */
export function partsOf(project: Pick<ComposeProject, "containers">): ScaniParts {
  const { "data-provider": provider, ...parts } = everyPartOf(project);
  return provider === undefined || isLeft(project, parts.api, provider)
    ? parts
    : { ...parts, "data-provider": provider };
}

/** Returns the project's data-provider if api does not use it. Pure. */
export function leftProviderOf(project: Pick<ComposeProject, "containers">): ComposeContainer | undefined {
  const { api, "data-provider": provider } = everyPartOf(project);
  return provider !== undefined && isLeft(project, api, provider) ? provider : undefined;
}

function everyPartOf({ containers }: Pick<ComposeProject, "containers">): ScaniParts {
  return Object.fromEntries(
    scaniServices.flatMap((service) => {
      const found = runningFirst(containers).find((one) => serviceOf(one) === service);
      return found === undefined ? [] : [[service, found]];
    }),
  );
}

/** True where api uses another data-provider. With the same key it is this one, by an address the plan refuses. */
function isLeft(
  project: Pick<ComposeProject, "containers">,
  api: ComposeContainer | undefined,
  provider: ComposeContainer,
): boolean {
  const url = variableOf(api, "SCANI_CLOUD_URL") ?? "";
  if (!URL.canParse(url) || serverOf(project, url) !== undefined) return false;
  return variableOf(api, "SCANI_CLOUD_API_KEY") !== variableOf(provider, "DATA_PROVIDER_API_KEY");
}

/** Returns the tier of a project: tier 1 if api uses a data-provider of the project's own. Pure. */
export function tierOf(project: Pick<ComposeProject, "containers">): Tier {
  return serverOf(project, variableOf(partsOf(project).api, "SCANI_CLOUD_URL")) === undefined ? "tier2" : "tier1";
}

/** Returns every container that does the work of one of Scani's services, or will again by itself. Pure. */
export function aliveAs({ containers }: Pick<ComposeProject, "containers">, service: ScaniService): ComposeContainer[] {
  return containers.filter((one) => isAlive(one) && serviceOf(one) === service);
}

/** True for a container that is up, or will be: with `always` Docker starts a stopped one with the engine. */
function isAlive(one: ComposeContainer): boolean {
  return isUp(one) || (one.state === "exited" && one.restartPolicy === "always");
}

/** Sorts containers: those that run, then those that are or will be up, then the others. Pure. */
export function runningFirst(containers: readonly ComposeContainer[]): ComposeContainer[] {
  const rank = (one: ComposeContainer) => (one.state === "running" ? 0 : isAlive(one) ? 1 : 2);
  return [0, 1, 2].flatMap((wanted) => containers.filter((one) => rank(one) === wanted));
}

/** Properties of a container by which Scani's services are recognised. */
type Recognised = Pick<ComposeContainer, "environment" | "ofImage" | "image" | "imageLabels">;

/**
 * Recognises Scani's services by SERVICE_NAME, which Scani checks, and by a sign of Scani, since other programs have a
 * SERVICE_NAME too; its page by what the image sets, since an `env_file` may give API_UPSTREAM to all services. Pure.
 */
export function serviceOf(one: Recognised): ScaniService | undefined {
  // The migrator has run and ended; it is declared anew with the release.
  if (isMigrator(one.image)) return undefined;
  if (one.ofImage.API_UPSTREAM !== undefined) return "frontend-app";
  const named = scaniServices.find((service) => service === one.environment.SERVICE_NAME);
  return named !== undefined && isScanis(one) ? named : undefined;
}

/**
 * True for a container of Scani's own programs, by a variable only Scani has, else by its image: secrets that an
 * entrypoint reads from files are not in the environment.
 */
function isScanis({ environment, image, imageLabels }: Recognised): boolean {
  return (
    Object.keys(environment).some((name) => /^(LOG_ID_PEPPER|SCANI_CLOUD_)/.test(name)) ||
    /(^|[/_-])scani[/_-]/.test(image) ||
    /\/scani(-oss)?$/.test(imageLabels[sourceLabel] ?? "")
  );
}

/** True where an image's name says that it is Scani's migrator. Pure. */
export function isMigrator(image: string): boolean {
  return /(^|[/_-])migrate(:[^/]*)?(@.*)?$/.test(image);
}

/** Finds the container of a project that a host name means to Scani, whose links come before a network's names. Pure. */
function namedBy({ containers }: Pick<ComposeProject, "containers">, host: string): ComposeContainer | undefined {
  const linked = containers
    .filter((one) => serviceOf(one) !== undefined)
    .flatMap(({ links }) => links.filter((link) => link.as === host).map(({ container }) => container));
  if (linked.length > 0)
    return runningFirst(containers).find(({ name, id }) => [name, id].some((one) => linked.includes(one)));
  return runningFirst(containers).find(
    ({ service, name, aliases }) => service === host || name === host || aliases.includes(host),
  );
}

/** Finds the container that a URL's host means; undefined for a host outside the project, and without a URL. Pure. */
export function serverOf(
  project: Pick<ComposeProject, "containers">,
  url: string | undefined,
): ComposeContainer | undefined {
  return url === undefined || !URL.canParse(url) ? undefined : namedBy(project, new URL(url).hostname);
}

/** Finds those of the servers Scani uses that are services of the project. Pure. */
export function serversOf(project: ComposeProject): {
  readonly postgres?: ComposeContainer;
  readonly redis?: ComposeContainer;
  readonly objectStore?: ComposeContainer;
  readonly mail?: ComposeContainer;
} {
  const { api, worker, "data-provider": provider } = partsOf(project);
  return {
    postgres: serverOf(project, api?.environment.DATABASE_URL),
    redis: serverOf(project, api?.environment.REDIS_URL),
    objectStore: serverOf(project, (provider ?? worker)?.environment.S3_ENDPOINT),
    mail: serverOf(project, provider?.environment.SMTP_URL),
  };
}

/** Returns other containers of the project that run: they stay with compose. Pure. */
export function othersOf(project: ComposeProject): ComposeContainer[] {
  const known = [...Object.values(everyPartOf(project)), ...Object.values(serversOf(project))];
  return project.containers.filter((one) => one.state === "running" && !known.includes(one));
}

/** An S3 server of the project, whose objects are to be copied. Holds its keys. */
export interface ObjectSource extends Bucket {
  readonly container: string;
  /** Certificates of private authorities that Scani trusts: a file, in the container that uses the bucket. */
  readonly trusted?: { readonly container: string; readonly path: string };
}

/** Returns the project's own S3 server; undefined where the bucket is managed. Pure. */
export function objectSourceOf(project: ComposeProject): ObjectSource | undefined {
  const { worker, "data-provider": provider } = partsOf(project);
  const user = provider ?? worker;
  const { objectStore: server } = serversOf(project);
  if (server === undefined || user === undefined) return undefined;
  const { environment } = user;
  const path = environment[authorityVariable] ?? "";
  return {
    container: server.name,
    trusted: path === "" ? undefined : { container: user.id, path },
    endpoint: environment.S3_ENDPOINT,
    bucket: environment.S3_BUCKET || (settingNamed("S3_BUCKET").fallback as string),
    region: environment.S3_REGION || "us-east-1",
    accessKeyId: environment.S3_ACCESS_KEY_ID,
    secretAccessKey: environment.S3_SECRET_ACCESS_KEY,
  };
}

/** Containers that alone can reach a host; undefined for a host that every container of the engine can reach. */
export type OnlyReachedBy = "that container" | "containers on its networks" | undefined;

/**
 * Returns who alone can reach the host of a URL, which is no service of the project: compose's networks and
 * `/etc/hosts` know names that nothing else knows. Pure.
 * @param holder container whose variable it is
 */
export function onlyReachedBy({ extraHosts }: Pick<ComposeContainer, "extraHosts">, url: string): OnlyReachedBy {
  const host = hostOf(url);
  if (host === undefined) return undefined;
  if (isOwnMachine(host) || host === "host.docker.internal" || extraHosts.includes(host)) return "that container";
  return host.includes(".") || isIP(host) !== 0 ? undefined : "containers on its networks";
}

/** Variables whose whole value is a host name. */
const hostVariable = /HOST|SERVER|ADDR|URL|URI|DSN|ENDPOINT/i;

/** Returns hosts a variable names: in URLs, with a port, or alone where its own name says that it is one. Pure. */
export function hostsNamed(variable: string, value: string): string[] {
  return value
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^(host=|jdbc:)/i, ""))
    .map((word) => hostOf(word) || (/([^:/@]+):\d+$/.exec(word)?.[1] ?? (hostVariable.test(variable) ? word : "")))
    .filter((host) => host !== "");
}

/** True where a variable names the proxy for outgoing requests. Pure. */
export function isEgress(variable: string): boolean {
  return /^(https?|all)_proxy$/i.test(variable);
}

/** Parameters of a database's URL that affect the connection alone. */
const ofConnection: ReadonlySet<string> = new Set([
  ...["sslmode", "ssl", "sslnegotiation", "channel_binding", "gssencmode", "target_session_attrs", "application_name"],
  ...["connect_timeout", "idle_timeout", "max_lifetime", "keep_alive", "keepalives", "max", "uselibpqcompat"],
]);

/**
 * Returns the names of a URL's parameters that the URL of base's own Postgres lacks: those of the connection, and those
 * of the server, such as `search_path`, which Scani's client hands on as they are. Pure.
 */
export function parametersIn(url = ""): { readonly ofConnection: string[]; readonly ofServer: string[] } {
  const names = URL.canParse(url) ? [...new Set(new URL(url).searchParams.keys())] : [];
  return {
    // A lack of sslmode is not reported: base's own network carries nothing that would have to be encrypted.
    ofConnection: names.filter((name) => ofConnection.has(name) && name !== "sslmode"),
    ofServer: names.filter((name) => !ofConnection.has(name)),
  };
}

/** Returns the mount that has a Postgres' data; Docker lists mounts in any order. Pure. */
export function dataMountOf(postgres: Pick<ComposeContainer, "mounts">): Mount | undefined {
  return postgres.mounts.find(({ path }) => path === postgresDataPath);
}

/** Address at which a gateway listens in the place of a page. */
export interface BindAddress {
  /** IPv4. */
  readonly address: string;
  /** Addresses the page is published on and the gateway will not be. */
  readonly leftOut: readonly string[];
  /** True where somebody may have asked for one of those: by default Docker publishes on IPv6 besides IPv4. */
  readonly isAsked: boolean;
}

/**
 * Returns the one IPv4 address that stands for those a page is published on; this machine's own where only other
 * containers reach it. Pure.
 */
export function bindAddressOf(page: Pick<ComposeContainer, "published" | "networks"> | undefined): BindAddress {
  const all = [...new Set((page?.published ?? []).map((address) => publishedAt(address).ip))];
  const four = all.filter((ip) => isIP(ip) === 4);
  const any = "0.0.0.0";
  const isAny = four.includes(any) || (four.length === 0 && all.includes("::")) || page?.networks.includes("host");
  const address = isAny ? any : (four[0] ?? "127.0.0.1");
  const leftOut = all.filter((ip) => ip !== address && !(address === any && isIP(ip) === 4));
  return { address, leftOut, isAsked: leftOut.some((ip) => ip !== "::" || !four.includes(any)) };
}

/** Returns names by which others on its networks reach a container, without the short id Docker adds. Pure. */
export function namesOnNetworks({ id, service, name, aliases }: ComposeContainer): string[] {
  return [...new Set([service, name, ...aliases])].filter((one) => !id.startsWith(one));
}

/** Returns labels and variables of a container by which proxies find it: Traefik's, Caddy's and nginx-proxy's. Pure. */
export function findersOf({ labels, environment }: Pick<ComposeContainer, "labels" | "environment">): string[] {
  const isOff = labels["traefik.enable"] === "false";
  return [
    ...Object.keys(labels).filter((name) => (name.startsWith("traefik.") && !isOff) || /^caddy([._]|$)/.test(name)),
    ...Object.keys(environment).filter((name) => isFinder(name) && environment[name] !== ""),
  ];
}

/** True where a proxy finds a container by a variable of that name. Pure. */
export function isFinder(variable: string): boolean {
  return /^(VIRTUAL|LETSENCRYPT)_/.test(variable);
}

/** Returns the value of one of a container's variables. Pure. */
export function variableOf(container: ComposeContainer | undefined, name: string): string | undefined {
  return container?.environment[name];
}

/** Splits an image's name: `scani/api:0.17.1` → `scani`, `api`, `0.17.1`. Without a tag it is `latest`. Pure. */
export function imageOf({ image }: Pick<ComposeContainer, "image">): { repository: string; name: string; tag: string } {
  const [, repository = "", name = image, tag = "latest"] =
    /^(?:(.*)\/)?([^/:@]+)(?::([^@/]+))?(?:@.*)?$/.exec(image) ?? [];
  return { repository, name, tag };
}

/** Returns the name of the migrator's image by the api's: `scani/api:1` → `scani/migrate:1`. Pure. */
export function migratorBeside(image: string): string {
  return migratorNamed(image, imageOf({ image }).tag);
}

/** Returns the migrator's names by the api's tag and, where that differs, its version; the last is the safest. Pure. */
export function migratorsBeside(api: Pick<ComposeContainer, "image" | "imageLabels">): string[] {
  const version = versionOf(api);
  const names = /^\w[\w.-]{0,127}$/.test(version) ? [migratorNamed(api.image, version)] : [];
  return [...new Set([migratorBeside(api.image), ...names])];
}

function migratorNamed(image: string, tag: string): string {
  const { repository, name } = imageOf({ image });
  return [...(repository === "" ? [] : [repository]), `${name.replace(/api$/, "migrate")}:${tag}`].join("/");
}

/** Returns the version an image's label says, else its tag. Pure. */
export function versionOf(one: Pick<ComposeContainer, "image" | "imageLabels">): string {
  return one.imageLabels[versionLabel] ?? imageOf(one).tag;
}

/** Label in which an image says its version. */
export const versionLabel = "org.opencontainers.image.version";

/** Label in which an image says its repository of source code. Scani's own have it by docker/metadata-action. */
const sourceLabel = "org.opencontainers.image.source";
