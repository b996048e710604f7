import type { CallResult } from "./call";

/** Reason why a data-provider cannot be used. */
export type Cause =
  | "name"
  | "connection"
  | "silence"
  | "untrusted"
  | "expired"
  | "wrong-host"
  | "tls"
  | "slow"
  | "key"
  | "forbidden"
  | "quota"
  | "moved"
  | "failing"
  | "other-answer"
  | "not-data-provider"
  | "unknown";

/** Failure of a call. `why` is one sentence for the operator. */
export interface Refusal {
  readonly ok: false;
  readonly cause: Cause;
  readonly why: string;
}

/** Verdict on the result of a call to a data-provider. */
export type Answer = { readonly ok: true; readonly data: Readonly<Record<string, unknown>> } | Refusal;

/** Classifies the result of any call. Pure. */
export function answerOf(url: string, result: CallResult): Answer {
  return result.exitCode === 0 ? classifyAnswer(url, result) : { ok: false, ...classifyFailure(url, result) };
}

/** curl's exit codes, see its manual. */
const exit = {
  resolve: 6,
  connect: 7,
  timeOut: 28,
  tls: 35,
  certificateOld: 51,
  certificate: 60,
  tooLarge: 63,
  writing: 23,
} as const;

function classifyFailure(
  url: string,
  { exitCode, connected, seconds, message }: CallResult,
): { cause: Cause; why: string } {
  const host = URL.canParse(url) ? new URL(url).host : url;
  const time = `${Math.round(seconds)} s`;
  switch (exitCode) {
    case exit.resolve:
      return { cause: "name", why: `${host} does not resolve: ${singleLine(message)}` };
    case exit.connect:
      return {
        cause: "connection",
        why: `${host} refuses the connection, or there is no way to it: ${singleLine(message)}`,
      };
    case exit.timeOut:
      return connected
        ? { cause: "slow", why: `${url} is too slow: it took the connection and had not answered after ${time}` }
        : { cause: "silence", why: `${host} cannot be reached: no connection within ${time}` };
    case exit.certificate:
    case exit.certificateOld:
      return classifyCertificate(url, message);
    // The issuer has a trusted authority's name but another key, as when that authority was created again.
    case exit.tls:
      return /rsa routines|signature/i.test(message)
        ? classifyCertificate(url, message)
        : { cause: "tls", why: `${url} does not speak TLS: ${singleLine(message)}` };
    case exit.tooLarge:
    case exit.writing:
      return { cause: "not-data-provider", why: `${url} is no data-provider: its answer is far too large` };
    default:
      return {
        cause: "unknown",
        why: `${url} cannot be reached: ${singleLine(message) || `the call could not be made (${exitCode})`}`,
      };
  }
}

function classifyCertificate(url: string, message: string): { cause: Cause; why: string } {
  if (/expired|not yet valid/.test(message))
    return { cause: "expired", why: `${url} shows a certificate that is out of date: ${singleLine(message)}` };
  if (/subject name|does not match/.test(message))
    return { cause: "wrong-host", why: `${url} shows a certificate for another name: ${singleLine(message)}` };
  return { cause: "untrusted", why: `${url} shows a certificate that is not trusted: ${singleLine(message)}` };
}

function classifyAnswer(url: string, { status, body, location }: CallResult): Answer {
  const message = messageIn(body);
  const refused = (cause: Cause, why: string): Refusal => ({
    ok: false,
    cause,
    why: message === "" ? why : `${why}: ${message}`,
  });
  if (status === 401) return refused("key", `${url} refuses the key (401)`);
  const quota = status === 403 ? /^quota_exceeded.*?(\d+)s/.exec(message)?.[1] : undefined;
  if (quota !== undefined)
    return {
      ok: false,
      cause: "quota",
      why: `${url} allows this key no more calls for ${Math.ceil(Number(quota) / 60)} minutes (quota_exceeded)`,
    };
  if (status === 403) return refused("forbidden", `${url} forbids the call (403)`);
  if (status >= 300 && status < 400)
    return { ok: false, cause: "moved", why: `${url} redirects the call (${status}) to ${singleLine(location)}` };
  if (status >= 500) return refused("failing", `${url} returned a server error (${status})`);
  if (status === 404) return refused("not-data-provider", `${url} is no data-provider (404)`);
  if (status !== 200) return refused("other-answer", `${url} answers ${status}`);
  const data = dataOf(body);
  if (data === undefined) return refused("not-data-provider", `${url} is no data-provider, though it answers 200`);
  return { ok: true, data };
}

function dataOf(body: string): Record<string, unknown> | undefined {
  const data = parsed(body)?.result?.data;
  return typeof data === "object" && data !== null ? data : undefined;
}

/** Returns the message in a response: a tRPC error's, a page's title, or its text. One line, 200 characters at most. */
function messageIn(body: string): string {
  const answer = parsed(body);
  const message = answer?.error?.message ?? answer?.error?.json?.message ?? answer?.message ?? answer?.error;
  if (typeof message === "string") return singleLine(message);
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1] ?? /<title[^>]*>([^<]*)/i.exec(body)?.[1];
  return singleLine(title ?? body.replace(/<[^>]*>/g, " "));
}

// Somebody else's JSON, any part of which may be missing.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function parsed(body: string): any {
  try {
    const value = JSON.parse(body);
    return Array.isArray(value) ? value[0] : value;
  } catch {
    return undefined;
  }
}

/** Makes one line without control or formatting characters, so that no response can write on the operator's terminal. */
function singleLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, 200);
}
