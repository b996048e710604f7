import type { ContainerSummary, Engine, NetworkSummary } from "../engine/engine";
import { publishedAt } from "../engine/containers/published";
import { baseNetworkNames, networkName } from "../install/network/addresses";
import { namesOwn, replaceable, replaceableServices, type ReplaceableService } from "../install/services/bundled";
import type { Environment } from "../install/services/environment";
import { loginIn } from "../install/data/databaseUrl";
import { isMomentary, ownAmong } from "../install/leftovers";
import { containerName, isNamed, volumeNameOf } from "../install/names/containerName";
import { isLost, isOf, isUp, routedRelease, type ReleaseName, type RoutedContainers } from "../install/facts";
import { readJournal, type Entry } from "../install/journal";
import { label } from "../install/names/labels";
import { postgresDataPath } from "../install/data/postgresData";
import { readRouted } from "../install/readFacts";
import { subnetInUse } from "../install/network/subnet";
import { renderBlock } from "../../util/ipv4";
import { generatedNames, type Tier } from "../../settings";
import { adoptCommand, dockerStart, dockerStop } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import { caCertificateOf, readAuthorities } from "./compose/authorities";
import { memoryOf, memorySettings } from "./compose/memory";
import { dataMountOf, imageOf, namesOnNetworks, partsOf, type ComposeContainer } from "./compose/project";
import { readContainer } from "./compose/readCompose";
import { pinnedImage } from "./imageNames";
import { furtherVariables, given, ownVariables, secretsToAccept, type StackValues } from "./compose/variables";

/** Names of everything of an install that a recovery removes. */
export interface Remains {
  /** In the order of their removal: workers first, the gateway last. */
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  /** Somebody else's Postgres that base uses, which is taken off the networks and stays. */
  readonly borrowed?: string;
}

/** An install of this module's own, read off its containers. Holds secrets. */
export interface OwnInstall extends Remains {
  /** Tier of the release that serves, or served last; undefined where there is no release. */
  readonly tier?: Tier;
  readonly settings: { readonly base: StackValues; readonly tier: StackValues };
  /** Names of its migrators that run. */
  readonly migrators: readonly string[];
}

/**
 * Reads an install's settings and names off its containers; undefined where it has none.
 * @throws OperatorError where it has several releases and nothing tells which one served last
 */
export async function readOwn(engine: Engine, install: string): Promise<OwnInstall | undefined> {
  const gateway = containerName(install, "gateway");
  const [{ all, networks, borrowed }, routed, journal] = await Promise.all([
    readLabelled(engine, install),
    readRouted(engine, { name: install, gateway }),
    readJournal(engine, gateway),
  ]);
  const own = ownAmong(install, all);
  if (own.length === 0) return undefined;
  const serving = releaseToRecover(routed, journal);
  if (serving === undefined && routed.containers.length > 0) throw undecided(install, routed);
  const isWanted = (one: ContainerSummary): boolean =>
    [undefined, serving?.release].includes(one.labels[label.release]);
  const readAll = (some: readonly ContainerSummary[]): Promise<ComposeContainer[]> =>
    Promise.all(some.map(({ id, labels: its }) => readContainer(engine, id, its[label.service] ?? "")));
  const [wanted, others, lender, everyNetwork, { isSwarmWorker }] = await Promise.all([
    readAll(own.filter(isWanted)),
    readAll(own.filter((one) => !isWanted(one))),
    borrowed === undefined ? undefined : readContainer(engine, borrowed, "postgres"),
    engine.networks([]),
    engine.info(),
  ]);
  // A stopped gateway may still be on a network that has been removed, for which `up` would refuse the settings.
  const isThere = (network: string): boolean => isSwarmWorker || everyNetwork.some(({ name }) => name === network);
  const read = wanted.map((one) => ({ ...one, networks: one.networks.filter(isThere) }));
  return {
    tier: serving?.tier,
    settings: ownSettings(install, serving?.tier, read, {
      others,
      networks,
      borrowed: lender,
      caCertificate: caCertificateOf(await readAuthorities(engine, partsOf({ containers: read }))),
    }),
    migrators: routed.containers.filter((one) => one.service === "migrate" && isUp(one)).map(({ name }) => name),
    ...remainsOf({ all, networks, borrowed }),
  };
}

