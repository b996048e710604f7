import { randomUUID } from "node:crypto";
import { z } from "zod";
import { procedure, type Router } from "./trpc";

/** Part of Bun's S3 file that is used here. */
interface S3File {
  presign(options: { method: string; expiresIn: number; type?: string }): string;
  arrayBuffer(): Promise<ArrayBuffer>;
  write(content: Uint8Array | ArrayBuffer, options?: { type: string }): Promise<number>;
  delete(): Promise<void>;
}

type S3Settings = Record<"accessKeyId" | "secretAccessKey" | "bucket" | "endpoint" | "region", string>;

/** Bun's own S3 client, as in Scani: its requests differ from other clients', which would work with other servers. */
const { S3Client } = (
  globalThis as unknown as { Bun: { S3Client: new (settings: S3Settings) => { file(key: string): S3File } } }
).Bun;

const PREFIX = /^[\w-]+(\/[\w-]+)*$/;
const EXTENSION = /^[A-Za-z0-9]{1,10}$/;
/** Errors for a missing file, as any S3 server words them. */
const MISSING = /NoSuchKey|specified key does not exist|\b404\b|\bnot found\b/i;
const [UPLOAD_SECONDS, DOWNLOAD_SECONDS, ASK_SECONDS, ASK_MS] = [900, 300, 60, 3000];
/** Characters of 256 KiB in base64. */
const MAX_WRITTEN = Math.ceil((256 * 1024 * 4) / 3);

/** The bucket the environment names. It is read at the first call, so that the service also runs without a bucket. */
export class Storage {
  private settings: (S3Settings & { publicEndpoint: string }) | undefined;

  constructor(private readonly env: NodeJS.ProcessEnv = process.env) {}

  presignUpload(options: {
    keyPrefix: string;
    extension: string;
    contentType: string;
    contentLength: number;
    ttlSeconds?: number;
  }) {
    const { keyPrefix, contentType, contentLength, ttlSeconds = UPLOAD_SECONDS } = options;
    const extension = options.extension.replace(/^\./, "");
    if (keyPrefix.length > 200 || !PREFIX.test(keyPrefix))
      throw new Error(`no prefix for a key: ${keyPrefix.slice(0, 64)}`);
    if (!EXTENSION.test(extension)) throw new Error(`no file extension: ${extension.slice(0, 16)}`);
    const key = `temp/${keyPrefix}/${randomUUID()}.${extension}`;
    return {
      uploadUrl: this.file(key, "public").presign({ method: "PUT", expiresIn: ttlSeconds, type: contentType }),
      key,
      expiresAt: new Date(Date.now() + ttlSeconds * 1000).toISOString(),
      requiredHeaders: { "content-type": contentType, "content-length": String(contentLength) },
    };
  }

  presignDownload(key: string, ttlSeconds = DOWNLOAD_SECONDS): string {
    return this.file(key, "public").presign({ method: "GET", expiresIn: ttlSeconds });
  }

  async exists(key: string): Promise<boolean> {
    const { status } = await this.ask(key, "HEAD");
    if (status === 200) return true;
    if (status === 403 || status === 404) return false;
    throw new Error(`the bucket answers ${status} for ${key}`);
  }

  async read(key: string): Promise<Buffer> {
    return Buffer.from(await this.file(key).arrayBuffer());
  }

  async readObject(key: string): Promise<{ found: boolean; base64: string; contentType: string }> {
    assertKey(key);
    const answer = await this.ask(key, "GET");
    if (answer.status === 403 || answer.status === 404) return { found: false, base64: "", contentType: "" };
    if (!answer.ok) throw new Error(`the bucket answers ${answer.status} for ${key}`);
    const contentType = answer.headers.get("content-type") ?? "application/octet-stream";
    return { found: true, base64: Buffer.from(await answer.arrayBuffer()).toString("base64"), contentType };
  }

  async write(key: string, content: Uint8Array, type: string): Promise<void> {
    assertKey(key);
    await this.file(key).write(content, { type });
  }

  async copy(from: string, to: string, type?: string): Promise<void> {
    assertKey(from);
    assertKey(to);
    const content = await this.file(from).arrayBuffer();
    await this.file(to).write(content, type === undefined ? undefined : { type });
  }

  async delete(key: string): Promise<void> {
    try {
      await this.file(key).delete();
    } catch (error) {
      if (!MISSING.test(error instanceof Error ? error.message : String(error))) throw error;
    }
  }

