import type { Answer, Refusal } from "../scani/cloud/classify";
import { parseUploadSpot, type UploadSpot } from "../scani/cloud/uploadSpot";
import { refusalIn } from "../install/storage/bucket";
import { batchesOf } from "../../util/piecesOf";
import { StorageCalls, type StorageCall } from "./calls";
import { addressSeconds, type Place } from "./place";
import {
  busyFor,
  diskFull,
  type CurrentSignal,
  type Reached,
  type Transfer,
  type TransferResult,
  type Transfers,
} from "./transfers";

/** A file as a store has it. */
export interface Content {
  readonly bytes: number;
  /**
   * MD5, hexadecimal, where it was computed from the file. A look-up gives the ETag, which need not be an MD5: equal
   * ones mean equal files, different ones mean nothing. Empty where the ETag has another form.
   */
  readonly md5: string;
  readonly type: string;
}

/** Failure of a store to answer or to act. */
export interface Failure {
  readonly failed: string;
  /** Fault: the file's, so that others may work; the store's; or `either`, as far as one file tells. */
  readonly about: "file" | "store" | "either";
  /** True where S3 answers the same for a missing key: credentials that may not list a bucket are told "denied". */
  readonly mayBeMissing?: true;
  /** True where the data-provider allows no more calls for now, whatever they ask. */
  readonly noMoreCalls?: true;
}

/** Result of looking a key up in a store. */
export type Found = Content | "missing" | Failure;

/** A file in the work folder. */
export type Fetched = Content & { readonly file: string };

/** An answer that may mean the key does not exist, worded for the operator; the data-provider is asked to decide. */
interface Doubt {
  readonly doubt: string;
  /** S3's own code, where it gave one. */
  readonly code?: string;
}

function isDoubt(found: object | string): found is Doubt {
  return typeof found === "object" && "doubt" in found;
}

/** True where a store has the file. */
export function isContent<T extends Content>(found: T | "missing" | Failure): found is T {
  return typeof found === "object" && "bytes" in found;
}

/** True where a store failed to answer or to act. */
export function isFailure(found: object | string): found is Failure {
  return typeof found === "object" && "failed" in found;
}

/** MD5 of nothing. */
const emptySum = "d41d8cd98f00b204e9800998ecf8427e";

/** Milliseconds for which a presigned address is used for further requests. */
const usedAgainMs = 300_000;

/** Addresses from which files can be fetched, by key, with the time each was given. */
export type Addresses = Map<string, { readonly reached: Reached; readonly at: number }>;

/** Contents of the sample file a store is tried out with. */
const sample = "Scani's verification: may be deleted.\n";
const sampleBase64 = Buffer.from(sample).toString("base64");

/** Most bytes fetched at once: the disk has to hold them. */
export const mostFetched = 32 * 1024 * 1024;

/** Most files fetched at once to compute their checksums. */
const summedAtOnce = 50;

/** Prefix under which a store keeps a file until it is copied to its key. */
const keyPrefix = "carry";

/**
 * Store of a release's files, reached by the storage calls of its data-provider. Each method takes many keys at once
 * and returns results in their order.
 */
export class FileStore {
  private readonly calls: StorageCalls;
  /** Keys whose temporary files could not be removed: nobody names them, and they hold users' papers. */
  readonly leftOver = new Set<string>();

  /**
   * @param signal ends waits before retries
   * @param addresses shared with other lanes: a file is looked at, fetched and compared by one address
   */
  constructor(
    readonly place: Place,
    private readonly transfers: Transfers,
    signal: CurrentSignal,
    private readonly addresses: Addresses = new Map(),
  ) {
    this.calls = new StorageCalls(place, transfers, signal);
  }

  /** Looks keys up: size and ETag, without the files. */
  async look(keys: readonly string[]): Promise<Found[]> {
    const asked = await this.each(await this.downloads(keys), (address) => ({
      ...address,
      method: "GET",
      range: "0-0",
    }));
    this.forgetRefused(keys, asked);
    return this.settle(
      keys,
      asked.map((one) => (isFailure(one) ? one : lookedUp(one, this.place.title))),
    );
  }

  /** Computes checksums of files in the store, from the files. */
  async sum(files: readonly { readonly key: string; readonly bytes: number }[]): Promise<Found[]> {
    const found: Found[] = [];
    const most = { length: summedAtOnce, weight: mostFetched };
    for (const batch of batchesOf(files, ({ bytes }) => bytes, most))
      found.push(...(await this.fetch(batch.map(({ key }) => key))));
    return found;
  }

