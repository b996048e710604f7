import { details, type ContainerDetails, type Engine } from "../engine/engine";
import { discard, startHelper } from "../engine/containers/helper";
import { refusalIn, signedAddress, type Bucket } from "../install/storage/bucket";
import { momentaryLabels } from "../install/leftovers";
import { environmentIn } from "../install/services/environment";
import { authorityVariable, curlTrust } from "../install/services/releaseVariables";
import { OperatorError } from "../../util/operatorError";
import { curlWord } from "../../util/curlWord";
import { batchesOf } from "../../util/piecesOf";
import { elementText } from "../../util/xml";

/** An object of a bucket, as its server lists it. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Checksum, where the object was stored in one piece and is not encrypted with keys of a KMS. */
  readonly etag: string;
}

/** A bucket on a server in a container of this engine. */
export interface ServedBucket extends Bucket {
  /**
   * Container of the server. The host name of the endpoint, which the server's certificate is for, may be another's on
   * the other network.
   */
  readonly container?: string;
}

/** A bucket's objects against another's. */
export interface Compared {
  /** Objects the other bucket lacks, or has in another size. */
  readonly missing: readonly StoredObject[];
  /** Objects of the same size whose checksums differ. */
  readonly doubtful: readonly StoredObject[];
}

/** Contents of an S3 server that no copy of a bucket's objects has. */
export interface Uncopied {
  /** Its other buckets; undefined where the keys may not see all of them. */
  readonly buckets?: readonly string[];
  /** True where the bucket may hold former versions of its objects. */
  readonly isVersioned: boolean;
}

/** Failure of a request that the server has not answered. */
export class NoAnswer extends OperatorError {}

/** Result of a copy: the objects and bytes found. */
export interface Copied {
  readonly objects: number;
  readonly bytes: number;
  /** Number of them that were copied now. */
  readonly now: number;
}

/** Seconds a signed address may be used. */
const validSeconds = 3600;

/** Seconds after which the container that copies ends by itself, in case nobody is left to remove it. */
const limitSeconds = 6 * 3600;

/** Seconds a server gets to answer a request. */
const listSeconds = 60;

/** Options of curl that ask again after 1, 2, 4 and 8 seconds: a server started a moment ago does not listen yet. */
const whileItStarts = ["--retry", "4", "--retry-connrefused"];

/** Number of objects copied with one command, and their bytes together where it is more than one. */
const batch = { length: 50, weight: 64 * 2 ** 20 };

/** Objects transferred at a time. */
const atOnce = 8;

