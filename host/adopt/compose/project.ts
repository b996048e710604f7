import { isIP } from "node:net";
import { settingNamed, type Tier } from "../../../settings";
import type { Bucket } from "../../install/storage/bucket";
import { replaceable } from "../../install/services/bundled";
import type { Environment } from "../../install/services/environment";
import { isUp } from "../../install/facts";
import { postgresDataPath } from "../../install/data/postgresData";
import type { ContainerState, Mount } from "../../engine/engine";
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
  /** Id of the image that has the name now: another one where it was pulled or built again since. */
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
  /** Names by which others on its networks reach it, beside its own. */
  readonly aliases: readonly string[];
  /** Names that only its own `/etc/hosts` knows. */
  readonly extraHosts: readonly string[];
  /** Addresses of the host its ports are published on, `ip:port`. */
  readonly published: readonly string[];
  readonly restartPolicy: string;
  /** What it was created with that few containers are, in the words of `docker run`. */
  readonly options: readonly string[];
  /** It is not started as its image says. */
  readonly ownProgram: boolean;
  /** Bytes it may have; undefined without a limit. */
  readonly memory?: number;
  /** Bytes of its `/dev/shm`. */
  readonly sharedMemory?: number;
}

/** Everything of one compose project that is on the engine. */
export interface ComposeProject {
  readonly name: string;
  /** Folder of its compose file, on the engine's machine. */
  readonly folder: string;
  /** Its compose files, by their paths from the folder; none where compose finds them there by itself. */
  readonly files: readonly string[];
  /** Files its variables are from, as `files`; none where that is the folder's own `.env`. */
  readonly envFiles: readonly string[];
  /** Version of compose that made its containers. */
  readonly version?: string;
  readonly containers: readonly ComposeContainer[];
  /** Scani's migrator, which compose runs for a moment: its image, where it is on the engine. */
  readonly migrator?: Migrator;
}

/** An image that compose ran, or would run, the migrator from. */
export interface Migrator {
  readonly image: string;
  readonly imageId: string;
  readonly imageLabels: Readonly<Record<string, string>>;
}

/** Scani's own services, by what makes them recognisable: compose may call them anything. */
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
 * Which of a project's containers are Scani's: of one that an update left behind, the one that runs. A data-provider that
 * a switch to tier 2 has left running is none of them. Pure.
 */
export function partsOf(project: Pick<ComposeProject, "containers">): ScaniParts {
  const { "data-provider": provider, ...parts } = everyPartOf(project);
  return provider === undefined || isLeft(project, parts.api, provider)
    ? parts
    : { ...parts, "data-provider": provider };
}

/** A data-provider of the project that api does not use. Pure. */
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

/** Api is pointed at another one. With this one's key it is this one by another address, which the plan refuses. */
function isLeft(
  project: Pick<ComposeProject, "containers">,
  api: ComposeContainer | undefined,
  provider: ComposeContainer,
): boolean {
  const url = variableOf(api, "SCANI_CLOUD_URL") ?? "";
  if (!URL.canParse(url) || serverOf(project, url) !== undefined) return false;
  return variableOf(api, "SCANI_CLOUD_API_KEY") !== variableOf(provider, "DATA_PROVIDER_API_KEY");
}

/** Tier of a project: a data-provider of its own is tier 1. Pure. */
export function tierOf(project: Pick<ComposeProject, "containers">): Tier {
  return serverOf(project, variableOf(partsOf(project).api, "SCANI_CLOUD_URL")) === undefined ? "tier2" : "tier1";
}

/** Every container that does the work of one of Scani's services, or will again without anybody's doing. Pure. */
export function aliveAs({ containers }: Pick<ComposeProject, "containers">, service: ScaniService): ComposeContainer[] {
  return containers.filter((one) => isAlive(one) && serviceOf(one) === service);
}

/** Docker starts a container that was stopped again with the engine, where its policy is `always`. */
function isAlive(one: ComposeContainer): boolean {
  return isUp(one) || (one.state === "exited" && one.restartPolicy === "always");
}

/** Those that run, then those that will, then the others. Pure. */
export function runningFirst(containers: readonly ComposeContainer[]): ComposeContainer[] {
  const rank = (one: ComposeContainer) => (one.state === "running" ? 0 : isAlive(one) ? 1 : 2);
  return [0, 1, 2].flatMap((wanted) => containers.filter((one) => rank(one) === wanted));
}