/** Everything on an engine that carries an install's label, and the Postgres it has borrowed. */
interface Labelled {
  readonly all: readonly ContainerSummary[];
  readonly networks: readonly NetworkSummary[];
  readonly borrowed?: string;
}

async function readLabelled(engine: Engine, install: string): Promise<Labelled> {
  const labels = [`${label.install}=${install}`];
  const [all, networks] = await Promise.all([
    engine.containers({ labels: [...labels, label.service], all: true }),
    engine.networks(labels),
  ]);
  const hasOwn = all.some((one) => one.labels[label.service] === "postgres");
  return { all, networks, borrowed: hasOwn ? undefined : await readBorrowed(engine, install) };
}

/**
 * Finds somebody else's Postgres that answers on the data network in place of base's own, or would if it ran: one that
 * is stopped is on the network all the same.
 */
async function readBorrowed(engine: Engine, install: string): Promise<string | undefined> {
  const there = await engine.containers({ network: networkName(install, "data"), all: true });
  const strange = there.filter((one) => one.labels[label.install] !== install && !isLost(one));
  const all = await Promise.all(strange.map(({ id }) => engine.inspect(id)));
  const named = all.filter((one) => one?.aliases.includes(replaceable.postgres.host));
  return (named.find((one) => one?.running) ?? named[0])?.name;
}

/** Reads what is left of an install. */
export async function readRemains(engine: Engine, install: string): Promise<Remains> {
  return remainsOf(await readLabelled(engine, install));
}

/**
 * Reads what is left of an install when its stacks are destroyed, without containers that merely have its labels, as
 * those from an image of `docker commit` have: they are somebody's own.
 */
export async function readNamedRemains(engine: Engine, install: string): Promise<Remains> {
  const found = await readLabelled(engine, install);
  return remainsOf({ ...found, all: found.all.filter((one) => isNamed(one) || isMomentary(one)) });
}

/**
 * Stops every container gently, in this order, and removes it; then removes the networks. A borrowed Postgres runs on,
 * and `up` connects it again.
 * @param lost aborted when the run lock is lost; at the latest by the removal of the gateway, which is the last one
 */
export async function clearRemains(
  engine: Engine,
  { containers, networks, borrowed }: Remains,
  lost?: AbortSignal,
): Promise<void> {
  for (const name of containers) {
    lost?.throwIfAborted();
    await engine.stop(name);
    await engine.remove(name, { force: false, volumes: false });
  }
  for (const name of networks) {
    if (borrowed !== undefined) await engine.disconnectNetwork(name, borrowed);
    await engine.removeNetwork(name);
  }
}

/** Reads whether a container of a release was created later. @param at epoch milliseconds */
export async function hasReleaseSince(engine: Engine, install: string, at: number): Promise<boolean> {
  const { all } = await readLabelled(engine, install);
  return all.some(({ labels, created }) => label.release in labels && created * 1000 > at);
}

function remainsOf({ all, networks, borrowed }: Labelled): Remains {
  return {
    borrowed,
    containers: all.toSorted((one, other) => removalRank(one) - removalRank(other)).map(({ name }) => name),
    networks: networks.map(({ name }) => name),
  };
}

/**
 * Returns a container's place in the order of removal. Workers go first, since they take jobs; base goes after the
 * releases that need it, and the gateway last: it keeps the run lock and the routes. Pure.
 */
function removalRank({ labels: its }: Pick<ContainerSummary, "labels">): number {
  if (its[label.service] === "worker") return 0;
  if (its[label.service] === "gateway") return 3;
  return label.release in its ? 1 : 2;
}

/**
 * Returns the release an install is recovered with: the one its gateway routes to or, where none can be read off it,
 * the only one whose worker is up, the last one of the journal, the only one with a container that is up, or the only
 * one. Undefined where none of that decides. Pure.
 */