/** File with the certificates that the copying container trusts. */
const trustFile = "/tmp/ca.pem";

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
   * @param certificates of private authorities to trust, PEM
   */
  static async open(
    engine: Engine,
    install: string,
    image: string,
    networks: readonly [string, string],
    certificates?: string,
  ): Promise<ObjectCopy> {
    const order = {
      image,
      labels: momentaryLabels(install, "files"),
      entrypoint: ["sleep"],
      command: [String(limitSeconds)],
      environment: certificates === undefined ? [] : [`${authorityVariable}=${trustFile}`],
      noHealthCheck: true,
      init: true,
      autoRemove: true,
      confinement: { CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges:true"] },
    };
    const container = await startHelper(engine, order, networks);
    try {
      if (certificates !== undefined) await engine.writeFile(container, trustFile, certificates);
    } catch (error) {
      await discard(engine, container);
      throw error;
    }
    return new ObjectCopy(engine, container);
  }

  async close(): Promise<void> {
    await discard(this.engine, this.container);
  }

  /**
   * Copies objects that the other bucket lacks or has differently, with their type and metadata. Objects that only the
   * other bucket has stay: they are newer.
   * @throws OperatorError with the servers' words, and when an object is not there afterwards as it was
   */
  async copy(from: ServedBucket, to: ServedBucket): Promise<Copied> {
    const source = await this.list(from);
    const missing = await this.lacking(from, to, source);
    for (const some of batchesOf(missing, ({ bytes }) => bytes, batch)) await this.copySome(from, to, some);
    const left = missing.length === 0 ? [] : await this.lacking(from, to, missing);
    if (left.length > 0)
      throw new OperatorError({
        what: `${left.length} files are not in the new bucket as they were in the old one, ${left[0].key} among them`,
      });
    return { objects: source.length, bytes: source.reduce((sum, { bytes }) => sum + bytes, 0), now: missing.length };
  }

  /** Returns whether the other bucket has every object as it is. */
  async isDone(from: ServedBucket, to: ServedBucket): Promise<boolean> {
    return (await this.lacking(from, to, await this.list(from))).length === 0;
  }

  /** Reads what a bucket's server has besides its objects. @param server its container */
  uncopied(bucket: ServedBucket, server: string): Promise<Uncopied> {
    return readUncopied(this.engine, this.container, bucket, server);
  }

  /** Lists the objects of a bucket; none where there is no such bucket. */
  private list(bucket: ServedBucket): Promise<StoredObject[]> {
    return listObjects(this.engine, this.container, bucket);
  }

  /** Returns those of a bucket's objects that the other bucket lacks or has with other contents. */
  private async lacking(
    from: ServedBucket,
    to: ServedBucket,
    objects: readonly StoredObject[],
  ): Promise<StoredObject[]> {
    const { missing, doubtful } = compareObjects(objects, await this.list(to));
    const differing = [...missing];
    for (const some of batchesOf(doubtful, ({ bytes }) => bytes, batch)) {
      const wanted = await this.sums(from, some);
      const there = await this.sums(to, some);
      differing.push(...some.filter((_object, at) => wanted.get(at) === undefined || wanted.get(at) !== there.get(at)));
    }
    return differing;
  }

  /** Computes the checksums of objects from their contents, by their place in the list. */
  private async sums(bucket: ServedBucket, objects: readonly StoredObject[]): Promise<Map<number, string>> {
    const read = await this.read(bucket, objects, "md5sum -- *; rm -f -- *");
    return new Map([...read.matchAll(/^([0-9a-f]{32}) [ *](\d+)$/gm)].map(([, sum, at]) => [Number(at), sum]));
  }

  private async copySome(from: ServedBucket, to: ServedBucket, objects: readonly StoredObject[]): Promise<void> {
    const headers = headersIn(
      await this.read(from, objects, 'for at in *.head; do echo "head ${at%.head}"; cat "$at"; done', (at) => [
        `dump-header = "${at}.head"`,
      ]),
    );
    const puts = await Promise.all(
      objects.map(async ({ key }, at) => {
        const kept = headers.get(at) ?? {};
        const url = await signedAddress(to, { method: "PUT", key, headers: kept }, validSeconds);
        return { url, lines: [`upload-file = "${at}"`, `output = "${at}.answer"`, ...headerLines(kept)] };
      }),
    );
    const written = await this.transfer(to, puts, "cat -- *.answer; rm -f -- *", false);
    expectTaken(objects, written, "written");
  }

  /**
   * Reads objects into a folder of the container, each into a file named by its place in the list.
   * @param then shell commands that follow, whose output is returned
   * @param lines further ones of curl's configuration for an object
   */
  private async read(
    bucket: ServedBucket,
    objects: readonly StoredObject[],
    then: string,
    lines: (at: number) => readonly string[] = () => [],
  ): Promise<string> {
    const gets = await Promise.all(
      objects.map(async ({ key }, at) => ({
        url: await signedAddress(bucket, { method: "GET", key }, validSeconds),
        lines: [`output = "${at}"`, ...lines(at)],
      })),
    );
    const read = await this.transfer(bucket, gets, then);
    expectTaken(objects, read, "read");
    return read;
  }

  /**
   * Makes requests in a folder of the container, several at a time, and returns the output with each one's number.
   * @param then shell commands that follow
   * @param fresh whether the folder is to be emptied first
   */
  private async transfer(
    bucket: ServedBucket,
    requests: readonly { readonly url: string; readonly lines: readonly string[] }[],
    then: string,
    fresh = true,
  ): Promise<string> {
    const script = [
      "mkdir -p /tmp/objects; cd /tmp/objects || exit 1",
      ...(fresh ? ["rm -f -- *"] : []),
      curlTrust,
      `curl -sS --parallel --parallel-max ${atOnce} -K - 2>&1`,
      then,
    ].join("\n");
    // The addresses come over standard input, so that no process list shows them.
    const configuration = requests.map(({ url, lines }, at) =>
      ["path-as-is", ...addressLines(url, bucket), ...lines, `write-out = "\\ntaken ${at} %{http_code}\\n"`].join("\n"),
    );
    const { output, errors } = await this.engine.capture(
      this.container,
      ["sh", "-c", script],
      [],
      `${configuration.join("\nnext\n")}\n`,
    );
    return `${output}${errors}`;
  }
}

