import { z } from "zod";

/** One of the requests that are sent in turn. */
export interface LoadRequest {
  method: "GET" | "POST";
  /** Path and query, from the first slash on. */
  path: string;
  /** `{{n}}` in it becomes a number that no other request of the load has. */
  body?: string;
  headers?: Record<string, string>;
  /** Statuses that are a success; without it 200 to 299. */
  expectStatus?: number[];
}

/** Options of `startLoad`. */
export interface LoadOptions {
  /** Scheme, host and port, as `http://127.0.0.1:8080`; any host but a loopback one is refused. */
  url: string;
  /** Requests a second in all, half on kept connections and half on fresh ones: 2 to 500, default 100. */
  rate?: number;
  /** Seconds after the first request in which requests are sent; the load then ends by itself. */
  seconds: number;
  /** Sent in turn, each kind of connection going through all of them. */
  requests: LoadRequest[];
  /** Milliseconds after which an unanswered request has failed: default 10,000. */
  timeoutMs?: number;
}

/** Server the connections go to. */
export interface Target {
  /** Host name and port as the Host header has them. */
  host: string;
  hostname: string;
  port: number;
}

/** Valid options with defaults filled in; plain data, so that they can be passed to the worker thread. */
export interface CheckedOptions {
  target: Target;
  rate: number;
  seconds: number;
  requests: LoadRequest[];
  timeoutMs: number;
}

/** Loopback hosts; URL has already brought every spelling of an IPv4 address (127.1, 0x7f.1) into this form. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Text allowed in a header: autocannon copies it unchanged into the request, so a line break would start another
 * header.
 */
const headerText = z.string().regex(/^[\t\x20-\x7e]*$/, "must be printable ASCII");

const schema = z.object({
  url: z.string().transform(toTarget),
  rate: z.number().min(2).max(500).default(100),
  seconds: z
    .number()
    .positive()
    .max(24 * 3600),
  timeoutMs: z.number().int().positive().max(60_000).default(10_000),
  requests: z
    .array(
      z.strictObject({
        method: z.enum(["GET", "POST"]),
        path: z.string().regex(/^\/[\x21-\x7e]*$/, "must start with / and hold no space"),
        body: z.string().optional(),
        headers: z.record(z.string().regex(/^[\w-]+$/, "must be a header name"), headerText).optional(),
        expectStatus: z.array(z.number().int().min(200).max(599)).min(1).optional(),
      }),
    )
    .min(1),
});

/** Checks options and fills in defaults. @throws one Error that names every mistake */
export function checkOptions(options: LoadOptions): CheckedOptions {
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    throw new Error(`load: ${parsed.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`).join("; ")}`);
  }
  const { url: target, ...rest } = parsed.data;
  return { target, ...rest };
}

function toTarget(text: string, context: z.RefinementCtx): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const mistake = !url
    ? "is no URL"
    : url.protocol !== "http:"
      ? "must be http"
      : !LOOPBACK.test(url.hostname)
        ? `${url.hostname} is no loopback address; load is only ever sent to this machine`
        : url.href !== `${url.origin}/`
          ? "must be scheme, host and port only; paths go into requests"
          : undefined;
  if (!url || mistake) {
    context.addIssue({ code: "custom", message: mistake ?? "is no URL" });
    return z.NEVER;
  }
  return { host: url.host, hostname: url.hostname.replace(/[[\]]/g, ""), port: Number(url.port || 80) };
}
