import { AwsClient } from "aws4fetch";
import { randomUUID } from "node:crypto";
import { answerOf, type Answer } from "../scani/cloud/judge";
import { valueIn } from "../install/environment";
import { messageOf } from "../../util/failure";
import { allows, originOf, policyProblem } from "../install/connectSrc";
import { setCommand, type SettingName } from "../../settings";
import { askBucket, sample, type BucketProblem, type UploadPlace } from "./bucket";
import { fromHere, type HttpRequest } from "./http";
import type { Probe } from "./probe";

/** What uploads of a release are checked with. Environments as the engine lists them, `NAME=value`. */
export interface UploadsOrder {
  /** Origin of the page. */
  readonly page: string;
  /** `connect-src` of the page's policy. */
  readonly policy: string;
  /** Names of the release's Pulumi stack and of its base's, for the commands in messages. */
  readonly stack: string;
  readonly baseStack: string;
  /** Certificate of a private authority, PEM. */
  readonly caCertificate?: string;
}

/** A bucket that is not this install's own. */
export interface ForeignBucket {
  /** Asks for a place for one small file. A text says why there is none. */
  place(): Promise<(UploadPlace & { readonly key: string }) | string>;
  /** Whether the file is there, as the release will look for it. A text says why that cannot be told. */
  exists(key: string): Promise<boolean | string>;
  remove(key: string): Promise<void>;
  /** What to do about a problem: one or two indented lines. */
  remedy(cause: BucketProblem["cause"] | "place"): string;
}

/** Folder of what is put there; Scani's own rules clear all of `temp/` away in time. */
const folder = "scani-preflight";

/** What was found out about uploads. */
export interface UploadsReport {
  /** Where they go; undefined where nobody said. */
  readonly origin?: string;
  /** Each with its cause and what to do; none when all is well. */
  readonly problems: readonly string[];
}

/**
 * What becomes of pages that are open during a switch, whose policy is that of the release they were loaded from. Pure.
 */
export function openPages(origin: string): string {
  return `pages that are open now were loaded under a policy without ${origin}: they upload again once they are reloaded. A CSP_CONNECT_SRC with it on the tier that serves, an up before the switch, spares them that`;
}

/**
 * Looks whether the page could upload to a bucket that is somebody else's: its policy allows it, the bucket takes this
 * page's PUT, the keys work and the release finds the file again. What was put is removed.
 * @param place what the bucket gave for the file
 */
export async function checkUploads(
  bucket: ForeignBucket,
  place: (UploadPlace & { readonly key: string }) | string,
  probe: Probe,
  order: UploadsOrder,
): Promise<UploadsReport> {
  const { page, policy, stack, caCertificate } = order;
  if (typeof place === "string") return { problems: [`${place}\n${bucket.remedy("place")}`] };
  const origin = originOf(place.url);
  const gap = allows(policy, origin, page) ? [] : [policyProblem({ policy, uploads: origin, stack })];
  const asked = await askBucket(place, page, fromHere(caCertificate), probe.http);
  if (asked !== undefined) return { origin, problems: [...gap, `${asked.why}\n${bucket.remedy(asked.cause)}`] };
  const found = await bucket.exists(place.key);
  await bucket.remove(place.key).catch(() => undefined);
  const lost =
    found === true
      ? []
      : [
          `A file that ${origin} took is not found again${found === false ? "" : `: ${found}`}\n${bucket.remedy("bucket")}`,
        ];
  return { origin, problems: [...gap, ...lost] };
}

/** The bucket behind tier 2's endpoint. Source: the storage procedures of Scani 0.17.1's data-provider. */
export function hostedBucket(url: string, probe: Probe, { stack, page }: UploadsOrder): ForeignBucket {
  const call = async (procedure: string, input: object): Promise<Answer> =>
    answerOf(url, await probe.call({ procedure: `storage.${procedure}`, body: JSON.stringify(input) }));
  return {
    async place() {
      const file = {
        keyPrefix: folder,
        extension: "txt",
        contentType: "text/plain",
        contentLength: Buffer.byteLength(sample),
        ttlSeconds: 60,
      };
      const answer = await call("presignUpload", file);
      if (!answer.ok) return `${url} gives no address for uploads: ${answer.why}`;
      const { uploadUrl, key, requiredHeaders } = answer.data;
      if (typeof uploadUrl !== "string" || typeof key !== "string" || !URL.canParse(uploadUrl))
        return `${url} gives no address for uploads, though it answers 200`;
      return { url: uploadUrl, key, headers: (requiredHeaders as Record<string, string> | undefined) ?? {} };
    },
    async exists(key) {
      const answer = await call("objectExists", { key });
      return answer.ok ? answer.data.exists === true : answer.why;
    },
    async remove(key) {
      await call("deleteTempBlob", { key });
    },
    remedy: (cause) =>
      [
        cause === "cors"
          ? `  Ask whoever runs the endpoint to let ${page} PUT with the header Content-Type. Then:`
          : "  Ask whoever runs the endpoint; once it is mended:",
        `  type: npm run up -- ${stack}`,
      ].join("\n"),
  };
}

/**
 * A managed bucket of the operator's own, asked with the keys the data-provider will have. @param environment the
 * data-provider's
 */
export function managedBucket(
  environment: readonly string[],
  probe: Probe,
  { page, baseStack, caCertificate }: UploadsOrder,
): ForeignBucket {
  const value = (name: string) => valueIn(environment, name);
  const signer = new AwsClient({
    accessKeyId: value("S3_ACCESS_KEY_ID"),
    secretAccessKey: value("S3_SECRET_ACCESS_KEY"),
    service: "s3",
    region: value("S3_REGION"),
  });
  const [inside, outside] = [value("S3_ENDPOINT"), value("S3_PUBLIC_ENDPOINT") || value("S3_ENDPOINT")];
  const signed = async (endpoint: string, key: string, method: HttpRequest["method"]): Promise<string> =>
    (
      await signer.sign(`${endpoint.replace(/\/$/, "")}/${value("S3_BUCKET")}/${key}?X-Amz-Expires=60`, {
        method,
        aws: { signQuery: true },
      })
    ).url;
  const set = (name: SettingName) => setCommand(name, baseStack);
  return {
    async place() {
      const key = `temp/${folder}/${randomUUID()}.txt`;
      return { url: await signed(outside, key, "PUT"), key, headers: { "content-type": "text/plain" } };
    },
    async exists(key) {
      const url = await signed(inside, key, "HEAD");
      return probe.http({ method: "HEAD", url }).then(
        ({ status }) => status === 200 || `${originOf(url)} answers ${status}`,
        (error: unknown) => messageOf(error),
      );
    },
    async remove(key) {
      await fromHere(caCertificate)({ method: "DELETE", url: await signed(outside, key, "DELETE") });
    },
    remedy: (cause) => {
      switch (cause) {
        case "cors":
          return `  Allow ${page} to PUT with the header Content-Type in the bucket's CORS rules. Then:\n  type: npm run up -- ${baseStack}`;
        case "credentials":
          return `  Check the keys.\n  type: ${set("S3_ACCESS_KEY_ID")}\n  type: ${set("S3_SECRET_ACCESS_KEY")}`;
        case "bucket":
          return `  Check the bucket, and that S3_ENDPOINT and S3_PUBLIC_ENDPOINT are one server.\n  type: ${set("S3_BUCKET")}`;
        default:
          return `  Check the address.\n  type: ${set(value("S3_PUBLIC_ENDPOINT") === "" ? "S3_ENDPOINT" : "S3_PUBLIC_ENDPOINT")}`;
      }
    },
  };
}