/** Returns the lines of curl's configuration that name an address, and the container it is to be had from. Pure. */
function addressLines(url: string, { container }: ServedBucket): string[] {
  return [`url = "${url}"`, ...(container === undefined ? [] : [`connect-to = "::${container}:"`])];
}

/** Headers of an object that belong to it and not to the server. */
const ownHeader = /^(content-(type|disposition|encoding|language)|cache-control|expires|x-amz-meta-.+)$/i;

/** Parses the headers of each object in the output, by its number. Pure. */
function headersIn(printed: string): Map<number, Record<string, string>> {
  const found = new Map<number, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of printed.split(/\r?\n/)) {
    const begins = /^head (\d+)$/.exec(line)?.[1];
    if (begins !== undefined) {
      current = {};
      found.set(Number(begins), current);
      continue;
    }
    const [, name, value] = /^([\w-]+): *(.*)$/.exec(line) ?? [];
    if (current !== undefined && name !== undefined && ownHeader.test(name)) current[name.toLowerCase()] = value;
  }
  return found;
}

/** Formats headers for curl's configuration; without a type curl would send one of its own. Pure. */
function headerLines(headers: Readonly<Record<string, string>>): string[] {
  const all = { "content-type": "application/octet-stream", ...headers };
  return Object.entries(all).map(([name, value]) => `header = ${curlWord(`${name}: ${value}`)}`);
}

/** @throws OperatorError naming the first object whose request was not answered with 200 */
function expectTaken(objects: readonly StoredObject[], printed: string, done: string): void {
  const statuses = new Map(
    [...printed.matchAll(/^taken (\d+) (\d+)$/gm)].map(([, at, status]) => [Number(at), Number(status)]),
  );
  const at = objects.findIndex((_object, index) => statuses.get(index) !== 200);
  if (at === -1) return;
  const words = /^curl: .*$/m.exec(printed)?.[0] ?? refusalIn(printed).words;
  throw new OperatorError({
    what: `The file ${objects[at].key} could not be ${done} (${statuses.get(at) ?? "no answer"}): ${words}`,
  });
}

/**
 * Lists the objects of a bucket; none where there is no such bucket.
 * @param container with curl that reaches it
 * @throws NoAnswer
 * @throws OperatorError in the server's words
 */
