import { details, type Engine } from "../engine/engine";
import { refusalIn, signedAddress, type Bucket } from "../install/bucket";
import { label } from "../install/labels";
import { OperatorError } from "../../util/operatorError";
import { elementText } from "../../util/xml";

/** An object of a bucket, as its server lists it. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Checksum of an object that was stored in one piece; of others it depends on how they were. */
  readonly etag: string;
}

/** What was found and copied. */
export interface Copied {
  readonly objects: number;
  readonly bytes: number;
  /** How many of them were copied now. */
  readonly now: number;
}

/** Seconds a signed address may be used. */
const validSeconds = 3600;

/** Seconds after which the container that copies ends by itself, in case nobody is left to remove it. */
const limitSeconds = 6 * 3600;

/** Copies objects between two S3 servers on different networks, through a container that is on both. */
export class ObjectCopy {
  private constructor(
    private readonly engine: Engine,
    private readonly container: string,
  ) {}

  /**
   * Starts the container.
   * @param image with curl
   * @param networks of the two servers
   */
  static async open(
    engine: Engine,
    install: string,
    image: string,
    networks: readonly [string, string],
  ): Promise<ObjectCopy> {
    const [first, second] = networks;
    const container = await engine.create({
      image,
      labels: { [label.install]: install },
      entrypoint: ["sleep"],
      command: [String(limitSeconds)],
      noHealthCheck: true,
      network: first,
      init: true,
      autoRemove: true,
      confinement: { CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges:true"] },
    });
    await engine.connectNetwork(second, container);
    await engine.start(container);
    return new ObjectCopy(engine, container);
  }

  async close(): Promise<void> {
    await this.engine.remove(this.container);
  }

  /**
   * Copies what the other bucket lacks or has differently. Objects that are there alone stay: they are newer.
   * @throws OperatorError with the servers' words, and when an object is not there afterwards as it was
   */
  async copy(from: Bucket, to: Bucket): Promise<Copied> {
    const [source, before] = await Promise.all([this.list(from), this.list(to)]);
    const missing = lacking(source, before);
    for (const object of missing) await this.copyOne(from, to, object);
    const left = missing.length === 0 ? [] : lacking(source, await this.list(to));
    if (left.length > 0)
      throw new OperatorError({
        what: `${left.length} files are not in the new bucket as they were in the old one, ${left[0].key} among them`,
      });
    return { objects: source.length, bytes: source.reduce((sum, { bytes }) => sum + bytes, 0), now: missing.length };
  }

  /** Everything in a bucket; nothing where there is no such bucket. */
  async list(bucket: Bucket): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for (let token: string | undefined; ;) {
      const query: Record<string, string> = { "list-type": "2", "encoding-type": "url" };
      if (token !== undefined) query["continuation-token"] = token;
      const url = await signedAddress(bucket, { method: "GET", query }, validSeconds);
      const { status, body } = await this.curl([`url = "${url}"`]);
      if (status === 404) return found;
      if (status !== 200)
        throw new OperatorError({
          what: `${bucket.endpoint} does not list its files (${status}): ${refusalIn(body).code ?? ""}`,
        });
      found.push(...objectsIn(body));
      token = elementText(body, "NextContinuationToken");
      if (token === undefined) return found;
    }
  }

  private async copyOne(from: Bucket, to: Bucket, { key }: StoredObject): Promise<void> {
    const [get, put] = await Promise.all([
      signedAddress(from, { method: "GET", key }, validSeconds),
      signedAddress(to, { method: "PUT", key }, validSeconds),
    ]);
    // The addresses come over standard input, so that no process list shows them.
    const script = [
      "read -r get; read -r put",
      "body=$(mktemp); head=$(mktemp)",
      `trap 'rm -f "$body" "$head"' EXIT`,
      `printf 'url = "%s"\\n' "$get" | curl -sS --fail-with-body -K - -D "$head" -o "$body" || exit 1`,
      `type=$(sed -n 's/^[Cc]ontent-[Tt]ype: *//p' "$head" | tr -d '\\r' | tail -n 1)`,
      `printf 'url = "%s"\\n' "$put" | curl -sS --fail-with-body -K - -H "Content-Type: \${type:-application/octet-stream}" -T "$body"`,
    ].join("\n");
    const { exitCode, errors, output } = await this.engine.capture(
      this.container,
      ["sh", "-c", script],
      [],
      `${get}\n${put}\n`,
    );
    if (exitCode !== 0)
      throw new OperatorError({
        what: `The file ${key} could not be copied: ${errors} ${refusalIn(output).code ?? ""}`,
      });
  }

  private async curl(lines: readonly string[]): Promise<{ status: number; body: string }> {
    const { exitCode, errors, output } = await this.engine.capture(
      this.container,
      ["curl", "-sS", "-K", "-", "-w", "\n%{http_code}"],
      [],
      lines.join("\n"),
    );
    if (exitCode !== 0) throw new OperatorError({ what: `The S3 server does not answer: ${errors}` });
    const at = output.trimEnd().lastIndexOf("\n");
    return { status: Number(output.slice(at + 1)), body: output.slice(0, at) };
  }
}

/** Objects the other bucket has not, or has with another size or checksum. Pure. */
export function lacking(wanted: readonly StoredObject[], there: readonly StoredObject[]): StoredObject[] {
  const known = new Map(there.map((one) => [one.key, one]));
  return wanted.filter(({ key, bytes, etag }) => {
    const other = known.get(key);
    // A checksum with a dash is of an object stored in parts, and says nothing of one stored whole.
    const comparable = other !== undefined && !etag.includes("-") && !other.etag.includes("-");
    return other?.bytes !== bytes || (comparable && other.etag !== etag);
  });
}

/** Objects in the XML of a listing. Keys are URL-encoded where the server says so, as it was asked to. Pure. */
export function objectsIn(xml: string): StoredObject[] {
  const encoded = /<EncodingType>url<\/EncodingType>/i.test(xml);
  return [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry]) => {
    const part = (name: string) => elementText(entry, name) ?? "";
    const key = part("Key");
    return {
      key: encoded ? decodeURIComponent(key.replaceAll("+", "%20")) : key,
      bytes: Number(part("Size")),
      etag: part("ETag").replaceAll('"', ""),
    };
  });
}

/** The network of a container by which others of its project reach it. */
export async function networkOf(engine: Engine, container: string): Promise<string> {
  return (await details(engine, container)).networks[0];
}
