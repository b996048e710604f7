import { setTimeout as pause } from "node:timers/promises";
import { interruption } from "../engine/containers/ready";
import type { Engine } from "../engine/engine";
import { curlTrust } from "../install/services/releaseVariables";
import { curlWord } from "../../util/curlWord";

/** One HTTP request of a batch. */
export interface Transfer {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of a POST. */
  readonly body?: string;
  /** Requested bytes, as in HTTP's `Range`: `0-0`. */
  readonly range?: string;
  /** File of the work folder to keep the response in. */
  readonly save?: string;
  /** File to send. */
  readonly send?: string;
  /** Seconds without data before it counts as stalled, where the answer takes a while. */
  readonly stallSeconds?: number;
  /** Set for a request that must not be retried: the server may still be working on the first. */
  readonly once?: true;
}

/** An address as requested from inside the install. */
export interface Reached {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Result of a request. */
export interface TransferResult {
  /** HTTP status; 0 without a response. */
  readonly status: number;
  /** Bytes of the response's body. */
  readonly bytes: number;
  /** The response's body; empty where it was kept in a file. */
  readonly body: string;
  /** Path of the file the response was kept in, and its MD5, hexadecimal; both empty without one. */
  readonly file: string;
  readonly md5: string;
  readonly contentRange: string;
  readonly contentLength: string;
  readonly contentType: string;
  readonly etag: string;
  /** Seconds after which it may be retried, where the response gives them. */
  readonly retryAfter?: number;
  /** curl's exit code, see its manual; undefined where curl did not get to the request. */
  readonly exit?: number;
  /** Reason there is no whole response; empty otherwise. */
  readonly error: string;
}

/**
 * Function that makes requests one after the other, over the same connections where possible, with one result for each.
 * A temporary failure is retried once, that of an overloaded server a few times.
 */
export type Transfers = (requests: readonly Transfer[]) => Promise<TransferResult[]>;

/** Least bytes a second of a transfer. */
export const slowest = 1_000;

/** Seconds a connection may take, and seconds a transfer may be slower than that. */
const [connectSeconds, usualStallSeconds] = [10, 30];

/** curl's exit codes for a response the engine's disk does not take, and for a transfer that stalled for too long. */
export const [diskFull, timedOut] = [23, 28];

/** Milliseconds before a temporary failure is retried, and the longest delay before that a response may ask for. */
export const retryDelay = 1_000;
const longestDelay = 60_000;

/** Statuses of temporary failures, as in curl's own `--retry`. */
const passing = [408, 429, 500, 502, 503, 504];

/**
 * Statuses of an overloaded server, such as S3's 503 SlowDown, which has not begun the request; and the number of
 * retries, each after twice the delay, as S3's own clients do.
 */
export const throttling: readonly number[] = [429, 503];
const mostThrottled = 4;

/** Requests in a row without any response after which the others are not made. */
const mostSilent = 2;

/** Largest body that is read, bytes. */
const longestBody = 256_000;

/** Fields curl writes for each transfer, separated by tabs. */
const written = [
  "%{http_code}",
  "%{size_download}",
  "%header{content-range}",
  "%header{content-length}",
  "%header{content-type}",
  "%header{etag}",
  "%header{retry-after}",
  "%header{date}",
  "%{exitcode}",
  "%{errormsg}",
].join("\\t");

/** Returns the file that holds a response until it is printed. Pure. @param run unique in the folder */
const answerFile = (run: number, index: number | string) => `answer-${run}-${index}`;

/**
 * Returns curl's configuration for some requests. It holds their secrets, so it goes by standard input. Pure.
 * @param run number of the run, unique in the folder
 */
export function curlConfig(requests: readonly Transfer[], run = 0): string {
  return requests
    .map((request, index) => {
      const { method, url, headers = {}, body, range, save, send, stallSeconds = usualStallSeconds } = request;
      return [
        `url = ${curlWord(url)}`,
        "globoff",
        "silent",
        "path-as-is",
        ...(method === "GET" || send !== undefined ? [] : [`request = ${method}`]),
        ...Object.entries(headers).map(([name, value]) => `header = ${curlWord(`${name}: ${value}`)}`),
        ...(body === undefined ? [] : [`data-raw = ${curlWord(body)}`]),
        ...(range === undefined ? [] : [`range = ${range}`]),
        // Send no `Expect: 100-continue`: storage that wants the file gains nothing from being asked first.
        ...(send === undefined ? [] : [`upload-file = ${curlWord(send)}`, 'header = "Expect:"']),
        `output = ${curlWord(save ?? answerFile(run, index))}`,
        `connect-timeout = ${connectSeconds}`,
        `speed-limit = ${slowest}`,
        `speed-time = ${Math.ceil(stallSeconds)}`,
        `write-out = ${curlWord(`result ${index}\t`).slice(0, -1)}${written}\\n"`,
      ].join("\n");
    })
    .join("\nnext\n");
}

/**
 * Returns the shell script that runs curl in a work folder, on a configuration from standard input, and prints the
 * results. The first request without a whole response is the last that is made. Pure.
 */
export function curlScript(folder: string, requests: readonly Transfer[], run = 0): string {
  const answers = requests.flatMap(({ save }, index) => (save === undefined ? [index] : []));
  const answer = answerFile(run, "$n");
  const files = requests.flatMap(({ save }) => (save === undefined ? [] : [save]));
  return [
    `mkdir -p ${folder} && cd ${folder} && touch ../alive || exit`,
    // curl writes no file for an empty response.
    `${files.map((file) => `: > ${file}; `).join("")}true`,
    "[ -f ../ca.pem ] && NODE_EXTRA_CA_CERTS=../ca.pem",
    curlTrust,
    'curl --fail-early -K -; echo "exit $?"',
    ...(answers.length === 0
      ? []
      : [
          `for n in ${answers.join(" ")}; do if [ -f ${answer} ]; then echo "body $n $(head -c ${longestBody} ${answer} | base64 | tr -d '\\n')"; fi; done`,
          `rm -f ${answerFile(run, "*")}`,
        ]),
    ...(files.length === 0 ? [] : [`md5sum ${files.join(" ")} 2>/dev/null | sed 's/^/md5 /'`]),
    "true",
  ].join("\n");
}

/** Parses the script's output. Pure. */
export function parseTransfers(folder: string, requests: readonly Transfer[], output: string): TransferResult[] {
  const lines = output.split("\n");
  const bodies = new Map<number, string>();
  const sums = new Map<string, string>();
  const results = new Map<number, readonly string[]>();
  for (const line of lines) {
    const [, body, encoded] = /^body (\d+) (.*)$/.exec(line) ?? [];
    if (body !== undefined) bodies.set(Number(body), Buffer.from(encoded ?? "", "base64").toString("utf8"));
    const [, sum, file] = /^md5 ([0-9a-f]{32})\s+\*?(.+)$/.exec(line) ?? [];
    if (sum !== undefined) sums.set(file ?? "", sum);
    const [, index, rest] = /^result (\d+)\t(.*)$/.exec(line) ?? [];
    if (index !== undefined) results.set(Number(index), (rest ?? "").split("\t"));
  }
  const failure = lines.find((line) => line !== "") ?? "curl printed nothing";
  return requests.map(({ save }, index) => {
    const [status, bytes, contentRange, contentLength, contentType, etag, later, date, exit, error] =
      results.get(index) ?? [];
    const none = results.has(index) ? "" : failure;
    return {
      status: Number(status ?? 0),
      bytes: Number(bytes ?? 0),
      file: save === undefined ? "" : `${folder}/${save}`,
      body: bodies.get(index) ?? "",
      md5: (save !== undefined && sums.get(save)) || "",
      contentRange: contentRange ?? "",
      contentLength: contentLength ?? "",
      contentType: contentType ?? "",
      etag: (etag ?? "").replace(/^W\/|"/g, ""),
      retryAfter: secondsUntil(later, date),
      ...(exit === undefined ? {} : { exit: Number(exit) }),
      error: none || (exit === "0" ? "" : error || `curl ended with ${exit}`),
    };
  });
}

/**
 * Returns the seconds a response asks to wait, which it gives as a number or as a time by the clock of its `Date`;
 * undefined where it asks for none. Source: RFC 9110, 10.2.3. Pure.
 */
function secondsUntil(later = "", date = ""): number | undefined {
  const seconds = /^\d+$/.test(later) ? Number(later) : (Date.parse(later) - Date.parse(date)) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/**
 * Makes requests from inside a container, with its curl. Those that keep no files may run concurrently.
 * @param folder that no other requests use
 * @param signal ends the wait before a retry
 * @param delay milliseconds before a temporary failure is retried
 */
export function transfersFrom(
  engine: Engine,
  container: string,
  folder: string,
  signal: CurrentSignal,
  delay = retryDelay,
): Transfers {
  let runs = 0;
  const run = async (requests: readonly Transfer[]): Promise<TransferResult[]> => {
    const number = runs++;
    const script = curlScript(folder, requests, number);
    const { output, errors } = await engine.capture(container, ["sh", "-c", script], [], curlConfig(requests, number));
    return parseTransfers(folder, requests, output === "" ? errors : output);
  };
  return (requests) =>
    withRetries<Transfer, TransferResult>(
      requests,
      (some) => makeAll(some, run),
      { mayPass, delayOf },
      delay,
      signal(),
    );
}

/** Returns the signal of the work that makes requests just now: stores are kept, and their work changes. */
export type CurrentSignal = () => AbortSignal;

/** Decisions about retries. */
interface Retrying<Q, R> {
  /** True where a retry may succeed. @param time number of times it has been made */
  mayPass(request: Q, result: R, time: number): boolean;
  /** Returns the least milliseconds to wait before that. */
  delayOf(result: R): number;
}

/**
 * Makes requests, and those that may succeed then once more and again, each time after twice the delay.
 * @param delay milliseconds before the first retry
 * @param signal ends the wait for it @throws OperatorError then
 */
export async function withRetries<Q, R>(
  requests: readonly Q[],
  make: (requests: readonly Q[]) => Promise<R[]>,
  { mayPass, delayOf }: Retrying<Q, R>,
  delay: number,
  signal: AbortSignal,
): Promise<R[]> {
  let results = await make(requests);
  for (let time = 1; time <= mostThrottled; time += 1) {
    const again = [...results.keys()].filter((index) => mayPass(requests[index], results[index], time));
    if (again.length === 0) break;
    const wait = Math.max(delay * 2 ** (time - 1), ...again.map((index) => delayOf(results[index])));
    await pause(wait, undefined, { signal }).catch(() => {
      throw interruption(signal);
    });
    const next = await make(again.map((index) => requests[index]));
    results = results.map((result, index) => next[again.indexOf(index)] ?? result);
  }
  return results;
}

/**
 * Describes an overloaded server that asks to be left alone for longer than `up` waits; undefined for any other result.
 * Pure.
 */
export function busyFor(result: Pick<TransferResult, "status" | "retryAfter">): string | undefined {
  const { status } = result;
  if (!throttling.includes(status) || delayOf(result) <= longestDelay) return undefined;
  return `takes no more requests for ${Math.ceil(delayOf(result) / 60_000)} minutes (${status})`;
}

/** Makes requests until some in a row get no response: each further one would wait for a server that is not there. */
async function makeAll(requests: readonly Transfer[], run: Transfers): Promise<TransferResult[]> {
  const results: TransferResult[] = [];
  for (let silent = 0; results.length < requests.length && silent < mostSilent;) {
    const made = throughFirstFailure(await run(requests.slice(results.length)));
    silent = made.at(-1)?.status !== 0 ? 0 : made.length === 1 ? silent + 1 : 1;
    results.push(...made);
  }
  const last = results.at(-1) as TransferResult;
  return requests.map((_, index) => results[index] ?? last);
}

/** Returns the results of the requests that were made; there are none after the first failure. */
function throughFirstFailure(results: readonly TransferResult[]): readonly TransferResult[] {
  const failure = results.findIndex(({ exit }) => exit !== 0);
  return failure === -1 ? results : results.slice(0, failure + 1);
}

/**
 * True where a retry may succeed. A request that stalled for long has had its time.
 * @param time number of times it has been made
 */
function mayPass({ once }: Transfer, result: TransferResult, time: number): boolean {
  const { exit, status } = result;
  if (exit === timedOut || exit === diskFull || delayOf(result) > longestDelay) return false;
  if (exit === 0 && throttling.includes(status)) return true;
  return once !== true && time === 1 && (exit !== 0 || passing.includes(status));
}

/** Returns the milliseconds a response asks to wait. */
function delayOf({ retryAfter = 0 }: Pick<TransferResult, "retryAfter">): number {
  return retryAfter * 1000;
}
