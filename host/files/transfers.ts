import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../engine/engine";
import { curlWord } from "../../util/curlWord";

/** One HTTP request of a batch. */
export interface Transfer {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of a POST. */
  readonly body?: string;
  /** Bytes asked for, as HTTP's `Range` words them: `0-0`. */
  readonly range?: string;
  /** File of the work folder the response is kept in. */
  readonly save?: string;
  /** File that is sent. */
  readonly send?: string;
  /** Seconds in which nothing need come, where the answer takes a while. */
  readonly stallSeconds?: number;
  /** Set for a request that must not be retried: the server may still be working on the first. */
  readonly once?: true;
}

/** An address as it is asked from inside the install. */
export interface Reached {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What came of a request. */
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
  /** Seconds after which it may be asked again, where the response says so. */
  readonly retryAfter?: number;
  /** curl's exit code, see its manual; undefined where it did not come to the request. */
  readonly exit?: number;
  /** Why there is no whole response; empty otherwise. */
  readonly error: string;
}

/**
 * Makes requests one after the other, over the same connections where that is possible. One result for each. What fails
 * for the moment is asked once more, of whoever is asked too much some times more.
 */
export type Transfers = (requests: readonly Transfer[]) => Promise<TransferResult[]>;

/** Seconds a connection may take, and in which a transfer must have moved `slowest` bytes a second. */
const [connectSeconds, usualStallSeconds, slowest] = [10, 30, 1_000];

/** curl's exit codes: the engine's disk does not take a response; nothing came for too long. */
export const [diskFull, timedOut] = [23, 28];

/** Milliseconds before what failed for the moment is asked again, and for which a response may want that to wait. */
const [retryDelay, longestDelay] = [1_000, 20_000];

/** Statuses of what may do well in a moment, as curl's own `--retry` has them. */
const passing = [408, 429, 500, 502, 503, 504];

/**
 * Statuses of whoever is asked too much, as S3's 503 SlowDown: it has not begun what it was asked for. It is asked again
 * as often as this, after twice as long each time, as S3's own clients do.
 */
const [throttling, mostThrottled] = [[429, 503], 4];

/** Requests in a row without any response after which the others are not made. */
const mostSilent = 2;

/** Largest body that is read, bytes. */
const longestBody = 256_000;

/** What curl writes of each transfer, with tabs between. */
const written = [
  "%{http_code}",
  "%{size_download}",
  "%header{content-range}",
  "%header{content-length}",
  "%header{content-type}",
  "%header{etag}",
  "%header{retry-after}",
  "%{exitcode}",
  "%{errormsg}",
].join("\\t");

/** File a response is in until it is printed. Pure. @param run that no other run of the folder has */
const answerFile = (run: number, index: number | string) => `answer-${run}-${index}`;

/**
 * Configuration of curl for some requests; holds what is secret in them, so it goes by standard input. Pure.
 * @param run number of the run, of the folder's
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
        // Storage that wants it has no use for being asked first.
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
 * Shell script that runs curl on a configuration from standard input in a work folder, and prints what came. The first
 * request without a whole response is the last that is made. Pure.
 */
export function curlScript(folder: string, requests: readonly Transfer[], run = 0): string {
  const answers = requests.flatMap(({ save }, index) => (save === undefined ? [index] : []));
  const answer = answerFile(run, "$n");
  const files = requests.flatMap(({ save }) => (save === undefined ? [] : [save]));
  return [
    `mkdir -p ${folder} && cd ${folder} && touch ../alive || exit`,
    // curl writes no file where there is nothing to write.
    `${files.map((file) => `: > ${file}; `).join("")}true`,
    "[ -f ../ca.pem ] && NODE_EXTRA_CA_CERTS=../ca.pem",
    // An option beside a configuration counts for its first request alone.
    'if [ -n "$NODE_EXTRA_CA_CERTS" ]; then export CURL_CA_BUNDLE="$NODE_EXTRA_CA_CERTS"; fi',
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
    const [status, bytes, contentRange, contentLength, contentType, etag, later, exit, error] =
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
      ...(/^\d+$/.test(later ?? "") ? { retryAfter: Number(later) } : {}),
      ...(exit === undefined ? {} : { exit: Number(exit) }),
      error: none || (exit === "0" ? "" : error || `curl ended with ${exit}`),
    };
  });
}

/**
 * Makes requests from inside a container, with the curl in it. What is not kept in files may be asked for side by side.
 * @param folder that no other requests use
 * @param delay milliseconds before what failed for the moment is asked again
 */
export function transfersFrom(engine: Engine, container: string, folder: string, delay = retryDelay): Transfers {
  let runs = 0;
  const run = async (requests: readonly Transfer[]): Promise<TransferResult[]> => {
    const number = runs++;
    const script = curlScript(folder, requests, number);
    const { output, errors } = await engine.capture(container, ["sh", "-c", script], [], curlConfig(requests, number));
    return parseTransfers(folder, requests, output === "" ? errors : output);
  };
  return async (requests) => {
    let results = await makeAll(requests, run);
    for (let time = 1; time <= mostThrottled; time += 1) {
      const again = [...results.keys()].filter((index) => mayPass(requests[index], results[index], time));
      if (again.length === 0) break;
      await pause(Math.max(delay * 2 ** (time - 1), ...again.map((index) => delayOf(results[index]))));
      const next = await makeAll(
        again.map((index) => requests[index]),
        run,
      );
      results = results.map((result, index) => next[again.indexOf(index)] ?? result);
    }
    return results;
  };
}

/** Makes requests until some in a row get no response: whoever is not there would be waited for at each of them. */
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

/** Results of the requests that were made; the others have none. */
function throughFirstFailure(results: readonly TransferResult[]): readonly TransferResult[] {
  const failure = results.findIndex(({ exit }) => exit !== 0);
  return failure === -1 ? results : results.slice(0, failure + 1);
}

/**
 * Whether a request may do well in a moment. What nothing came of for long has had its time.
 * @param time how often it has been made
 */
function mayPass({ once }: Transfer, result: TransferResult, time: number): boolean {
  const { exit, status } = result;
  if (exit === timedOut || exit === diskFull || delayOf(result) > longestDelay) return false;
  if (exit === 0 && throttling.includes(status)) return true;
  return once !== true && time === 1 && (exit !== 0 || passing.includes(status));
}

/** Milliseconds a response wants whoever asked to wait. */
function delayOf({ retryAfter = 0 }: TransferResult): number {
  return retryAfter * 1000;
}
