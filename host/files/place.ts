import { details, type Engine } from "../engine/engine";
import { bucketIn, signedAddress, type BucketRequest } from "../install/storage/bucket";
import { replaceable } from "../install/services/bundled";
import { caFile } from "../install/services/releaseVariables";
import { valueIn } from "../install/services/environment";
import type { ReleaseContainer } from "../install/facts";
import { localCloudUrl, type Service } from "../install/services/release";
import type { Tier } from "../../settings";
import { hostOf } from "../../util/host";

/** Place in which a release keeps its files, with the access to its data-provider from inside the install. */
export interface Place {
  /** Same for releases that use the same bucket. A key is no part of it: keys are renewed, and the bucket stays. */
  readonly id: string;
  /** Name for the operator. */
  readonly title: string;
  /** True where it is somebody else's. */
  readonly hosted: boolean;
  /** True for base's own S3 server, whose volume is on the engine's disk. */
  readonly bundled?: boolean;
  readonly url: string;
  readonly key: string;
  /** Certificate of a private authority, PEM. */
  readonly authority?: string;
  /**
   * Signs an address of the bucket with the bucket's own keys, where base has them, as Scani itself does. The
   * data-provider signs addresses for browsers, which may not lead anywhere from inside the install.
   */
  sign?(request: BucketRequest): Promise<string>;
  /** True where its data-provider does not run, so that only the bucket can be asked. */
  readonly bucketOnly?: true;
}

/** Environments of a release's containers, `NAME=value`, and the name of its data-provider on the networks. */
export interface PlaceSource {
  readonly api: readonly string[];
  readonly provider?: { readonly name: string; readonly environment: readonly string[] };
  readonly authority?: string;
}

/** True for base's own S3 server. Pure. */
export function isBundled(endpoint: string): boolean {
  return hostOf(endpoint) === replaceable.storage.host;
}

/** Derives where a release keeps its files. Undefined for a tier 1 without a data-provider. Pure. */
export function placeOf({ api, provider, authority }: PlaceSource): Place | undefined {
  const [url, key] = [valueIn(api, "SCANI_CLOUD_URL"), valueIn(api, "SCANI_CLOUD_API_KEY")];
  if (url !== localCloudUrl) {
    const base = url.replace(/\/$/, "");
    return { id: base, title: base, hosted: true, url: base, key, authority };
  }
  if (provider === undefined) return undefined;
  const bucket = bucketIn(provider.environment);
  const endpoint = bucket.endpoint.replace(/\/$/, "");
  const bundled = isBundled(endpoint);
  return {
    id: `${endpoint} ${bucket.bucket}`,
    title: `tier 1's data-provider${bundled ? "" : ` on ${endpoint}/${bucket.bucket}`}`,
    hosted: false,
    bundled,
    // Use the container's own name: `data-provider` may be another release's as well.
    url: localCloudUrl.replace("data-provider", provider.name),
    key,
    authority,
    sign: ({ key, ...request }) => signedAddress(bucket, { ...request, key: key && askedKey(key) }, addressSeconds),
  };
}

/**
 * Seconds for which an address is signed: a request may begin long after that, behind others of its batch over a slow
 * line, or again after a large file broke off. S3 allows a week.
 */
export const addressSeconds = 86_400;

/**
 * Returns the key Scani really requests for a key: its S3 client cuts a key at a question mark, takes backslashes for
 * slashes, and leaves out those at both ends. Source: Bun 1.3.13, seen. Pure.
 */
function askedKey(key: string): string {
  return key
    .replace(/\?.*$/s, "")
    .replaceAll("\\", "/")
    .replace(/^\/+|\/+$/g, "");
}

/** Returns a tier 1's place without use of its data-provider. Pure. */
export function bucketOf(place: Place): Place {
  return { ...place, bucketOnly: true };
}

/** Returns the hosts of a place that are containers of the install. Pure. */
export function insideHosts({ hosted, bundled, url }: Place): string[] {
  return [...(hosted ? [] : [hostOf(url) ?? ""]), ...(bundled === true ? [replaceable.storage.host] : [])];
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
 * Reads where a release on the engine keeps its files; undefined where the containers that tell it are gone.
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
 * Reads where a release that served keeps its files. For a tier 1 whose data-provider does not run it uses the keys to
 * the bucket, which its worker has too; undefined where no container is left to tell it.
 * @param members containers of it that are left
 * @param bucket environment with base's bucket and the keys to it, `NAME=value`, for a tier 1 without any container
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
  const told = provider ?? worker;
  const environment = told === undefined ? bucket : (await details(engine, told.id)).environment;
  if (valueIn(environment, "S3_ENDPOINT") === "") return undefined;
  const place = placeOf({
    api: [`SCANI_CLOUD_URL=${localCloudUrl}`],
    provider: { name: "data-provider", environment },
  });
  return place && { place: bucketOf(place) };
}