function releaseToRecover(routed: RoutedContainers, journal: readonly Entry[]): ReleaseName | undefined {
  const { containers } = routed;
  const up = containers.filter(isUp);
  const last = journal.findLast(({ outcome }) => outcome !== "failed")?.to;
  return (
    routedRelease(routed) ??
    onlyOne(up.filter(({ service }) => service === "worker")) ??
    onlyOne(containers.filter((one) => isOf(last, one))) ??
    onlyOne(up) ??
    onlyOne(containers)
  );
}

/** Returns the release of these containers where they are all of one. Pure. */
function onlyOne(containers: readonly ReleaseName[]): ReleaseName | undefined {
  const [one] = containers;
  return one !== undefined && containers.every((other) => isOf(one, other))
    ? { tier: one.tier, release: one.release }
    : undefined;
}

/** Returns the error of a recovery that cannot tell which release is to serve. Pure. */
function undecided(install: string, { containers }: RoutedContainers): OperatorError {
  const representatives = containers.filter(
    (one) =>
      (containers.find((other) => isOf(other, one) && other.service === "api") ??
        containers.find((other) => isOf(other, one))) === one,
  );
  const running = representatives.map((one) => containers.filter((other) => isOf(other, one) && isUp(other)));
  const what = `The gateway of ${install} routes to no release that is here, and nothing tells which of these served last: ${representatives.map(({ tier, release }) => `${tier} ${release}`).join(", ")}. Nothing has been touched.`;
  if (running.some(({ length }) => length > 0))
    return new OperatorError({
      what,
      why: "Stop the containers of those that are not to serve, a line for each, and type the last one:",
      type: [
        ...running.flatMap((all) => (all.length === 0 ? [] : [dockerStop(...all.map(({ name }) => name))])),
        adoptCommand("--recover"),
      ],
    });
  return new OperatorError({
    what,
    why: "Start a container of the one that is to serve, one of these, and type the last one:",
    type: [...representatives.map(({ name }) => dockerStart(name)), adoptCommand("--recover")],
  });
}

/** Sources of an install's settings besides the containers of base and of the release that serves. */
interface FurtherSources {
  /** Containers of other releases, which may have the only copy of a secret. */
  readonly others?: readonly ComposeContainer[];
  readonly networks?: readonly NetworkSummary[];
  /** Somebody else's Postgres that base uses. */
  readonly borrowed?: ComposeContainer;
  /** Certificate of the authority its containers trust; empty without one. */
  readonly caCertificate?: string;
}

/**
 * Derives the settings an install was brought up with from its base's containers, those of the release that serves, and
 * its networks. Pure.
 */
export function ownSettings(
  install: string,
  tier: Tier | undefined,
  containers: readonly ComposeContainer[],
  { others = [], networks = [], borrowed, caCertificate = "" }: FurtherSources = {},
): OwnInstall["settings"] {
  const named = (service: string) => containers.find((one) => one.service === service);
  const parts = partsOf({ containers });
  const { api, worker, "data-provider": provider } = parts;
  const environment = { ...worker?.environment, ...provider?.environment, ...api?.environment };
  const read = ownVariables(parts);
  const services = replaceableServices.map(([service]) => serviceSettings(service, named(service), environment));
  const gateway = named("gateway");
  const fronts = (gateway?.networks ?? []).filter((one) => !baseNetworkNames(install).includes(one));
  const frontNames = (gateway === undefined ? [] : namesOnNetworks(gateway)).filter(
    (one) => one !== gateway?.service && one !== gateway?.name,
  );
  const [at, mailAt] = [gateway, named("mail")].map((one) => one?.published.map(publishedAt)[0]);
  const postgres = named("postgres");
  const volume = postgres && dataMountOf(postgres)?.source;
  const folder = postgres?.environment.PGDATA?.slice(postgresDataPath.length + 1);
  const further = furtherVariables(parts);
  const memory = memoryOf({ api, worker, postgres });
  const subnet = subnetInUse(install, networks);
  const { repository, tag } = imageOf(api ?? worker ?? provider ?? parts["frontend-app"] ?? { image: "" });
  return {
    base: accepting({
      ...generatedIn(others),
      ...read.base,
      ...Object.assign({}, ...services),
      ...memory.base,
      ...borrowedSettings(borrowed),
      subnet: subnet && renderBlock(subnet),
      gatewayImage: gateway?.image,
      FRONTEND_PORT: at?.port,
      bindAddress: at?.ip,
      publishGateway: gateway !== undefined && at === undefined ? "false" : undefined,
      frontNetworks: fronts.join(","),
      frontNames: fronts.length === 0 ? undefined : frontNames.join(","),
      MAILPIT_UI_PORT: mailAt?.port,
      postgresVolume: volume === volumeNameOf(install, "postgres") ? undefined : volume,
      postgresFolder: folder,
      caCertificate,
    }),
    tier: accepting({
      ...read.tiers,
      ...memory.tiers,
      imageRepository: repository,
      SCANI_IMAGE_TAG: tag,
      caCertificate,
      ...(tier === "tier2" ? Object.fromEntries(cloudVariables.map((name) => [name, environment[name]])) : {}),
      extraEnvironment: further.length === 0 ? undefined : JSON.stringify(further),
    }),
  };
}