/**
 * Scani's services are told by what they refuse to start without, since other programs have a SERVICE_NAME too; its page
 * by what the image sets, since an `env_file` may give API_UPSTREAM to all services. Pure.
 */
export function serviceOf({
  environment,
  ofImage,
  image,
}: Pick<ComposeContainer, "environment" | "ofImage" | "image">): ScaniService | undefined {
  // The migrator has run and ended; it is declared anew with the release.
  if (isMigrator(image)) return undefined;
  if (ofImage.API_UPSTREAM !== undefined) return "frontend-app";
  const { LOG_ID_PEPPER, SERVICE_NAME } = environment;
  return LOG_ID_PEPPER === undefined ? undefined : scaniServices.find((service) => service === SERVICE_NAME);
}

/** Whether an image's name says that it is Scani's migrator. Pure. */
export function isMigrator(image: string): boolean {
  return /(^|[/_-])migrate(:[^/]*)?(@.*)?$/.test(image);
}

/** The container of a project that a host name means on its networks. Pure. */
function namedBy({ containers }: Pick<ComposeProject, "containers">, host: string): ComposeContainer | undefined {
  return runningFirst(containers).find(
    ({ service, name, aliases }) => service === host || name === host || aliases.includes(host),
  );
}

/** As `namedBy`, for the host of a URL; undefined for one that is somewhere else, and for none at all. Pure. */
export function serverOf(
  project: Pick<ComposeProject, "containers">,
  url: string | undefined,
): ComposeContainer | undefined {
  return url === undefined || !URL.canParse(url) ? undefined : namedBy(project, new URL(url).hostname);
}

/** Those of the servers Scani uses that are services of the project. Pure. */
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

/** Containers of the project that run and are not Scani's: they stay with compose. Pure. */
export function othersOf(project: ComposeProject): ComposeContainer[] {
  const known = [...Object.values(everyPartOf(project)), ...Object.values(serversOf(project))];
  return project.containers.filter((one) => one.state === "running" && !known.includes(one));
}

/** An S3 server of the project, whose objects are to be copied. Holds its keys. */
export interface ObjectSource extends Bucket {
  readonly container: string;
}

/** Names base's own servers have on its networks. */
const baseNames: readonly string[] = Object.values(replaceable).map(({ host }) => host);

const isHostName = (name: string): boolean => /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(name) && /[a-z]/i.test(name);

/** The project's own S3 server, as its worker reaches it; undefined where the bucket is somewhere else. Pure. */
export function objectSourceOf(project: ComposeProject): ObjectSource | undefined {
  const { worker, "data-provider": provider } = partsOf(project);
  const environment = (provider ?? worker)?.environment ?? {};
  const { objectStore: server } = serversOf(project);
  if (server === undefined) return undefined;
  const { protocol, hostname, port } = new URL(environment.S3_ENDPOINT);
  // Asked from a container that is on base's networks too. MinIO refuses names with an underscore, as compose 1 gives.
  const host = [hostname, ...server.aliases, server.name].find((name) => isHostName(name) && !baseNames.includes(name));
  return {
    container: server.name,
    endpoint: `${protocol}//${host ?? server.name}${port === "" ? "" : `:${port}`}`,
    bucket: environment.S3_BUCKET || (settingNamed("S3_BUCKET").fallback as string),
    region: environment.S3_REGION || "us-east-1",
    accessKeyId: environment.S3_ACCESS_KEY_ID,
    secretAccessKey: environment.S3_SECRET_ACCESS_KEY,
  };
}

/** Who alone can reach a host; undefined for one that every container of the engine can reach. */
export type OnlyReachedBy = "that container" | "containers on its networks" | undefined;

/**
 * Who alone can reach the host of a URL, which is no service of the project: compose's networks and `/etc/hosts` know
 * names that nothing else knows. Pure.
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

/** Hosts a variable names: in URLs, with a port, or by itself where the variable's name says that it is one. Pure. */
export function hostsNamed(variable: string, value: string): string[] {
  return value
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^(host=|jdbc:)/i, ""))
    .map((word) => hostOf(word) || (/([^:/@]+):\d+$/.exec(word)?.[1] ?? (hostVariable.test(variable) ? word : "")))
    .filter((host) => host !== "");
}

/** Whether a variable names the proxy requests go out by. Pure. */
export function isEgress(variable: string): boolean {
  return /^(https?|all)_proxy$/i.test(variable);
}

