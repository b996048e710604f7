import type { Engine, NetworkSummary } from "../engine/engine";
import { publishedAt } from "../engine/containers/published";
import { baseNetworkNames } from "../install/network/addresses";
import { replaceableServices } from "../install/services/bundled";
import { containerName, volumeNameOf } from "../install/names/containerName";
import { routedRelease } from "../install/facts";
import { label } from "../install/names/labels";
import { postgresDataPath } from "../install/data/postgresData";
import { readRouted } from "../install/readFacts";
import { subnetInUse } from "../install/network/subnet";
import { renderBlock } from "../../util/ipv4";
import type { Tier } from "../../settings";
import { caCertificateOf, readAuthorities } from "./compose/authorities";
import { memoryOf } from "./compose/memory";
import { dataMountOf, imageOf, namesOnNetworks, partsOf, type ComposeContainer } from "./compose/project";
import { readContainer } from "./compose/readCompose";
import { furtherVariables, given, ownVariables, secretsToAccept, type StackValues } from "./compose/variables";

/** An install of this module's own, read off its containers. Holds secrets. */
export interface OwnInstall {
  /** Tier that serves; undefined where none is routed. */
  readonly tier?: Tier;
  readonly settings: { readonly base: StackValues; readonly tier: StackValues };
  /** Names of all its containers, workers first, and of its networks. */
  readonly containers: readonly string[];
  readonly networks: readonly string[];
}

/** Reads an install's settings and names off its containers; undefined where it has none. */
export async function readOwn(engine: Engine, install: string): Promise<OwnInstall | undefined> {
  const labels = [`${label.install}=${install}`];
  const [all, networks, routed] = await Promise.all([
    engine.containers({ labels: [...labels, label.service], all: true }),
    engine.networks(labels),
    readRouted(engine, { name: install, gateway: containerName(install, "gateway") }),
  ]);
  if (all.length === 0) return undefined;
  const serving = routedRelease(routed);
  const wanted = all.filter(({ labels: its }) => [undefined, serving?.release].includes(its[label.release]));
  const read = await Promise.all(
    wanted.map(({ id, labels: its }) => readContainer(engine, id, its[label.service] ?? "")),
  );
  return {
    tier: serving?.tier,
    settings: ownSettings(
      install,
      serving?.tier,
      read,
      networks,
      caCertificateOf(await readAuthorities(engine, partsOf({ containers: read }))),
    ),
    containers: [true, false].flatMap((isWorker) =>
      all.filter(({ labels: its }) => (its[label.service] === "worker") === isWorker).map(({ name }) => name),
    ),
    networks: networks.map(({ name }) => name),
  };
}

/**
 * Derives the settings an install was brought up with from its base's containers, those of the release that serves, and
 * its networks. Pure.
 * @param caCertificate of the authority its containers trust; empty without one
 */
export function ownSettings(
  install: string,
  tier: Tier | undefined,
  containers: readonly ComposeContainer[],
  networks: readonly NetworkSummary[] = [],
  caCertificate = "",
): OwnInstall["settings"] {
  const named = (service: string) => containers.find((one) => one.service === service);
  const parts = partsOf({ containers });
  const { api, worker, "data-provider": provider } = parts;
  const environment = { ...worker?.environment, ...provider?.environment, ...api?.environment };
  const read = ownVariables(parts);
  const services = replaceableServices.map(([service, { replacedBy, credentials }]) => {
    const own = named(service);
    // For a managed service the release's environment has the settings' own variables.
    const variables =
      own === undefined
        ? [...replacedBy, ...(service === "storage" ? storageVariables : [])].map((name) => [name, name] as const)
        : Object.entries(credentials);
    const values = own?.environment ?? environment;
    const image = own === undefined ? {} : { [`${service}Image`]: own.image };
    return { ...image, ...Object.fromEntries(variables.map(([name, variable]) => [name, values[variable]])) };
  });
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
  const { repository, tag } = imageOf(api ?? { image: "" });
  return {
    base: accepting({
      ...read.base,
      ...Object.assign({}, ...services),
      ...memory.base,
      subnet: subnet && renderBlock(subnet),
      gatewayImage: gateway?.image,
      FRONTEND_PORT: at?.port,
      bindAddress: at?.ip,
      publishGateway: at === undefined ? "false" : undefined,
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

/** Returns the given values and accepts their short or published secrets, since they are in use already. */
function accepting(values: Readonly<Record<string, string | undefined>>): StackValues {
  const all = given(values);
  return { ...all, ...given({ acceptedSecrets: secretsToAccept(all).join(",") }) };
}

const cloudVariables = ["SCANI_CLOUD_URL", "SCANI_CLOUD_API_KEY"] as const;
const storageVariables = ["S3_PUBLIC_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;
