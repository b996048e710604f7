import { AwsClient } from "aws4fetch";
import { elementText } from "../../../util/xml";
import { valueIn } from "../services/environment";

/** A bucket, and the keys to it. */
export interface Bucket {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Returns the bucket a data-provider uses. Pure. @param environment its own, `NAME=value` */
export function bucketIn(environment: readonly string[]): Bucket {
  const value = (name: string) => valueIn(environment, name);
  return {
    endpoint: value("S3_ENDPOINT"),
    bucket: value("S3_BUCKET"),
    region: value("S3_REGION"),
    accessKeyId: value("S3_ACCESS_KEY_ID"),
    secretAccessKey: value("S3_SECRET_ACCESS_KEY"),
  };
}

/** One request to a bucket. */
export interface BucketRequest {
  readonly method: string;
  /** Key of an object; without one the request is for the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Headers it will be sent with. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Keys the signer derives for a day, by what they are derived from: deriving one is most of the cost of a signature. */
const signingKeys = new Map<string, ArrayBuffer>();

/** Returns an address that makes one request without keys, for some seconds. */
export async function signedAddress(
  at: Bucket,
  { method, key, query = {}, headers = {} }: BucketRequest,
  seconds: number,
): Promise<string> {
  const { endpoint, bucket, accessKeyId, secretAccessKey, region } = at;
  const path = key === undefined ? "" : `/${key.split("/").map(encodeURIComponent).join("/")}`;
  const search = new URLSearchParams({ ...query, "X-Amz-Expires": String(seconds) });
  const url = `${endpoint.replace(/\/$/, "")}/${bucket}${path}?${search.toString()}`;
  const signer = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region, cache: signingKeys });
  return (await signer.sign(url, { method, headers, aws: { signQuery: true } })).url;
}

/** Reads an S3 server's refusal of a request: its code, and a description; both may be missing. Pure. */
export function refusalIn(body: string): { readonly code?: string; readonly words: string } {
  const [code, message] = [elementText(body, "Code"), elementText(body, "Message")];
  const words = [code, message].filter((part) => part !== undefined).join(": ");
  return { code, words: words.replace(/\s+/g, " ").slice(0, 200) };
}