  /** Forgets refused addresses: they may have expired. */
  private forgetRefused(keys: readonly string[], results: readonly (TransferResult | Failure)[]): void {
    results.forEach((one, index) => {
      if (!isFailure(one) && one.status === 403) this.addresses.delete(keys[index]);
    });
  }

  /**
   * Asks the data-provider where the bucket's answer is not clear: credentials that may only read single objects are
   * told 403 for a missing one, and a proxy in front of a bucket has a 404 of its own.
   */
  private async settle<T extends Content>(
    keys: readonly string[],
    found: readonly (T | "missing" | Failure | Doubt)[],
  ): Promise<(T | "missing" | Failure)[]> {
    const { bucketOnly, title } = this.place;
    const refused = ({ doubt }: Doubt): Failure => ({
      failed: `${title} does not give it out: ${doubt}`,
      about: "either",
    });
    const doubted = keys.filter((_, index) => isDoubt(found[index]));
    const asked = bucketOnly === true ? [] : doubted;
    const exist = await this.calls.make(asked.map((key) => ({ procedure: "objectExists", input: { key } })));
    return found.map((one, index) => {
      if (!isDoubt(one)) return one;
      const answer = exist[asked.indexOf(keys[index])] as Answer | undefined;
      if (answer === undefined)
        return {
          ...refused(one),
          ...(one.code === "AccessDenied" && !isOffTime(one.doubt) ? { mayBeMissing: true } : {}),
        };
      if (!answer.ok) return failureOf(answer);
      return answer.data.exists === false ? "missing" : refused(one);
    });
  }

  /** Fetches files into the work folder. */
  async fetch(keys: readonly string[]): Promise<(Fetched | "missing" | Failure)[]> {
    const got = await this.each(await this.downloads(keys), (address, index) => ({
      ...address,
      method: "GET",
      save: `file-${index}`,
    }));
    this.forgetRefused(keys, got);
    return this.settle(
      keys,
      got.map((one) => (isFailure(one) ? one : fetchedOf(one, this.place.title))),
    );
  }

  /**
   * Stores fetched files under their keys: each goes to an address the data-provider gives out, and is copied from
   * there.
   * @param note called with the keys under which files are kept until they are copied, before any is sent there
   * @returns result for each key afterwards, as from `look`
   */
  async store(
    files: readonly { readonly key: string; readonly content: Fetched }[],
    note: (temporary: readonly string[]) => Promise<void>,
  ): Promise<Found[]> {
    const { title } = this.place;
    const placed = await this.calls.make(
      files.map(({ content }) => ({
        procedure: "presignUpload",
        input: {
          keyPrefix,
          extension: "bin",
          contentType: content.type,
          contentLength: content.bytes,
          ttlSeconds: addressSeconds,
        },
      })),
    );
    const spots = placed.map((answer) => spotIn(answer, title));
    const temporary = spots.flatMap((spot) => (isFailure(spot) ? [] : [spot.key]));
    await note(temporary);
    const uploads = await Promise.all(spots.map(async (spot) => (isFailure(spot) ? spot : this.uploadTo(spot))));
    const sent = await this.each(uploads, (address, index) => ({
      ...address,
      method: "PUT",
      send: files[index].content.file,
    }));
    const taken = sent.map((one, index): UploadSpot | Failure => {
      if (isFailure(one)) return one;
      return refusalOf(one, title) ?? spots[index];
    });
    const copying = taken.flatMap((spot, index) => (isFailure(spot) ? [] : [{ from: spot.key, ...files[index] }]));
    const answers = await this.calls.make(
      copying.map(({ from, key, content }) => ({
        procedure: "copyObject",
        bytes: content.bytes,
        input: { fromKey: from, toKey: key, contentType: content.type },
      })),
    );
    const copied = copying.filter((_, index) => answers[index].ok).map(({ key }) => key);
    const [there] = await Promise.all([this.look(copied), this.removeTemporary(temporary)]);
    const found = new Map<string, Found>(copied.map((key, index) => [key, there[index]]));
    copying.forEach(({ key }, index) => {
      const answer = answers[index];
      if (!answer.ok) found.set(key, failureOf(answer, `${title} does not copy it to its key: `));
    });
    return taken.map((spot, index) => (isFailure(spot) ? spot : (found.get(files[index].key) as Found)));
  }