/** Returns the settings of a Postgres that is somebody else's, and of base's own that takes its place later. Pure. */
function borrowedSettings(borrowed: ComposeContainer | undefined): StackValues {
  if (borrowed === undefined) return {};
  const memory = memorySettings({ postgres: borrowed }, {}, {});
  return { ...memory.base, borrowedPostgres: borrowed.name, postgresImage: pinnedImage(borrowed) };
}

/** Settings by name; undefined where nothing says one. */
type Found = Readonly<Record<string, string | undefined>>;

/**
 * Returns the settings of one of base's services. The release's variables say whether it is base's own, whose container
 * may have been removed by hand, or somebody else's, beside which base's own may still be there. Pure.
 * @param environment variables of the release; one of tier 2 names no mail server
 */
function serviceSettings(
  service: ReplaceableService,
  own: ComposeContainer | undefined,
  environment: Environment,
): Found {
  const { replacedBy, credentials, variable: naming } = replaceable[service];
  const isOwn = namesOwn(environment, service);
  if (own !== undefined && (isOwn || !environment[naming]))
    return {
      [`${service}Image`]: own.image,
      ...Object.fromEntries(Object.entries(credentials).map(([name, variable]) => [name, own.environment[variable]])),
    };
  if (isOwn) return loginSettings[service](environment);
  // For a managed service the release's environment has the settings' own variables.
  const names = [...replacedBy, ...(service === "storage" ? storageVariables : [])];
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}

/** Read the settings by which a release logs in to base's own server off the release's variables. Pure. */
const loginSettings: Readonly<Record<ReplaceableService, (environment: Environment) => Found>> = {
  postgres: ({ DATABASE_URL }) => {
    const login = loginIn(DATABASE_URL);
    return { POSTGRES_USER: login?.role, POSTGRES_DB: login?.database, POSTGRES_PASSWORD: login?.password };
  },
  redis: ({ REDIS_URL }) => ({ REDIS_PASSWORD: loginIn(REDIS_URL)?.password }),
  storage: ({ S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }) => ({ S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }),
  mail: () => ({}),
};

/** Returns the secrets of base's own making that these containers have. Pure. */
function generatedIn(containers: readonly ComposeContainer[]): StackValues {
  const { base } = ownVariables(partsOf({ containers }));
  return given(Object.fromEntries(generatedNames.map((name) => [name, base[name]])));
}

/** Returns the given values and accepts their short or published secrets, since they are in use already. */
function accepting(values: Readonly<Record<string, string | undefined>>): StackValues {
  const all = given(values);
  return { ...all, ...given({ acceptedSecrets: secretsToAccept(all).join(",") }) };
}

const cloudVariables = ["SCANI_CLOUD_URL", "SCANI_CLOUD_API_KEY"] as const;
const storageVariables = ["S3_PUBLIC_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;
