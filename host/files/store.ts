import type { Answer } from "../scani/cloud/classify";
import { parseUploadSpot, type UploadSpot } from "../scani/cloud/uploadSpot";
import { refusalIn } from "../install/bucket";
import { StorageCalls, type StorageCall } from "./calls";
import type { Place } from "./place";
import type { Reached, Transfer, TransferResult, Transfers } from "./transfers";

/** A file as a store has it. */
export interface Content {
  readonly bytes: number;
  /** MD5, hexadecimal. */
  readonly md5: string;
  readonly type: string;
}

/** Why a store could not say or do. */
export interface Failure {
  readonly failed: string;
  /** True where it is about this file, and others may do well. */
  readonly alone?: true;
}

/** What a store says of a key. */
export type Found = Content | "missing" | Failure;

/** A file in the work folder. */
export type Fetched = Content & { readonly file: string };

/** True for what a store has. */
export function isContent<T extends Content>(found: T | "missing" | Failure): found is T {
  return typeof found === "object" && "bytes" in found;
}

/** True where a store could not say or do. */
export function isFailure(found: object | string): found is Failure {
  return typeof found === "object" && "failed" in found;
}

/** MD5 of nothing. */
const emptySum = "d41d8cd98f00b204e9800998ecf8427e";

/** Seconds a presigned address is good for, and milliseconds for which one is used again. */
const [ttlSeconds, usedAgainMs] = [900, 300_000];

/** Addresses from which files can be fetched, by key, with the time each was given. */
export type Addresses = Map<string, { readonly reached: Reached; readonly at: number }>;

/** Contents of the file that is tried out. */
const sample = "Scani's verification: may be deleted.\n";

/** Prefix under which a store keeps a file until it is copied to its key. */
const keyPrefix = "carry";

/**
 * Where a release keeps its files, by the storage calls of its data-provider. Each method asks for many keys at once and
 * answers in their order.
 */
export class FileStore {
  private readonly calls: StorageCalls;

  /** @param addresses shared with other lanes: a file is looked at, fetched and compared by one address */
  constructor(
    readonly place: Place,
    private readonly transfers: Transfers,
    private readonly addresses: Addresses = new Map(),
  ) {
    this.calls = new StorageCalls(place, transfers);
  }

  /** Asks what the store has under some keys: size and checksum, without the files where the store tells both. */
  async look(keys: readonly string[]): Promise<Found[]> {
    const asked = await this.each(await this.downloads(keys), (address) => ({
      ...address,
      method: "GET",
      range: "0-0",
    }));
    this.forgetRefused(keys, asked);
    const found = asked.map((one) => (isFailure(one) ? one : lookedUp(one, this.place.title)));
    // Whoever may read single objects only is told 403 of one that is not there; the data-provider knows.
    const doubted = keys.filter((_, index) => found[index] === "forbidden");
    const exist = await this.calls.make(doubted.map((key) => ({ procedure: "objectExists", input: { key } })));
    // A checksum that is none of the whole file is made from the file.
    const unsummed = keys.filter((_, index) => {
      const one = found[index];
      return one !== "forbidden" && isContent(one) && one.md5 === "";
    });
    const summed = await this.fetch(unsummed);
    return found.map((one, index): Found => {
      const key = keys[index];
      if (one === "forbidden") return this.doubt(exist[doubted.indexOf(key)]);
      const at = unsummed.indexOf(key);
      return at < 0 ? one : summed[at];
    });
  }

  /** An address that is refused may have run out. */
  private forgetRefused(keys: readonly string[], results: readonly (TransferResult | Failure)[]): void {
    results.forEach((one, index) => {
      if (!isFailure(one) && one.status === 403) this.addresses.delete(keys[index]);
    });
  }

  private doubt(answer: Answer): Found {
    if (!answer.ok) return { failed: answer.why };
    return answer.data.exists === false
      ? "missing"
      : { failed: `${this.place.title} does not give it out (403)`, alone: true };
  }