  /**
   * Writes, reads, copies and removes a small file, as a release does.
   * @param id that nobody else has
   * @returns the first step that fails, and why; undefined where all work
   */
  async tryOut(id: string): Promise<string | undefined> {
    const { title } = this.place;
    const [key, copy] = [`temp/scani-verify/${id}.txt`, `temp/scani-verify/${id}-copy.txt`];
    const call = async (procedure: StorageCall["procedure"], input: object): Promise<string | undefined> => {
      const [answer] = await this.calls.make([{ procedure, input }]);
      return answer.ok ? undefined : answer.why;
    };
    const content = { key, base64: sampleBase64, contentType: "text/plain" };
    const steps: [string, () => Promise<string | undefined>][] = [
      ["store a file", () => call("writeObject", content)],
      ["copy a file", () => call("copyObject", { fromKey: key, toKey: copy, contentType: "text/plain" })],
      ["read a file", () => this.reads(copy)],
      ["remove a file", async () => (await call("deleteTempBlob", { key: copy })) ?? call("deleteTempBlob", { key })],
    ];
    for (const [what, step] of steps) {
      const why = await step();
      if (why !== undefined) return `${title} does not ${what}: ${why}`;
    }
    return undefined;
  }

  /** Reads the sample file as api and worker read theirs: through the data-provider. */
  private async reads(key: string): Promise<string | undefined> {
    const [answer] = await this.calls.make([{ procedure: "readTempBlob", input: { key } }]);
    if (!answer.ok) return answer.why;
    return answer.data.base64 === sampleBase64 ? undefined : "it is not as it was stored";
  }

  /** Removes the files under some keys, if there are any. @returns the keys it could not remove, and why */
  async remove(keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const answers = await this.calls.make(keys.map((key) => ({ procedure: "deleteTempBlob", input: { key } })));
    return new Map(
      keys.flatMap((key, index): [string, string][] => {
        const answer = answers[index];
        return answer.ok ? [] : [[key, answer.why]];
      }),
    );
  }

  /** Removes temporary files. Keys whose files could not be removed are in `leftOver`. */
  async removeTemporary(keys: readonly string[]): Promise<void> {
    const failed = await this.remove(keys);
    for (const key of keys)
      if (failed.has(key)) this.leftOver.add(key);
      else this.leftOver.delete(key);
  }

  /** Returns addresses from which files can be fetched. */
  private async downloads(keys: readonly string[]): Promise<(Reached | Failure)[]> {
    const { sign } = this.place;
    if (sign !== undefined)
      return Promise.all(
        keys.map(async (key) =>
          // A URL resolves such a part, so the address would be another key's.
          key.split("/").includes("..")
            ? { failed: 'its key holds ".."', about: "file" }
            : { url: await sign({ method: "GET", key }), headers: {} },
        ),
      );
    const now = Date.now();
    const known = (key: string) => {
      const address = this.addresses.get(key);
      return address !== undefined && now - address.at < usedAgainMs ? address.reached : undefined;
    };
    const wanted = keys.filter((key) => known(key) === undefined);
    const answers = await this.calls.make(
      wanted.map((key) => ({ procedure: "presignDownload", input: { key, ttlSeconds: addressSeconds } })),
    );
    const given = new Map(wanted.map((key, index) => [key, this.addressIn(answers[index])]));
    for (const [key, reached] of given) if (!isFailure(reached)) this.addresses.set(key, { reached, at: now });
    return keys.map((key) => known(key) ?? (given.get(key) as Reached | Failure));
  }

  /** Returns the address to send a file to, so that it gets the key the data-provider has chosen. */
  private async uploadTo({ url, key, headers }: UploadSpot): Promise<Reached> {
    const { sign } = this.place;
    return { url: sign === undefined ? url : await sign({ method: "PUT", key }), headers };
  }

  private addressIn(answer: Answer): Reached | Failure {
    if (!answer.ok) return failureOf(answer);
    const { url } = answer.data;
    return typeof url === "string" && URL.canParse(url)
      ? { url, headers: {} }
      : { failed: `${this.place.title} gives no address for downloads, though it answers 200`, about: "either" };
  }