  /**
   * Checks that the bucket accepts these keys: it asks for a file that does not exist, and accepts 200, 403 and 404.
   */
  async health(): Promise<{ ok: true; latencyMs: number } | { ok: false; error: string }> {
    try {
      const began = performance.now();
      const { status } = await this.ask("__healthcheck__/nonexistent", "HEAD");
      if (![200, 403, 404].includes(status)) return { ok: false, error: `unexpected status ${status}` };
      return { ok: true, latencyMs: Math.round(performance.now() - began) };
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  }

  private ask(key: string, method: "HEAD" | "GET"): Promise<Response> {
    return fetch(this.file(key).presign({ method, expiresIn: ASK_SECONDS }), {
      method,
      signal: AbortSignal.timeout(ASK_MS),
    });
  }

  /** @param side `public` signs for the address a browser reaches */
  private file(key: string, side: "server" | "public" = "server"): S3File {
    const { publicEndpoint, ...settings } = (this.settings ??= this.readSettings());
    return new S3Client(side === "public" ? { ...settings, endpoint: publicEndpoint } : settings).file(key);
  }

  private readSettings(): S3Settings & { publicEndpoint: string } {
    const schema = z.object({
      S3_ACCESS_KEY_ID: z.string().min(1),
      S3_SECRET_ACCESS_KEY: z.string().min(1),
      S3_BUCKET: z.string().min(1),
      S3_ENDPOINT: z.url(),
      S3_PUBLIC_ENDPOINT: z.url().optional(),
      S3_REGION: z.string().optional(),
    });
    const found = schema.safeParse(this.env);
    if (!found.success)
      throw new Error(
        `object storage is not set up: ${found.error.issues.map(({ path }) => path.join(".")).join(", ")}`,
      );
    const { data } = found;
    return {
      accessKeyId: data.S3_ACCESS_KEY_ID,
      secretAccessKey: data.S3_SECRET_ACCESS_KEY,
      bucket: data.S3_BUCKET,
      endpoint: data.S3_ENDPOINT,
      publicEndpoint: data.S3_PUBLIC_ENDPOINT ?? data.S3_ENDPOINT,
      region: data.S3_REGION ?? "auto",
    };
  }
}

function assertKey(key: string): void {
  if (key === "" || key.length > 1024 || key.includes("..") || key.startsWith("/"))
    throw new Error(`no key: ${key.slice(0, 64)}`);
}

/** Returns the procedures that use the bucket. An error in one is answered with 500 and its message. */
export function storageRouter(storage: Storage): Router<void> {
  const key = z.object({ key: z.string() });
  return {
    "storage.presignUpload": procedure(
      "mutation",
      z.object({
        keyPrefix: z.string(),
        extension: z.string(),
        contentType: z.string(),
        contentLength: z.number(),
        ttlSeconds: z.number().optional(),
      }),
      (input) => storage.presignUpload(input),
    ),
    "storage.presignDownload": procedure(
      "query",
      z.object({ key: z.string(), ttlSeconds: z.number().optional() }),
      (input) => ({
        url: storage.presignDownload(input.key, input.ttlSeconds),
      }),
    ),
    "storage.objectExists": procedure("mutation", key, async (input) => ({ exists: await storage.exists(input.key) })),
    "storage.readTempBlob": procedure("mutation", key, async (input) => {
      const content = await storage.read(input.key);
      return { base64: content.toString("base64"), byteLength: content.byteLength };
    }),
    "storage.readObject": procedure("mutation", key, (input) => storage.readObject(input.key)),
    "storage.writeObject": procedure(
      "mutation",
      z.object({ key: z.string(), base64: z.string().max(MAX_WRITTEN), contentType: z.string() }),
      async (input) => {
        await storage.write(input.key, Buffer.from(input.base64, "base64"), input.contentType);
        return { ok: true };
      },
    ),
    "storage.copyObject": procedure(
      "mutation",
      z.object({ fromKey: z.string(), toKey: z.string(), contentType: z.string().optional() }),
      async (input) => {
        await storage.copy(input.fromKey, input.toKey, input.contentType);
        return { ok: true };
      },
    ),
    "storage.deleteTempBlob": procedure("mutation", key, async (input) => {
      await storage.delete(input.key);
      return { ok: true };
    }),
  };
}