  /** Fetches files into the work folder. */
  async fetch(keys: readonly string[]): Promise<(Fetched | "missing" | Failure)[]> {
    const got = await this.each(await this.downloads(keys), (address, index) => ({
      ...address,
      method: "GET",
      save: `file-${index}`,
    }));
    this.forgetRefused(keys, got);
    return got.map((one, index) => {
      if (isFailure(one)) return one;
      if (one.status === 404) return "missing";
      if (one.error !== "" || one.status !== 200) return notGiven(one, this.place.title);
      return { bytes: one.bytes, md5: one.md5 || emptySum, type: one.contentType || plainType, file: `file-${index}` };
    });
  }

  /**
   * Stores fetched files under their keys: each goes to an address the data-provider gives out, and is copied from
   * there.
   * @param note told the keys under which files are kept until they are copied, before any is sent there
   */
  async store(
    files: readonly { readonly key: string; readonly content: Fetched }[],
    note: (temporary: readonly string[]) => Promise<void>,
  ): Promise<("stored" | Failure)[]> {
    const { title, reach } = this.place;
    const placed = await this.calls.make(
      files.map(({ content }) => ({
        procedure: "presignUpload",
        input: { keyPrefix, extension: "bin", contentType: content.type, contentLength: content.bytes, ttlSeconds },
      })),
    );
    const spots = placed.map((answer) => spotIn(answer, title));
    const temporary = spots.flatMap((spot) => (isFailure(spot) ? [] : [spot.key]));
    await note(temporary);
    const sent = await this.each(spots, ({ url, headers }, index) => ({
      ...reach(url, headers),
      method: "PUT",
      send: files[index].content.file,
    }));
    const taken = sent.map((one, index): UploadSpot | Failure => {
      if (isFailure(one)) return one;
      return refusalOf(one, title) ?? spots[index];
    });
    const copying = taken.flatMap((spot, index) => (isFailure(spot) ? [] : [{ from: spot.key, index }]));
    const copied = await this.calls.make(
      copying.map(({ from, index }) => ({
        procedure: "copyObject",
        input: { fromKey: from, toKey: files[index].key, contentType: files[index].content.type },
      })),
    );
    await this.remove(temporary);
    return taken.map((spot, index) => {
      if (isFailure(spot)) return spot;
      const answer = copied[copying.findIndex((one) => one.index === index)];
      return answer.ok ? "stored" : { failed: `${title} does not copy it to its key: ${answer.why}` };
    });
  }

  /**
   * Writes, reads, copies and removes a small file, as a release does.
   * @param id that nobody else has
   * @returns what does not work; undefined where all does
   */
  async tryOut(id: string): Promise<string | undefined> {
    const { title } = this.place;
    const [key, copy] = [`temp/scani-verify/${id}.txt`, `temp/scani-verify/${id}-copy.txt`];
    const call = async (procedure: StorageCall["procedure"], input: object): Promise<string | undefined> => {
      const [answer] = await this.calls.make([{ procedure, input }]);
      return answer.ok ? undefined : answer.why;
    };
    const content = { key, base64: Buffer.from(sample).toString("base64"), contentType: "text/plain" };
    const steps: [string, () => Promise<string | undefined>][] = [
      ["store a file", () => call("writeObject", content)],
      ["copy a file", () => call("copyObject", { fromKey: key, toKey: copy, contentType: "text/plain" })],
      ["give a file out", () => this.givesOut(copy)],
      ["remove a file", async () => (await call("deleteTempBlob", { key: copy })) ?? call("deleteTempBlob", { key })],
    ];
    for (const [what, step] of steps) {
      const why = await step();
      if (why !== undefined) return `${title} does not ${what}: ${why}`;
    }
    return undefined;
  }

  private async givesOut(key: string): Promise<string | undefined> {
    const [found] = await this.fetch([key]);
    if (found === "missing") return "it is not found again";
    if (isFailure(found)) return found.failed;
    return found.bytes === Buffer.byteLength(sample) ? undefined : "it is not as it was stored";
  }