  /** Makes the requests of items that have not failed; the others keep their failure. */
  private async each<T extends object>(
    items: readonly (T | Failure)[],
    request: (item: T, index: number) => Transfer,
  ): Promise<(TransferResult | Failure)[]> {
    const requests = items.map((item, index) => ("failed" in item ? undefined : request(item, index)));
    const results = (await this.transfers(requests.filter((one) => one !== undefined))).values();
    return items.map((item) => ("failed" in item ? item : (results.next().value as TransferResult)));
  }
}

/** Converts the refusal of a call into a failure of its file. */
function failureOf({ cause, why }: Refusal, before = ""): Failure {
  const failed = `${before}${why}`;
  return cause === "quota" ? { failed, about: "store", noMoreCalls: true } : { failed, about: "either" };
}

const plainType = "application/octet-stream";

/** Reads the response to a request for the first byte of an object. Pure. */
function lookedUp(result: TransferResult, title: string): Found | Doubt {
  const { status, error, body, contentRange, contentLength, contentType, etag } = result;
  if (status === 404 && refusalIn(body).code === "NoSuchKey") return "missing";
  if (status === 404 || status === 403) {
    const { code } = refusalIn(body);
    // Any other code says what is wrong with the bucket or its keys, and a data-provider takes it for a missing file.
    const mayBeMissing = code === undefined || code === "AccessDenied";
    return mayBeMissing ? { doubt: answerOf(result), code } : notGiven(result, title);
  }
  const type = contentType || plainType;
  // An empty object has no first byte.
  if (status === 416 || (status === 200 && contentLength === "0")) return { bytes: 0, md5: emptySum, type };
  const total = status === 206 ? /\/(\d+)$/.exec(contentRange)?.[1] : contentLength;
  if (error !== "" || (status !== 206 && status !== 200) || total === undefined || total === "")
    return notGiven(result, title);
  return { bytes: Number(total), md5: /^[0-9a-f]{32}$/i.test(etag) ? etag.toLowerCase() : "", type };
}

/** Reads the response to a request for a whole object. The file has the bucket's reason where it refused. */
function fetchedOf(result: TransferResult, title: string): Fetched | Failure | Doubt {
  const { status, error, bytes, md5, contentType, file } = result;
  if (status === 404) return { doubt: answerOf(result) };
  if (error !== "" || status !== 200) return notGiven(result, title);
  return { bytes, md5: md5 || emptySum, type: contentType || plainType, file };
}

function notGiven(result: TransferResult, title: string): Failure {
  const { exit, error } = result;
  const wait = busyFor(result);
  if (wait !== undefined) return { failed: `the bucket of ${title} ${wait}`, about: "store", noMoreCalls: true };
  if (exit === diskFull)
    return { failed: `the engine's disk does not hold it while it is carried: ${error}`, about: "store" };
  return { failed: `${title} does not give it out: ${error || answerOf(result)}`, about: "either" };
}

function answerOf({ status, body }: TransferResult): string {
  const { words } = refusalIn(body);
  return `its bucket answers ${status}${words === "" ? "" : ` (${words})`}${isOffTime(words) ? clockHint : ""}`;
}

/** True where a bucket takes a freshly signed address for one of another time. S3 reports it in two ways. Pure. */
function isOffTime(words: string): boolean {
  return /RequestTimeTooSkewed|expired/i.test(words);
}

const clockHint = "; is the clock right on the machine this command runs on?";

function spotIn(answer: Answer, title: string): UploadSpot | Failure {
  const failed = `${title} gives no address for files`;
  if (!answer.ok) return { ...failureOf(answer, `${failed}: `), about: "store" };
  return parseUploadSpot(answer.data) ?? { failed: `${failed}, though it answers 200`, about: "store" };
}

/**
 * Returns why a bucket did not take a file; undefined where it did. No refusal depends on the key the file is to have.
 */
function refusalOf(result: TransferResult, title: string): Failure | undefined {
  const { status, error, body } = result;
  if (error === "" && status >= 200 && status < 300) return undefined;
  const wait = busyFor(result);
  if (wait !== undefined) return { failed: `the bucket of ${title} ${wait}`, about: "store", noMoreCalls: true };
  const { code, words } = refusalIn(body);
  const failed = `the bucket of ${title} refuses it (${status}): ${error || words || "without a reason"}${isOffTime(words) ? clockHint : ""}`;
  return { failed, about: status === 413 || code === "EntityTooLarge" ? "file" : "store" };
}
