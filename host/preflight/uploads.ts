import { randomUUID } from "node:crypto";
import { answerOf, type Answer } from "../scani/cloud/classify";
import { parseUploadSpot, type UploadSpot } from "../scani/cloud/uploadSpot";
import { bucketIn, signedAddress } from "../install/storage/bucket";
import { valueIn } from "../install/services/environment";
import { upCommand } from "../../util/commands";
import { messageOf, type Problem } from "../../util/operatorError";
import { originOf, policyProblem } from "../install/storage/connectSrc";
import { setCommand, type SettingName } from "../../settings";
import { askBucket, sample, type BucketProblem } from "./bucket";
import { fromHere, type HttpRequest } from "./http";
import type { Remedy } from "./remedy";
import type { Probe } from "./probe";

/** Inputs of the check of a release's uploads. */
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
  /** Asks for a place for one small file; a text is the reason there is none. */
  place(): Promise<UploadSpot | string>;
  /** Returns true if the release would find the file; a text is the reason that this is unknown. */
  exists(key: string): Promise<boolean | string>;
  /**
   * Returns why a file cannot be copied to another key and found there; undefined where it can. Absent where nobody
   * copies.
   */
  copies?(key: string): Promise<string | undefined>;
  remove(key: string): Promise<void>;
  remedy(cause: BucketProblem["cause"] | "place"): Remedy;
}

/** Folder of the test file; Scani's own rules empty `temp/` in time. */
const folder = "scani-preflight";

/** Seconds for which an address of the check is valid. */
const validSeconds = 60;

/** Result of the check of uploads. */
export interface UploadsReport {
  /** Origin uploads go to; undefined where the endpoint gave none. */
  readonly origin?: string;
  readonly problems: readonly Problem[];
}

/**
 * Returns the note on pages that are open during a switch: their policy is that of the release they were loaded from.
 * Pure.
 */
export function openPages(origin: string): string {
  return `pages that are open now were loaded under a policy without ${origin}: they upload again once they are reloaded. To spare them that, add it to CSP_CONNECT_SRC of the tier that serves, one up before the switch`;
}

/**
 * Checks whether the page could upload to a bucket that is somebody else's: its policy allows it, the bucket accepts
 * the page's PUT, the keys work and the release finds the file. The file is removed again.
 * @param place the bucket's answer to a request for a place
 */
export async function checkUploads(
  bucket: ForeignBucket,
  place: UploadSpot | string,
  probe: Probe,
  order: UploadsOrder,
): Promise<UploadsReport> {
  const { page, policy, stack, caCertificate } = order;
  if (typeof place === "string") return { problems: [{ what: place, ...bucket.remedy("place") }] };
  const origin = originOf(place.url);
  const gap = [policyProblem({ policy, uploads: origin, page, stack })].filter((problem) => problem !== undefined);
  const asked = await askBucket(place, page, fromHere(caCertificate), probe.http);
  if (asked !== undefined) return { origin, problems: [...gap, { what: asked.why, ...bucket.remedy(asked.cause) }] };
  const found = await bucket.exists(place.key);
  const copied = found === true ? await bucket.copies?.(place.key) : undefined;
  await bucket.remove(place.key).catch(() => undefined);
  const lost =
    found === true
      ? []
      : [
          {
            what: `A file that ${origin} accepted is not found again${found === false ? "" : `: ${found}`}`,
            ...bucket.remedy("bucket"),
          },
        ];
  const kept = copied === undefined ? [] : [{ what: copied, ...bucket.remedy("place") }];
  return { origin, problems: [...gap, ...lost, ...kept] };
}

/** Returns the bucket behind tier 2's endpoint. Source: the storage procedures of Scani 0.17.1's data-provider. */
export function hostedBucket(
  url: string,
  probe: Pick<Probe, "call">,
  { stack, page }: Pick<UploadsOrder, "stack" | "page">,
): ForeignBucket {
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
      return parseUploadSpot(answer.data) ?? `${url} gives no address for uploads, though it answers 200`;
    },
    async exists(key) {
      const answer = await call("objectExists", { key });
      return answer.ok ? answer.data.exists === true : answer.why;
    },
    async copies(key) {
      const toKey = `${key}-copy`;
      const copied = await call("copyObject", { fromKey: key, toKey, contentType: "text/plain" });
      if (!copied.ok) return `${url} does not copy files, as Scani does to keep them: ${copied.why}`;
      const there = await call("objectExists", { key: toKey });
      await call("deleteTempBlob", { key: toKey });
      if (!there.ok) return there.why;
      return there.data.exists === true ? undefined : `${url} copies files and does not find them again`;
    },
    async remove(key) {
      await call("deleteTempBlob", { key });
    },
    remedy: (cause) => ({
      why:
        cause === "cors"
          ? `Ask whoever runs the endpoint to allow PUT with the header Content-Type from ${page}. Then:`
          : "Ask whoever runs the endpoint; once it works again:",
      type: upCommand(stack),
    }),
  };
}

/**
 * Returns a managed bucket of the operator's own, called with the data-provider's keys.
 * @param environment the data-provider's, `NAME=value`
 */
export function managedBucket(
  environment: readonly string[],
  probe: Probe,
  { page, baseStack, caCertificate }: UploadsOrder,
): ForeignBucket {
  const bucket = bucketIn(environment);
  const publicEndpoint = valueIn(environment, "S3_PUBLIC_ENDPOINT");
  const inside = (key: string, method: HttpRequest["method"]) => signedAddress(bucket, { method, key }, validSeconds);
  const outside = (key: string, method: HttpRequest["method"]) =>
    signedAddress({ ...bucket, endpoint: publicEndpoint || bucket.endpoint }, { method, key }, validSeconds);
  const set = (name: SettingName) => setCommand(name, baseStack);
  return {
    async place() {
      const key = `temp/${folder}/${randomUUID()}.txt`;
      return { url: await outside(key, "PUT"), key, headers: { "content-type": "text/plain" } };
    },
    async exists(key) {
      const url = await inside(key, "HEAD");
      return probe.http({ method: "HEAD", url }).then(
        ({ status }) => status === 200 || `${originOf(url)} answers ${status}`,
        (error: unknown) => messageOf(error),
      );
    },
    async remove(key) {
      await fromHere(caCertificate)({ method: "DELETE", url: await outside(key, "DELETE") });
    },
    remedy: (cause) => {
      switch (cause) {
        case "cors":
          return {
            why: `Allow PUT with the header Content-Type from ${page} in the bucket's CORS rules. Then:`,
            type: upCommand(baseStack),
          };
        case "credentials":
          return { why: "Check the keys.", type: [set("S3_ACCESS_KEY_ID"), set("S3_SECRET_ACCESS_KEY")] };
        case "region":
          return { why: "Check the region.", type: set("S3_REGION") };
        case "bucket":
          return {
            why: "Check the bucket, and that S3_ENDPOINT and S3_PUBLIC_ENDPOINT are one server.",
            type: set("S3_BUCKET"),
          };
        default:
          return {
            why: "Check the address.",
            type: set(publicEndpoint === "" ? "S3_ENDPOINT" : "S3_PUBLIC_ENDPOINT"),
          };
      }
    },
  };
}