export async function listObjects(engine: Engine, container: string, bucket: ServedBucket): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for (let token: string | undefined; ;) {
    const query: Record<string, string> = { "list-type": "2", "encoding-type": "url" };
    if (token !== undefined) query["continuation-token"] = token;
    const { status, body } = await ask(engine, container, bucket, query);
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

/**
 * Reads what a bucket's server has besides the bucket's objects.
 * @param container with curl that reaches it
 * @param server its container
 * @throws NoAnswer
 */
export async function readUncopied(
  engine: Engine,
  container: string,
  bucket: ServedBucket,
  server: string,
): Promise<Uncopied> {
  const [all, versioned, there] = await Promise.all([
    // The list of buckets is asked of the server's root.
    ask(engine, container, { ...bucket, bucket: "" }, {}),
    isVersioned(engine, container, bucket),
    engine.inspect(server),
  ]);
  const seesAll = all.status === 200 && there !== undefined && isRootOf(there, bucket);
  return {
    buckets: seesAll ? bucketsIn(all.body).filter((name) => name !== bucket.bucket) : undefined,
    isVersioned: versioned,
  };
}

/** True where a server's own environment gives it these keys: to others MinIO lists only the buckets they may use. Pure. */
function isRootOf({ environment }: Pick<ContainerDetails, "environment">, { accessKeyId }: Bucket): boolean {
  return Object.entries(environmentIn(environment)).some(
    ([name, value]) => /(ROOT_USER|ACCESS_KEY(_ID)?)$/.test(name) && value === accessKeyId,
  );
}

/** Parses the names in a server's list of buckets. Pure. */
function bucketsIn(xml: string): string[] {
  return [...xml.matchAll(/<Bucket>(.*?)<\/Bucket>/gs)].flatMap(([, entry]) => elementText(entry, "Name") ?? []);
}

/** Reads whether a bucket may hold former versions of its objects. */
export async function isVersioned(engine: Engine, container: string, bucket: ServedBucket): Promise<boolean> {
  const { status, body } = await ask(engine, container, bucket, { versioning: "" });
  return status === 200 && mayHoldVersions(body);
}

/** Returns true where S3 says that a bucket keeps versions, or has kept them until it was suspended. Pure. */
export function mayHoldVersions(configuration: string): boolean {
  return ["Enabled", "Suspended"].includes(elementText(configuration, "Status") ?? "");
}

async function ask(
  engine: Engine,
  container: string,
  bucket: ServedBucket,
  query: Readonly<Record<string, string>>,
): Promise<{ status: number; body: string }> {
  const url = await signedAddress(bucket, { method: "GET", query }, validSeconds);
  const { exitCode, errors, output } = await engine.capture(
    container,
    [
      ...["sh", "-c", `${curlTrust}; exec curl "$@"`],
      ...["curl", "-sS", "--max-time", String(listSeconds), ...whileItStarts, "-K", "-", "-w", "\n%{http_code}"],
    ],
    [],
    addressLines(url, bucket).join("\n"),
  );
  if (exitCode !== 0) throw new NoAnswer({ what: `${bucket.endpoint} does not answer: ${errors.trim()}` });
  const at = output.trimEnd().lastIndexOf("\n");
  return { status: Number(output.slice(at + 1)), body: output.slice(0, at) };
}

/**
 * Compares a bucket's objects with another's listing. Equal checksums mean equal contents, and different ones nothing:
 * those of objects stored in parts depend on the parts, and those of encrypted objects may be random. Pure.
 */
export function compareObjects(wanted: readonly StoredObject[], there: readonly StoredObject[]): Compared {
  const known = new Map(there.map((one) => [one.key, one]));
  const isOfSize = ({ key, bytes }: StoredObject): boolean => known.get(key)?.bytes === bytes;
  return {
    missing: wanted.filter((one) => !isOfSize(one)),
    doubtful: wanted.filter((one) => isOfSize(one) && known.get(one.key)?.etag !== one.etag),
  };
}

/** Parses the objects of a listing's XML. Keys are URL-encoded where the server says so, as it was asked to. Pure. */
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

/**
 * Reads where others of its project reach a container.
 * @returns one of its networks, and the name it has there: another's where it has that one's network
 */
export async function reachedAt(engine: Engine, container: string): Promise<{ network: string; name: string }> {
  const found = await details(engine, container);
  const { networks, name } = found.networkOwner === undefined ? found : await details(engine, found.networkOwner);
  return { network: networks[0], name };
}
