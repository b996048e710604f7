import { refusalIn } from "../install/storage/bucket";
import { isPrivateHost } from "../../settings";
import type { UploadSpot } from "../scani/cloud/uploadSpot";
import { messageOf } from "../../util/operatorError";
import type { Http, HttpAnswer } from "./http";

/** Reason why a page could not upload. `why` is one sentence for the operator. */
export interface BucketProblem {
  readonly cause: "unreachable" | "cors" | "credentials" | "region" | "bucket" | "refused" | "failing";
  readonly why: string;
}

/** Contents of the file that is uploaded and removed again. */
export const sample = "Scani's preflight: may be deleted.\n";

/**
 * Sends a bucket the requests a browser would send for an upload: the CORS preflight, then the PUT.
 * @param page origin of the page
 * @param here requests from this machine, as a browser's come from outside the engine
 * @param inside requests from within the release's networks, used where this machine cannot reach the bucket
 * @returns undefined when the file was accepted
 */
export async function askBucket(
  { url, headers }: Pick<UploadSpot, "url" | "headers">,
  page: string,
  here: Http,
  inside: Http,
): Promise<BucketProblem | undefined> {
  const { origin, hostname } = new URL(url);
  const asking = {
    method: "OPTIONS",
    url,
    headers: {
      origin: page,
      "access-control-request-method": "PUT",
      "access-control-request-headers": Object.keys(headers).join(","),
    },
  } as const;
  const putting = { method: "PUT", url, headers: { origin: page, ...headers }, body: sample } as const;
  const through = async (http: Http): Promise<BucketProblem | undefined> => {
    const cors = origin === page ? undefined : corsProblem(await http(asking), origin, page, Object.keys(headers));
    return cors ?? putProblem(await http(putting), origin);
  };
  try {
    return await through(here);
  } catch (error) {
    const unreachable: BucketProblem = {
      cause: "unreachable",
      why: `${origin} cannot be reached from this machine: ${messageOf(error)}`,
    };
    // A name that only containers can resolve answers inside, but no browser reaches it.
    return isPrivate(hostname) ? unreachable : through(inside).catch(() => unreachable);
  }
}

/** True for a name only the release's networks may resolve; not for an IPv6 address, which has no dot either. Pure. */
export function isPrivate(hostname: string): boolean {
  return !hostname.startsWith("[") && isPrivateHost(hostname);
}

/**
 * Returns why a browser would not send a page's PUT after this response to its CORS preflight; undefined when it would.
 * Source: the Fetch standard. Pure.
 */
export function corsProblem(
  answer: HttpAnswer,
  origin: string,
  page: string,
  headers: readonly string[],
): BucketProblem | undefined {
  const list = (name: string) =>
    (answer.headers[name] ?? "")
      .toLowerCase()
      .split(",")
      .map((word) => word.trim());
  const has = (name: string, wanted: string) => ["*", wanted.toLowerCase()].some((word) => list(name).includes(word));
  const missing =
    answer.status < 200 || answer.status > 299
      ? `it answers ${answer.status}`
      : !has("access-control-allow-origin", page)
        ? "its answer does not name that origin"
        : !has("access-control-allow-methods", "put")
          ? "its answer does not name PUT"
          : headers
              .map((name) => name.toLowerCase())
              .filter((name) => !browserHeaders.has(name) && !has("access-control-allow-headers", name))
              .map((name) => `its answer does not name the header ${name}`)[0];
  return missing === undefined
    ? undefined
    : { cause: "cors", why: `${origin} does not allow uploads from the page at ${page} (CORS): ${missing}` };
}

/** Headers a browser sets itself, which CORS does not cover. */
const browserHeaders = new Set(["content-length", "host"]);

/** Error codes for an unknown or wrong key. The last is Versity S3 Gateway's. */
const keyCodes: ReadonlySet<string> = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidToken",
  "ExpiredToken",
  "XAdminUserNotFound",
]);

/** Returns why a PUT was refused; undefined when it was accepted. Pure. */
export function putProblem({ status, body }: HttpAnswer, origin: string): BucketProblem | undefined {
  if (status >= 200 && status < 300) return undefined;
  const { code, words } = refusalIn(body);
  const cause =
    code === "NoSuchBucket"
      ? "bucket"
      : /\bregion\b.*\b(wrong|expect)/i.test(words)
        ? "region"
        : code !== undefined && keyCodes.has(code)
          ? "credentials"
          : status >= 500
            ? "failing"
            : "refused";
  return { cause, why: `${origin} refuses the file (${status})${words === "" ? "" : `: ${words}`}` };
}
