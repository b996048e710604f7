import type { Heard } from "./call";

/** Why a data-provider cannot be used. */
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
  | "moved"
  | "failing"
  | "other-answer"
  | "not-data-provider"
  | "unknown";

/** Why a call did not come to an answer; one sentence for the operator. */
export interface Refusal {
  readonly ok: false;
  readonly cause: Cause;
  readonly why: string;
}

/** What a call to a data-provider came to. */
export type Answer = { readonly ok: true; readonly data: Readonly<Record<string, unknown>> } | Refusal;

/** What `ai.status` says about a data-provider. */
export type Judgement = { readonly ok: true; readonly aiImport: boolean } | Refusal;

/** What a call of `ai.status` to this address means. Pure. */
export function judge(url: string, heard: Heard): Judgement {
  const answer = answerOf(url, heard);
  return answer.ok ? { ok: true, aiImport: answer.data.hasAvailableProvider === true } : answer;
}

/** What any call to this address came to. Pure. */
export function answerOf(url: string, heard: Heard): Answer {
  return heard.exitCode === 0 ? judgeAnswer(url, heard) : { ok: false, ...judgeSilence(url, heard) };
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

function judgeSilence(url: string, { exitCode, connected, seconds, words }: Heard): { cause: Cause; why: string } {
  const host = URL.canParse(url) ? new URL(url).host : url;
  const time = `${Math.round(seconds)} s`;
  switch (exitCode) {
    case exit.resolve:
      return { cause: "name", why: `${host} does not resolve: ${tidy(words)}` };
    case exit.connect:
      return { cause: "connection", why: `${host} refuses the connection, or there is no way to it: ${tidy(words)}` };
    case exit.timeOut:
      return connected
        ? { cause: "slow", why: `${url} is too slow: it took the connection and had not answered after ${time}` }
        : { cause: "silence", why: `${host} cannot be reached: no connection within ${time}` };
    case exit.certificate:
    case exit.certificateOld:
      return judgeCertificate(url, words);
    // Signed by an authority that has the trusted one's name and not its key, as one has that was made anew.
    case exit.tls:
      return /rsa routines|signature/i.test(words)
        ? judgeCertificate(url, words)
        : { cause: "tls", why: `${url} does not speak TLS: ${tidy(words)}` };
    case exit.tooLarge:
    case exit.writing:
      return { cause: "not-data-provider", why: `${url} is no data-provider: its answer is far too large` };
    default:
      return {
        cause: "unknown",
        why: `${url} cannot be reached: ${tidy(words) || `the call could not be made (${exitCode})`}`,
      };
  }
}

function judgeCertificate(url: string, words: string): { cause: Cause; why: string } {
  if (/expired|not yet valid/.test(words))
    return { cause: "expired", why: `${url} shows a certificate that is out of date: ${tidy(words)}` };
  if (/subject name|does not match/.test(words))
    return { cause: "wrong-host", why: `${url} shows a certificate for another name: ${tidy(words)}` };
  return { cause: "untrusted", why: `${url} shows a certificate that is not trusted: ${tidy(words)}` };
}

function judgeAnswer(url: string, { status, body, location }: Heard): Answer {
  const said = wordsOf(body);
  const refused = (cause: Cause, why: string): Refusal => ({
    ok: false,
    cause,
    why: said === "" ? why : `${why}: ${said}`,
  });
  if (status === 401) return refused("key", `${url} refuses the key (401)`);
  if (status === 403) return refused("forbidden", `${url} forbids the call (403)`);
  if (status >= 300 && status < 400)
    return { ok: false, cause: "moved", why: `${url} sends the call elsewhere (${status}): ${tidy(location)}` };
  if (status >= 500) return refused("failing", `${url} fails by itself (${status})`);
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

/** An answer's own words: a tRPC error's message, a page's title, or its text. One line, 200 characters at most. */
function wordsOf(body: string): string {
  const answer = parsed(body);
  const message = answer?.error?.message ?? answer?.error?.json?.message ?? answer?.message ?? answer?.error;
  if (typeof message === "string") return tidy(message);
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1] ?? /<title[^>]*>([^<]*)/i.exec(body)?.[1];
  return tidy(title ?? body.replace(/<[^>]*>/g, " "));
}

// Somebody else's JSON: every step of the way may be missing.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function parsed(body: string): any {
  try {
    const value = JSON.parse(body);
    return Array.isArray(value) ? value[0] : value;
  } catch {
    return undefined;
  }
}

/** One line without control or formatting characters, so that nobody's answer can write on the operator's terminal. */
function tidy(words: string): string {
  return words
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, 200);
}
