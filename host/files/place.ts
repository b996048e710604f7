import { details, type Engine } from "../engine/engine";
import { bucketIn, signedAddress } from "../install/bucket";
import { replaceable } from "../install/bundled";
import { caFile } from "../install/caCertificate";
import { valueIn } from "../install/environment";
import type { ReleaseContainer } from "../install/facts";
import { localCloudUrl } from "../install/localCloud";
import type { Service } from "../install/services";
import type { Reached } from "./transfers";

/** Where a release keeps its files, and how its data-provider is called from inside the install. */
export interface Place {
  /** Two releases with the same one look in the same bucket. Not to be shown: it may hold a key. */
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
    return { id: `${base} ${key}`, title: base, hosted: true, url: base, key, authority, reach: asIs };
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

/** A release with files, and its containers that give them out. */
export interface Side {
  readonly place: Place;
  readonly api: ReleaseContainer;
  /** Undefined where the data-provider is somebody else's. */
  readonly provider?: ReleaseContainer;
}

/**
 * Where a release on the engine keeps its files; undefined where it has lost the containers that say so.
 * @param members its containers
 * @param authority certificate of a private authority, PEM, where its containers do not hold it yet
 */
export async function readSide(
  engine: Engine,
  { api, "data-provider": provider }: Partial<Record<Service, ReleaseContainer>>,
  authority?: string,
): Promise<Side | undefined> {
  if (api === undefined) return undefined;
  const { environment } = await details(engine, api.id);
  const local = provider && { name: provider.name, environment: (await details(engine, provider.id)).environment };
  const ownAuthority = valueIn(environment, "NODE_EXTRA_CA_CERTS") === caFile;
  const place = placeOf({
    api: environment,
    provider: local,
    authority: authority ?? (ownAuthority ? await engine.readFile(api.id, caFile) : undefined),
  });
  return place && { place, api, ...(place.hosted ? {} : { provider }) };
}
