import { isPrivateHost } from "../../settings";
import { messageOf } from "../../util/failure";
import type { Http, HttpAnswer } from "./http";

/** A place for one file in a bucket, and what a page would send there. */
export interface UploadPlace {
  /** Presigned address. */
  readonly url: string;
  /** Headers that have to be sent with the file. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What keeps a page from uploading. `why` is one sentence for the operator. */
export interface BucketProblem {
  readonly cause: "unreachable" | "cors" | "credentials" | "bucket" | "refused" | "failing";
  readonly why: string;
}

/** What is put there, and taken away again. */
export const sample = "Scani's preflight: may be deleted.\n";

/**
 * Asks a bucket what a browser would ask before and with an upload: whether it takes this page's PUT, and then the
 * file.
 * @param page origin of the page
 * @param here requests from this machine, as a browser's come from outside the engine
 * @param inside requests from within the release's networks, where this machine has no way out
 * @returns undefined when the file was taken
 */
export async function askBucket(
  { url, headers }: UploadPlace,
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
    // What only containers can resolve no browser reaches, though it answers there.
    return isPrivate(hostname) ? unreachable : through(inside).catch(() => unreachable);
  }
}

/** True for a name only the release's networks may know; an address of IPv6, which has no dot either, is none. Pure. */
export function isPrivate(hostname: string): boolean {
  return !hostname.startsWith("[") && isPrivateHost(hostname);
}

/**
 * Why a browser would not send a page's PUT, by the answer to its question; undefined when it would. Source: the Fetch
 * standard, CORS. Pure.
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
              .filter((name) => !unasked.has(name) && !has("access-control-allow-headers", name))
              .map((name) => `its answer does not name the header ${name}`)[0];
  return missing === undefined
    ? undefined
    : { cause: "cors", why: `${origin} does not let the page of ${page} put a file there (CORS): ${missing}` };
}

/** Headers a browser sends by itself, and asks nobody about. */
const unasked = new Set(["content-length", "host"]);

/** How servers say that they do not know a key, or that it is another. The last is Versity S3 Gateway's. */
const keyCodes: ReadonlySet<string> = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidToken",
  "ExpiredToken",
  "XAdminUserNotFound",
]);

/** Why a PUT was not taken; undefined when it was. Pure. */
export function putProblem({ status, body }: HttpAnswer, origin: string): BucketProblem | undefined {
  if (status >= 200 && status < 300) return undefined;
  const code = /<Code>([^<]+)<\/Code>/.exec(body)?.[1];
  const words = /<Message>([^<]+)<\/Message>/.exec(body)?.[1];
  const said = [code, words]
    .filter((part) => part !== undefined)
    .join(": ")
    .replace(/\s+/g, " ")
    .slice(0, 200);
  const cause =
    code === "NoSuchBucket"
      ? "bucket"
      : code !== undefined && keyCodes.has(code)
        ? "credentials"
        : status >= 500
          ? "failing"
          : "refused";
  return { cause, why: `${origin} does not take a file (${status})${said === "" ? "" : `: ${said}`}` };
}
