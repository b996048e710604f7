import { answerOf, type Answer } from "../scani/cloud/classify";
import { redact } from "../scani/cloud/call";
import type { Place } from "./place";
import { batchesOf, piecesOf } from "../../util/piecesOf";
import {
  busyFor,
  retryDelay,
  throttling,
  withRetries,
  type CurrentSignal,
  type Transfer,
  type TransferResult,
  type Transfers,
} from "./transfers";

/** A call of a data-provider's storage procedure. */
export interface StorageCall {
  readonly procedure:
    | "presignDownload"
    | "presignUpload"
    | "copyObject"
    | "deleteTempBlob"
    | "objectExists"
    | "readTempBlob"
    | "writeObject";
  readonly input: object;
  /** Bytes it moves, where it moves any. */
  readonly bytes?: number;
}

/**
 * Number of calls in one request. A data-provider answers those of one request concurrently: signing costs it next to
 * nothing, while a copy takes the whole file through its memory.
 */
const together: Readonly<Record<StorageCall["procedure"], number>> = {
  presignDownload: 30,
  presignUpload: 30,
  objectExists: 5,
  deleteTempBlob: 5,
  copyObject: 3,
  readTempBlob: 1,
  writeObject: 1,
};

/** Most bytes that the calls of one request move, unless a single call moves more. */
const mostMoved = 16 * 1024 * 1024;

/** Seconds for calls that move nothing, and the least bytes a second for others. */
const [answerSeconds, slowestMove] = [30, 500_000];

/** Longest address of a request; servers and proxies refuse those of 8 KB and more. */
const longestAddress = 6_000;

/**
 * Calls of a data-provider's storage, many in one request as tRPC's own clients make them: `a,b?batch=1`. A
 * data-provider that takes no batches gets a request for each call.
 */
export class StorageCalls {
  private batches = true;

  /**
   * @param signal ends the wait before such a call is made again
   * @param delay milliseconds before a call of a batch whose bucket is overloaded is made again
   */
  constructor(
    private readonly place: Place,
    private readonly transfers: Transfers,
    private readonly signal: CurrentSignal,
    private readonly delay = retryDelay,
  ) {}

  /** Makes calls of one procedure, and returns the answers in their order. */
  async make(calls: readonly StorageCall[]): Promise<Answer[]> {
    const retrying = { mayPass: (_: StorageCall, { busy }: Made) => busy, delayOf: () => 0 };
    const made = await withRetries(calls, (some) => this.makeOnce(some), retrying, this.delay, this.signal());
    return made.map(({ answer }) => answer);
  }

  private async makeOnce(calls: readonly StorageCall[]): Promise<Made[]> {
    if (calls.length === 0) return [];
    const groups = this.batches ? this.grouped(calls) : calls.map((call) => [call]);
    const results = await this.transfers(groups.map((group) => this.request(group)));
    const answers = groups.map((group, index) => this.answers(group.length, results[index]));
    const refused = groups.filter((_, index) => answers[index] === undefined).flat();
    if (refused.length > 0) this.batches = false;
    const again = (await this.makeOnce(refused)).values();
    return answers.flatMap((known, index) => known ?? groups[index].map(() => again.next().value as Made));
  }

  private grouped(calls: readonly StorageCall[]): StorageCall[][] {
    const most = { length: together[calls[0].procedure], weight: mostMoved };
    return batchesOf(calls, ({ bytes = 0 }) => bytes, most).flatMap((batch) => this.shortened(batch));
  }

  /** Halves batches whose address would be too long. */
  private shortened(calls: StorageCall[]): StorageCall[][] {
    if (calls.length === 1 || this.request(calls).url.length <= longestAddress) return [calls];
    return piecesOf(calls, Math.ceil(calls.length / 2)).flatMap((half) => this.shortened(half));
  }

  private request(calls: readonly StorageCall[]): Transfer {
    const [{ procedure, input }] = calls;
    const batch = calls.length > 1;
    const names = calls.map((call) => `storage.${call.procedure}`).join(",");
    const address = `${this.place.url.replace(/\/$/, "")}/trpc/${names}`;
    const body = JSON.stringify(batch ? Object.fromEntries(calls.map((call, index) => [index, call.input])) : input);
    const headers = { authorization: `Bearer ${this.place.key}` };
    if (procedure === "presignDownload") {
      const query = `${batch ? "batch=1&" : ""}input=${encodeURIComponent(body)}`;
      return { method: "GET", url: `${address}?${query}`, headers };
    }
    return {
      method: "POST",
      url: `${address}${batch ? "?batch=1" : ""}`,
      headers: { ...headers, "content-type": "application/json" },
      body,
      stallSeconds: answerSeconds + calls.reduce((sum, { bytes = 0 }) => sum + bytes, 0) / slowestMove,
      // The first copy may still be in progress.
      ...(procedure === "copyObject" ? { once: true } : {}),
    };
  }

  /** Returns the answer to each call of a request; undefined where the calls have to be made one by one. */
  private answers(count: number, result: TransferResult): Made[] | undefined {
    const { status, body, error } = result;
    const { key, title } = this.place;
    const answered = (code: number, text: string): Answer =>
      answerOf(title, {
        exitCode: 0,
        status: code,
        connected: true,
        seconds: 0,
        message: "",
        location: "",
        body: redact(key, text),
      });
    const wait = busyFor(result);
    const whole = (): Answer => {
      if (wait !== undefined) return { ok: false, cause: "quota", why: `${title} ${wait}` };
      return error === ""
        ? answered(status, body)
        : { ok: false, cause: "unknown", why: `${title}: ${redact(key, error)}` };
    };
    // A request that was throttled as a whole has been made again by now.
    const busy = (code: number, text: string) => !throttling.includes(status) && isBusy(code, text);
    if (count === 1) return [{ answer: whole(), busy: error === "" && busy(status, body) }];
    const each = error === "" && wait === undefined ? partsOf(body, count) : undefined;
    if (each !== undefined)
      return each.map((part) => {
        const [code, text] = [part.error?.data?.httpStatus ?? 200, JSON.stringify(part)];
        return { answer: answered(code, text), busy: busy(code, text) };
      });
    // Do not repeat the calls one by one at a server that is down or overloaded.
    return error !== "" || status >= 500 || status === 429
      ? Array.from({ length: count }, () => ({ answer: whole(), busy: false }))
      : undefined;
  }
}

/** Answer to a call. */
interface Made {
  readonly answer: Answer;
  /** True where it may succeed later: the call was not begun, or the bucket behind it was overloaded. */
  readonly busy: boolean;
}

/**
 * True where a call asked too much. A data-provider hands on what its bucket says of that as an error of its own, 500.
 * Pure.
 */
function isBusy(status: number, body: string): boolean {
  return throttling.includes(status) || (status >= 500 && /SlowDown|reduce your request rate/i.test(body));
}

interface Part {
  readonly result?: unknown;
  readonly error?: { readonly data?: { readonly httpStatus?: number } };
}

/** Returns the parts of the answer to a batch; undefined for any other answer. */
function partsOf(body: string, count: number): Part[] | undefined {
  try {
    const parts = JSON.parse(body) as unknown;
    return Array.isArray(parts) && parts.length === count ? (parts as Part[]) : undefined;
  } catch {
    return undefined;
  }
}
