import { details, type Engine } from "../engine/engine";
import { bucketIn, signedAddress } from "../install/bucket";
import { replaceable } from "../install/bundled";
import { caFile } from "../install/caCertificate";
import { valueIn } from "../install/environment";
import type { ReleaseContainer } from "../install/facts";
import { localCloudUrl } from "../install/localCloud";
import type { Service } from "../install/services";
import type { Tier } from "../../settings";
import type { Reached } from "./transfers";

/** Where a release keeps its files, and how its data-provider is called from inside the install. */
export interface Place {
  /** Two releases with the same one look in the same bucket. A key is no part of it: it is renewed, and the bucket stays. */
  readonly id: string;
  /** As an operator reads it. */
  readonly title: string;
  /** True where it is somebody else's. */
  readonly hosted: boolean;
  readonly url: string;
  readonly key: string;
  /** Certificate of a private authority, PEM. */
  readonly authority?: string;
  /** Turns an address made for a browser into one that can be reached from inside the install. */
  reach(url: string, headers?: Readonly<Record<string, string>>): Reached;
  /** Signs an address for a download with the bucket's own keys, where its data-provider does not run to do it. */
  sign?(key: string): Promise<Reached>;
}

/** Environments of a release's containers, `NAME=value`, and what its data-provider is called on the networks. */
export interface PlaceSource {
  readonly api: readonly string[];
  readonly provider?: { readonly name: string; readonly environment: readonly string[] };
  readonly authority?: string;
}

/** Where a release keeps its files. Undefined for a tier 1 without a data-provider. Pure. */
export function placeOf({ api, provider, authority }: PlaceSource): Place | undefined {
  const [url, key] = [valueIn(api, "SCANI_CLOUD_URL"), valueIn(api, "SCANI_CLOUD_API_KEY")];
  const asIs = (address: string, headers: Readonly<Record<string, string>> = {}): Reached => ({
    url: address,
    headers,
  });
  if (url !== localCloudUrl) {
    const base = url.replace(/\/$/, "");
    return { id: base, title: base, hosted: true, url: base, key, authority, reach: asIs };
  }
  if (provider === undefined) return undefined;
  const value = (name: string) => valueIn(provider.environment, name);
  const endpoint = value("S3_ENDPOINT");
  const bundled = URL.canParse(endpoint) && new URL(endpoint).hostname === replaceable.storage.host;
  const publicEndpoint = value("S3_PUBLIC_ENDPOINT") || endpoint;
  return {
    id: `${endpoint} ${value("S3_BUCKET")}`,
    title: "tier 1's data-provider",
    hosted: false,
    // Its own name: `data-provider` may be another release's as well.
    url: localCloudUrl.replace("data-provider", provider.name),
    key,
    authority,
    reach: bundled ? (address, headers = {}) => reachBundled(address, headers, publicEndpoint, endpoint) : asIs,
  };
}

/** Seconds an address may be used. */
const validSeconds = 900;

/**
 * A tier 1's bucket, read with its own keys.
 * @param environment of its data-provider, `NAME=value`
 */
export function signedPlace(place: Place, environment: readonly string[]): Place {
  const bucket = bucketIn(environment);
  return {
    ...place,
    sign: async (key) => ({ url: await signedAddress(bucket, { method: "GET", key }, validSeconds), headers: {} }),
  };
}

/**
 * An address on the page's origin leads to the bundled S3 server by way of the gateway, and perhaps of somebody's proxy
 * that containers cannot reach; the server itself is asked, under the host that was signed.
 */
function reachBundled(
  address: string,
  headers: Readonly<Record<string, string>>,
  publicEndpoint: string,
  endpoint: string,
): Reached {
  const [asked, signed] = [new URL(address), new URL(publicEndpoint)];
  if (asked.origin !== signed.origin) return { url: address, headers };
  const rest = address.slice(address.indexOf("/", address.indexOf("//") + 2));
  return { url: `${new URL(endpoint).origin}${rest}`, headers: { ...headers, host: asked.host } };
}

/** A place as one release reaches it. */
export interface Side {
  readonly place: Place;
  /** Undefined where the data-provider is somebody else's, or is not asked. */
  readonly provider?: ReleaseContainer;
}

/** Containers of a release, by their services; those that are gone are missing. */
export type Members = Partial<Record<Service, ReleaseContainer>>;

/**
 * Where a release on the engine keeps its files; undefined where it has lost the containers that say so.
 * @param authority certificate of a private authority, PEM, where its containers do not hold it yet
 */
export async function readSide(
  engine: Engine,
  { api, worker, "data-provider": provider }: Members,
  authority?: string,
): Promise<Side | undefined> {
  // Both are pointed at the same data-provider.
  const told = api ?? worker;
  if (told === undefined) return undefined;
  const { environment } = await details(engine, told.id);
  const local = provider && { name: provider.name, environment: (await details(engine, provider.id)).environment };
  const ownAuthority = valueIn(environment, "NODE_EXTRA_CA_CERTS") === caFile;
  const place = placeOf({
    api: environment,
    provider: local,
    authority: authority ?? (ownAuthority ? await engine.readFile(told.id, caFile) : undefined),
  });
  return place && { place, ...(place.hosted ? {} : { provider }) };
}

/**
 * Where a release that served keeps its files. A tier 1 whose data-provider does not run is read with the keys to base's
 * bucket; undefined for a tier 2 none of whose containers is left to say what it was pointed at.
 * @param members what is left of its containers
 * @param bucket environment with base's bucket and the keys to it, `NAME=value`
 */
export async function readSource(
  engine: Engine,
  tier: Tier,
  members: Members,
  bucket: readonly string[],
): Promise<Side | undefined> {
  const { api, worker, "data-provider": provider } = members;
  if (tier === "tier2" || ((api ?? worker) !== undefined && provider?.state === "running"))
    return readSide(engine, members);
  const environment = provider === undefined ? bucket : (await details(engine, provider.id)).environment;
  const place = placeOf({
    api: [`SCANI_CLOUD_URL=${localCloudUrl}`],
    provider: { name: "data-provider", environment },
  });
  return place && { place: signedPlace(place, environment) };
}