/** Parameters of a database's URL that say how to connect, and nothing of what is found there. */
const ofConnection: ReadonlySet<string> = new Set([
  ...["sslmode", "ssl", "sslnegotiation", "channel_binding", "gssencmode", "target_session_attrs", "application_name"],
  ...["connect_timeout", "idle_timeout", "max_lifetime", "keep_alive", "keepalives", "max", "uselibpqcompat"],
]);

/**
 * Names of a URL's parameters that base's own Postgres is not named with: those of the connection, and those of the
 * server, such as `search_path`, which Scani's client hands on as they are. Pure.
 */
export function parametersIn(url = ""): { readonly ofConnection: string[]; readonly ofServer: string[] } {
  const names = URL.canParse(url) ? [...new Set(new URL(url).searchParams.keys())] : [];
  return {
    // Base's own network carries nothing that would have to be encrypted.
    ofConnection: names.filter((name) => ofConnection.has(name) && name !== "sslmode"),
    ofServer: names.filter((name) => !ofConnection.has(name)),
  };
}

/** Mount of a Postgres that has its data; Docker lists mounts in any order. Pure. */
export function dataMountOf(postgres: Pick<ComposeContainer, "mounts">): Mount | undefined {
  return postgres.mounts.find(({ path }) => path === postgresDataPath);
}

/** Where a gateway listens in the place of a page. */
export interface BindAddress {
  /** IPv4. */
  readonly address: string;
  /** Addresses the page is published on and the gateway will not be. */
  readonly leftOut: readonly string[];
  /** Somebody may have asked for one of those: where nothing is said, Docker publishes on IPv6 beside IPv4. */
  readonly isAsked: boolean;
}

/**
 * The one IPv4 address that stands for those a page is published on; where only other containers reach it, this
 * machine's own. Pure.
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

/** Names by which others on its networks reach a container; Docker's own short one is nobody's. Pure. */
export function namesOnNetworks({ id, service, name, aliases }: ComposeContainer): string[] {
  return [...new Set([service, name, ...aliases])].filter((one) => !id.startsWith(one));
}

/** Labels and variables of a container by which proxies find it: Traefik's, Caddy's and nginx-proxy's. Pure. */
export function findersOf({ labels, environment }: Pick<ComposeContainer, "labels" | "environment">): string[] {
  const isOff = labels["traefik.enable"] === "false";
  return [
    ...Object.keys(labels).filter((name) => (name.startsWith("traefik.") && !isOff) || /^caddy([._]|$)/.test(name)),
    ...Object.keys(environment).filter((name) => isFinder(name) && environment[name] !== ""),
  ];
}

/** Whether a proxy finds a container by a variable of that name. Pure. */
export function isFinder(variable: string): boolean {
  return /^(VIRTUAL|LETSENCRYPT)_/.test(variable);
}

/** Value of one of a container's variables. Pure. */
export function variableOf(container: ComposeContainer | undefined, name: string): string | undefined {
  return container?.environment[name];
}

/** An image's name in parts: `scani/api:0.17.1` → `scani`, `api`, `0.17.1`. Without a tag it is `latest`. Pure. */
export function imageOf({ image }: Pick<ComposeContainer, "image">): { repository: string; name: string; tag: string } {
  const [, repository = "", name = image, tag = "latest"] =
    /^(?:(.*)\/)?([^/:@]+)(?::([^@/]+))?(?:@.*)?$/.exec(image) ?? [];
  return { repository, name, tag };
}

/** Name of the migrator's image beside the api's: `scani/api:1` → `scani/migrate:1`. Pure. */
export function migratorBeside(image: string): string {
  return migratorNamed(image, imageOf({ image }).tag);
}

/** The same by the api's tag, and by its version where that is another name; the last one means it for longest. Pure. */
export function migratorsBeside(api: Pick<ComposeContainer, "image" | "imageLabels">): string[] {
  const version = versionOf(api);
  const names = /^\w[\w.-]{0,127}$/.test(version) ? [migratorNamed(api.image, version)] : [];
  return [...new Set([migratorBeside(api.image), ...names])];
}

function migratorNamed(image: string, tag: string): string {
  const { repository, name } = imageOf({ image });
  return [...(repository === "" ? [] : [repository]), `${name.replace(/api$/, "migrate")}:${tag}`].join("/");
}

/** Version an image says it is; else its tag. Pure. */
export function versionOf(one: Pick<ComposeContainer, "image" | "imageLabels">): string {
  return one.imageLabels[versionLabel] ?? imageOf(one).tag;
}

/** Label in which an image says its version. */
export const versionLabel = "org.opencontainers.image.version";
