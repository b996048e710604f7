import { createHash, randomUUID } from "node:crypto";
import type { Place } from "../../../../host/files/place";
import { FileStore, type Addresses } from "../../../../host/files/store";
import type { Transfer, TransferResult, Transfers } from "../../../../host/files/transfers";

/**
 * Fault of a fake store, by the call's name: `presignUpload`, `copyObject`, `PUT`, `GET` (`fetch` for a whole file), ….
 * It returns an HTTP status, or a part of the request's result.
 */
export type Misbehave = (call: string, key: string) => number | Partial<TransferResult> | undefined;

/** Bucket of a store that is used with its own keys. */
export const bucketName = "own-bucket";

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

/** Signal of work that nobody interrupts. */
export const uninterrupted = () => new AbortController().signal;

/** A successful result without content. */
export const plain: TransferResult = {
  status: 200,
  bytes: 0,
  body: "",
  file: "",
  md5: "",
  contentRange: "",
  contentLength: "",
  contentType: "",
  etag: "",
  exit: 0,
  error: "",
};

/** Result of an S3 server for a missing key. */
const noSuchKey: TransferResult = { ...plain, status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" };

/** A data-provider and its bucket, as curl reaches them; files are sent from a work folder shared with other stores. */
export class FakeStore {
  readonly objects = new Map<string, string>();
  /** Keys of all uploads, repeated ones included. */
  readonly puts: string[] = [];
  /** Names of all procedure calls. */
  readonly calls: string[] = [];
  /** Number of requests it got. */
  requests = 0;
  /** True when it answers batches of calls. */
  batches = true;
  /** Presigned addresses given out so far, for all lanes. */
  readonly addresses: Addresses = new Map();
  misbehave: Misbehave = () => undefined;
  /** Message of a failing call. */
  fault = "fault";
  /** Returns true to refuse a download of a whole file. */
  refuseFetch: () => boolean = () => false;
  /** Returns an object's ETag; some stores use checksums of parts. */
  etag = (content: string) => md5(content);

  /** Host of the addresses it signs for browsers. */
  browserTitle: string;

  constructor(readonly title: string) {
    this.browserTitle = title;
  }

  get place(): Place {
    return {
      id: this.title,
      title: this.title,
      hosted: true,
      url: `https://${this.title}`,
      key: "the-key",
    };
  }

  answer(request: Transfer, folder: Map<string, string>): TransferResult {
    this.requests += 1;
    const url = new URL(request.url);
    const [, path] = /^\/trpc\/(.+)$/.exec(url.pathname) ?? [];
    if (path !== undefined) {
      if (request.headers?.authorization !== "Bearer the-key") return { ...plain, status: 401, body: "{}" };
      const input = JSON.parse(request.body ?? url.searchParams.get("input") ?? "{}") as Record<string, string>;
      const names = path.split(",").map((name) => name.replace("storage.", ""));
      if (url.searchParams.get("batch") !== "1") {
        const [status, body] = this.procedure(path.replace("storage.", ""), input);
        return { ...plain, status, body: JSON.stringify(body) };
      }
      if (!this.batches) return { ...plain, status: 400, body: '{"error":{"message":"Batching is not enabled"}}' };
      const parts = names.map((name, index) => this.procedure(name, (input as unknown as (typeof input)[])[index]));
      const statuses = new Set(parts.map(([status]) => status));
      const status = statuses.size === 1 ? parts[0][0] : 207;
      return { ...plain, status, body: JSON.stringify(parts.map(([, body]) => body)) };
    }
    // Addresses signed by a data-provider contain only the key.
    const signed = url.pathname.replace(new RegExp(`^/${bucketName}/`), "/");
    const key = decodeURIComponent(signed.slice(1));
    const wrong =
      this.misbehave(request.send === undefined ? "GET" : "PUT", key) ??
      (request.save === undefined ? undefined : this.misbehave("fetch", key));
    if (wrong === 0) return { ...plain, status: 0, exit: 7, error: "no route to host" };
    if (wrong !== undefined) return { ...plain, ...(typeof wrong === "number" ? { status: wrong } : wrong) };
    if (request.send !== undefined) {
      this.objects.set(key, folder.get(request.send) ?? "");
      this.puts.push(key);
      return plain;
    }
    const content = this.objects.get(key);
    if (content === undefined) return request.save === undefined ? noSuchKey : { ...noSuchKey, body: "" };
    if (request.range !== undefined)
      return content === ""
        ? { ...plain, status: 416 }
        : { ...plain, status: 206, contentRange: `bytes 0-0/${content.length}`, etag: this.etag(content) };
    if (request.save !== undefined && this.refuseFetch()) return { ...plain, status: 403 };
    if (request.save !== undefined) folder.set(request.save, content);
    return { ...plain, bytes: content.length, file: request.save ?? "", md5: md5(content) };
  }

  /** Returns status and body of one call. */
  private procedure(name: string, input: Record<string, string>): [number, unknown] {
    this.calls.push(name);
    const wrong = this.misbehave(name, input.key ?? input.toKey ?? "");
    return typeof wrong !== "number"
      ? [200, { result: { data: this.call(name, input) } }]
      : [wrong, { error: { message: this.fault, data: { httpStatus: wrong } } }];
  }

  private call(name: string, input: Record<string, string>): unknown {
    switch (name) {
      case "presignDownload":
        return { url: `https://${this.browserTitle}/${encodeURIComponent(input.key)}` };
      case "presignUpload": {
        const key = `temp/carry/${randomUUID()}.bin`;
        return {
          uploadUrl: `https://${this.browserTitle}/${key}`,
          key,
          requiredHeaders: { "content-type": input.contentType },
        };
      }
      case "copyObject":
        this.objects.set(input.toKey, this.objects.get(input.fromKey) ?? "");
        return { ok: true };
      case "deleteTempBlob":
        this.objects.delete(input.key);
        return { ok: true };
      case "writeObject":
        this.objects.set(input.key, Buffer.from(input.base64, "base64").toString("utf8"));
        return { ok: true };
      case "readTempBlob":
        return { base64: Buffer.from(this.objects.get(input.key) ?? "").toString("base64") };
      case "objectExists":
        return { exists: this.objects.has(input.key) };
      default:
        throw new Error(`no such procedure: ${name}`);
    }
  }
}

/** Returns the stores of one lane on two fake ones. @param before called before each batch of requests */
export function lane(
  from: FakeStore,
  to: FakeStore,
  before: () => Promise<void> | void = () => undefined,
): { from: FileStore; to: FileStore } {
  const files = new Map<string, string>();
  const store = (fake: FakeStore): FileStore => {
    const transfers: Transfers = async (requests) => {
      if (requests.length > 0) await before();
      return requests.map((request) => fake.answer(inFolder(fake.title, request), files));
    };
    return new FileStore(fake.place, transfers, uninterrupted, fake.addresses);
  };
  return { from: store(from), to: store(to) };
}

/** Returns a request with its output file in a folder. */
export function inFolder(folder: string, request: Transfer): Transfer {
  return request.save === undefined ? request : { ...request, save: `${folder}/${request.save}` };
}

/** Parses the requests of a curl configuration, as `curlConfig` writes it. */
export function parseConfig(config: string): Transfer[] {
  return config.split("\nnext\n").map((part) => {
    const lines = part.split("\n").map((line) => /^([\w-]+) = (.*)$/.exec(line)?.slice(1) ?? []);
    const text = (word: string) => (word.startsWith('"') ? (JSON.parse(word) as string) : word);
    const value = (name: string): string | undefined => {
      const word = lines.find(([known]) => known === name)?.[1];
      return word === undefined ? undefined : text(word);
    };
    const headers = lines.filter(([name]) => name === "header").map(([, word]) => text(word).split(": "));
    const output = value("output");
    return {
      method: value("request") === "POST" ? "POST" : value("upload-file") === undefined ? "GET" : "PUT",
      url: value("url") ?? "",
      headers: Object.fromEntries(headers.map(([name, rest = ""]) => [name, rest])),
      body: value("data-raw"),
      range: value("range"),
      send: value("upload-file"),
      save: output?.startsWith("answer-") === true ? undefined : output,
    };
  });
}

/** Prints results as the script does. */
export function printed(requests: readonly Transfer[], results: readonly TransferResult[]): string {
  return results
    .flatMap((one, index) => [
      [
        "result " + index,
        one.status,
        one.bytes,
        one.contentRange,
        one.contentLength,
        one.contentType,
        one.etag,
        one.retryAfter ?? "",
        "",
      ].join("\t") + `\t${one.exit ?? 0}\t${one.error}`,
      ...(requests[index].save === undefined
        ? [`body ${index} ${Buffer.from(one.body).toString("base64")}`]
        : [`md5 ${one.md5}  ${requests[index].save}`]),
    ])
    .join("\n");
}
