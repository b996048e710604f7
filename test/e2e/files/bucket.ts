import { AwsClient } from "aws4fetch";

/** A bucket as this machine reaches it. */
export interface BucketPlace {
  /** Origin requests are signed for. */
  readonly origin: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Client of a bucket, with the bucket's own keys. */
export class Bucket {
  private readonly signer: AwsClient;

  constructor(private readonly place: BucketPlace) {
    const { accessKeyId, secretAccessKey, region } = place;
    this.signer = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region });
  }

  async put(key: string, body: Buffer, type = "application/octet-stream"): Promise<void> {
    await this.ask("PUT", key, { body, headers: { "content-type": type } });
  }

  async remove(key: string): Promise<void> {
    await this.ask("DELETE", key);
  }

  /** Returns the content type of an object, without parameters: Scani's S3 client adds a charset to texts it copies. */
  async type(key: string): Promise<string | undefined> {
    const { headers } = await this.signer.fetch(this.url(key), { method: "HEAD" });
    return headers.get("content-type")?.split(";")[0];
  }

  /** Lists every key, with size and ETag. */
  async list(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (let from: string | undefined = ""; from !== undefined;) {
      const url = new URL(`${this.place.origin}/${this.place.bucket}`);
      url.search = new URLSearchParams({
        "list-type": "2",
        ...(from === "" ? {} : { "start-after": from }),
      }).toString();
      const text = await (await this.signer.fetch(url)).text();
      let last: string | undefined;
      for (const [, entry] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
        const part = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(entry)?.[1] ?? "";
        last = unescaped(part("Key"));
        found.set(last, `${part("Size")} ${part("ETag").replace(/&#34;|&quot;|"/g, "")}`);
      }
      from = /<IsTruncated>true/.test(text) ? last : undefined;
    }
    return found;
  }

  private url(key: string): string {
    return `${this.place.origin}/${this.place.bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  }

  private async ask(method: string, key: string, init: RequestInit = {}): Promise<void> {
    const answer = await this.signer.fetch(this.url(key), { ...init, method });
    if (!answer.ok) throw new Error(`${method} ${key}: ${answer.status} ${await answer.text()}`);
  }
}

function unescaped(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
