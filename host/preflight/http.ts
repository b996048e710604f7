import type { Engine } from "../engine/engine";
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { text } from "node:stream/consumers";
import { rootCertificates } from "node:tls";

/** A request as a browser would make it. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Function that makes a request from somewhere. @throws Error that says why there is no response */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

/** Seconds a response may take. */
const answerSeconds = 5;

/**
 * Returns a function that makes requests from this machine.
 * @param caCertificate of a private authority, PEM, trusted besides the public ones
 */
export function fromHere(caCertificate?: string): Http {
  return ({ method, url, headers = {}, body = "" }) =>
    new Promise((resolve, reject) => {
      const secured = url.startsWith("https:");
      const sent = (secured ? secure : plain)(
        url,
        {
          method,
          headers: { ...headers, ...(method === "PUT" ? { "content-length": Buffer.byteLength(body) } : {}) },
          signal: AbortSignal.timeout(answerSeconds * 1000),
          ...(secured && caCertificate !== undefined ? { ca: [...rootCertificates, caCertificate] } : {}),
        },
        (answer) => {
          text(answer).then(
            (read) => resolve({ status: answer.statusCode ?? 0, headers: oneOfEach(answer.headers), body: read }),
            reject,
          );
        },
      );
      sent.on("error", (error: NodeJS.ErrnoException) =>
        reject(
          new Error(
            // After several addresses failed, Node's error has a code but no message.
            error.name === "AbortError" || error.name === "TimeoutError"
              ? `no answer within ${answerSeconds} s`
              : error.message || error.code,
          ),
        ),
      );
      sent.end(method === "PUT" ? body : undefined);
    });
}

function oneOfEach(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

/**
 * Returns a function that makes requests from inside a container, with the curl in it.
 * @param prepare shell lines that run first, and may set NODE_EXTRA_CA_CERTS to an authority's certificate
 * @param environment `NAME=value`, for those lines
 */
export function fromContainer(
  engine: Engine,
  container: string,
  prepare: string,
  environment: readonly string[],
): Http {
  return async ({ method, url, headers = {}, body = "" }) => {
    const words = [
      "-sS",
      "-i",
      "--max-time",
      String(answerSeconds),
      ...(method === "HEAD" ? ["--head"] : ["-X", method]),
      ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
      ...(method === "PUT" ? ["--data-binary", body] : []),
      url,
    ];
    const script = `${prepare}\nexec curl \${NODE_EXTRA_CA_CERTS:+--cacert "$NODE_EXTRA_CA_CERTS"} "$@"`;
    const { exitCode, output, errors } = await engine.capture(
      container,
      ["sh", "-c", script, "curl", ...words],
      environment,
    );
    if (exitCode !== 0) throw new Error(errors.replace(/^curl: \(\d+\) /, "") || `curl ended with ${exitCode}`);
    return parseAnswer(output);
  };
}

/** Parses the output of `curl -i`, skipping interim responses (100). Pure. */
export function parseAnswer(output: string): HttpAnswer {
  let rest = output.replace(/\r\n/g, "\n");
  for (;;) {
    const end = rest.indexOf("\n\n");
    const head = (end < 0 ? rest : rest.slice(0, end)).split("\n");
    const body = end < 0 ? "" : rest.slice(end + 2);
    const status = Number(/^HTTP\/\S+ (\d{3})/.exec(head[0] ?? "")?.[1] ?? 0);
    if (status >= 100 && status < 200 && body !== "") {
      rest = body;
      continue;
    }
    const headers = head.slice(1).flatMap((line) => {
      const at = line.indexOf(":");
      return at < 1 ? [] : [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]];
    });
    return { status, headers: Object.fromEntries(headers), body };
  }
}