  /** Removes what is under some keys; a key that has nothing is left as it is. */
  async remove(keys: readonly string[]): Promise<void> {
    await this.calls.make(keys.map((key) => ({ procedure: "deleteTempBlob", input: { key } })));
  }

  /** Addresses from which files can be fetched. */
  private async downloads(keys: readonly string[]): Promise<(Reached | Failure)[]> {
    const { sign } = this.place;
    if (sign !== undefined) return Promise.all(keys.map(sign));
    const now = Date.now();
    const known = (key: string) => {
      const address = this.addresses.get(key);
      return address !== undefined && now - address.at < usedAgainMs ? address.reached : undefined;
    };
    const wanted = keys.filter((key) => known(key) === undefined);
    const answers = await this.calls.make(
      wanted.map((key) => ({ procedure: "presignDownload", input: { key, ttlSeconds } })),
    );
    const given = new Map(wanted.map((key, index) => [key, this.addressIn(answers[index])]));
    for (const [key, reached] of given) if (!isFailure(reached)) this.addresses.set(key, { reached, at: now });
    return keys.map((key) => known(key) ?? (given.get(key) as Reached | Failure));
  }

  private addressIn(answer: Answer): Reached | Failure {
    if (!answer.ok) return { failed: answer.why };
    const { url } = answer.data;
    return typeof url === "string" && URL.canParse(url)
      ? this.place.reach(url)
      : { failed: `${this.place.title} gives no address for downloads, though it answers 200` };
  }

  /** Makes the requests of those that have one; the others keep their failure. */
  private async each<T extends object>(
    items: readonly (T | Failure)[],
    request: (item: T, index: number) => Transfer,
  ): Promise<(TransferResult | Failure)[]> {
    const requests = items.map((item, index) => ("failed" in item ? undefined : request(item, index)));
    const results = (await this.transfers(requests.filter((one) => one !== undefined))).values();
    return items.map((item) => ("failed" in item ? item : (results.next().value as TransferResult)));
  }
}

const plainType = "application/octet-stream";

/** What a request for the first byte of an object says of it. Pure. */
export function lookedUp(result: TransferResult, title: string): Found | "forbidden" {
  const { status, error, contentRange, contentLength, contentType, etag } = result;
  if (status === 404) return "missing";
  if (status === 403) return "forbidden";
  const type = contentType || plainType;
  // Nothing has no first byte.
  if (status === 416 || (status === 200 && contentLength === "0")) return { bytes: 0, md5: emptySum, type };
  const total = status === 206 ? /\/(\d+)$/.exec(contentRange)?.[1] : contentLength;
  if (error !== "" || (status !== 206 && status !== 200) || total === undefined || total === "")
    return notGiven(result, title);
  return { bytes: Number(total), md5: /^[0-9a-f]{32}$/i.test(etag) ? etag.toLowerCase() : "", type };
}

function notGiven({ status, error }: TransferResult, title: string): Failure {
  const failed = `${title} does not give it out: ${error || `its bucket answers ${status}`}`;
  return status === 0 ? { failed } : { failed, alone: true };
}

function spotIn(answer: Answer, title: string): UploadSpot | Failure {
  if (!answer.ok) return { failed: `${title} gives no address for files: ${answer.why}` };
  return parseUploadSpot(answer.data) ?? { failed: `${title} gives no address for files, though it answers 200` };
}

/** Why a bucket did not take a file; undefined where it did. */
function refusalOf({ status, error, body }: TransferResult, title: string): Failure | undefined {
  if (error === "" && status >= 200 && status < 300) return undefined;
  const { code, words } = refusalIn(body);
  const failed = `the bucket of ${title} refuses it (${status}): ${error || words || "without a reason"}`;
  return status === 413 || code === "EntityTooLarge" ? { failed, alone: true } : { failed };
}
