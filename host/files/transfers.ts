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
  /** File of the work folder that is sent. */
  readonly send?: string;
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
  /** MD5 of the file the response was kept in, hexadecimal; empty without one. */
  readonly md5: string;
  readonly contentRange: string;
  readonly contentLength: string;
  readonly contentType: string;
  readonly etag: string;
  /** Why there is no whole response; empty otherwise. */
  readonly error: string;
}

/** Makes requests one after the other, over the same connections where that is possible. One result for each. */
export type Transfers = (requests: readonly Transfer[]) => Promise<TransferResult[]>;

/** Seconds a connection may take, and in which a transfer must have moved `slowest` bytes a second. */
const [connectSeconds, stallSeconds, slowest] = [10, 30, 1_000];

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
  "%{exitcode}",
  "%{errormsg}",
].join("\\t");

/** Configuration of curl for some requests; holds what is secret in them, so it goes by standard input. Pure. */
export function curlConfig(requests: readonly Transfer[]): string {
  return requests
    .map((request, index) => {
      const { method, url, headers = {}, body, range, save, send } = request;
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
        `output = ${curlWord(save ?? `answer-${index}`)}`,
        `connect-timeout = ${connectSeconds}`,
        `speed-limit = ${slowest}`,
        `speed-time = ${stallSeconds}`,
        "retry = 2",
        "retry-delay = 1",
        `write-out = ${curlWord(`result ${index}\t`).slice(0, -1)}${written}\\n"`,
      ].join("\n");
    })
    .join("\nnext\n");
}

/** Shell script that runs curl on a configuration from standard input in a work folder, and prints what came. Pure. */
export function curlScript(folder: string, requests: readonly Transfer[]): string {
  const answers = requests.flatMap(({ save }, index) => (save === undefined ? [index] : []));
  const files = requests.flatMap(({ save }) => (save === undefined ? [] : [save]));
  return [
    `mkdir -p ${folder} && cd ${folder} && touch ../alive || exit`,
    // curl writes no file where there is nothing to write.
    `rm -f answer-*; ${files.map((file) => `: > ${file}; `).join("")}true`,
    "[ -f ../ca.pem ] && NODE_EXTRA_CA_CERTS=../ca.pem",
    // An option beside a configuration counts for its first request alone.
    'if [ -n "$NODE_EXTRA_CA_CERTS" ]; then export CURL_CA_BUNDLE="$NODE_EXTRA_CA_CERTS"; fi',
    'curl -K -; echo "exit $?"',
    ...(answers.length === 0
      ? []
      : [
          `for n in ${answers.join(" ")}; do if [ -f answer-$n ]; then echo "body $n $(head -c ${longestBody} answer-$n | base64 | tr -d '\\n')"; fi; done`,
        ]),
    ...(files.length === 0 ? [] : [`md5sum ${files.join(" ")} 2>/dev/null | sed 's/^/md5 /'`]),
    "true",
  ].join("\n");
}

/** Parses the script's output. Pure. */
export function parseTransfers(output: string, requests: readonly Transfer[]): TransferResult[] {
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
    const [status, bytes, contentRange, contentLength, contentType, etag, exit, error] = results.get(index) ?? [];
    const none = results.has(index) ? "" : failure;
    return {
      status: Number(status ?? 0),
      bytes: Number(bytes ?? 0),
      body: bodies.get(index) ?? "",
      md5: (save !== undefined && sums.get(save)) || "",
      contentRange: contentRange ?? "",
      contentLength: contentLength ?? "",
      contentType: contentType ?? "",
      etag: (etag ?? "").replace(/^W\/|"/g, ""),
      error: none || (exit === "0" ? "" : error || `curl ended with ${exit}`),
    };
  });
}

/** Makes requests from inside a container, with the curl in it. @param folder that no other requests use */
export function transfersFrom(engine: Engine, container: string, folder: string): Transfers {
  return async (requests) => {
    if (requests.length === 0) return [];
    const script = curlScript(folder, requests);
    const { output, errors } = await engine.capture(container, ["sh", "-c", script], [], curlConfig(requests));
    return parseTransfers(output === "" ? errors : output, requests);
  };
}
