import { checkInterrupt } from "../engine/ready";
import { piecesOf } from "../../util/piecesOf";
import type { NamedFile } from "./named";
import { deletedSince, loadBatches, possibleKey, sameContent, verdictOn, type Load } from "./plan";
import { isContent, isFailure, type Failure, type Fetched, type FileStore } from "./store";

/** Requests that are under way at a time, so that whoever uses the stores meanwhile does not wait long. */
const lanes = 4;

/** Keys a lane asks for, and files it fetches before it stores them, at once. */
const [askedAtOnce, carriedAtOnce] = [60, 50];

/** The two stores of one lane. */
export interface Pair {
  readonly from: FileStore;
  readonly to: FileStore;
}

/** What carrying needs beside the stores. */
export interface CarryHelp {
  /** Aborted when the operator interrupts. */
  readonly signal: AbortSignal;
  /** Keeps the keys under which the new store holds files until they are copied, should this run die. */
  remember(lane: number, temporary: readonly string[]): Promise<void>;
  /** Told how far it is. */
  progress(done: number, all: number): void;
}

/** A file that could not be carried. */
export interface Stuck {
  readonly file: NamedFile;
  readonly failure: Failure;
}

/** Times a file is tried that fails by itself and that no job waits for. */
const mostTries = 2;

/** What carrying has come to, over several passes. */
export class CarryTally {
  /** Bytes of what was carried, by key. */
  readonly carried = new Map<string, number>();
  /** Keys the new store had already. */
  readonly there = new Set<string>();
  /** Files that rows name and the old store does not have. */
  readonly gone = new Set<string>();
  private readonly stuckBy = new Map<string, Stuck & { readonly times: number }>();

  /** What could not be carried so far. */
  get stuck(): readonly Stuck[] {
    return [...this.stuckBy.values()];
  }

  get bytes(): number {
    return [...this.carried.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Notes where a file was found last. */
  found(key: string, where: "carried" | "there" | "gone", bytes = 0): void {
    if (where === "carried") this.carried.set(key, bytes);
    else this[where].add(key);
    if (where !== "gone") this.gone.delete(key);
    this.stuckBy.delete(key);
  }

  /** Notes that a file could not be carried. */
  failed(file: NamedFile, failure: Failure): void {
    this.stuckBy.set(file.key, { file, failure, times: (this.stuckBy.get(file.key)?.times ?? 0) + 1 });
  }

  /**
   * Files that are still to be looked at: a job's that was not found may have come since, and what failed is tried
   * again, a few times where nothing waits for it. What is no longer named is no longer stuck.
   */
  fresh(named: readonly NamedFile[]): NamedFile[] {
    const still = new Set(named.map(({ key }) => key));
    for (const key of this.stuckBy.keys()) if (!still.has(key)) this.stuckBy.delete(key);
    return named.filter(
      ({ key, by }) =>
        !this.carried.has(key) && !this.there.has(key) && (by === "job" || !(this.gone.has(key) || this.hopeless(key))),
    );
  }

  private hopeless(key: string): boolean {
    const stuck = this.stuckBy.get(key);
    return stuck !== undefined && stuck.failure.alone === true && stuck.times >= mostTries;
  }
}

/** Compares both stores. @returns what is to be carried; the rest is in the tally */
export async function compare(
  pairs: readonly Pair[],
  files: readonly NamedFile[],
  tally: CarryTally,
  help: CarryHelp,
): Promise<Load[]> {
  const loads: Load[] = [];
  const asked = files.filter(({ key }) => possibleKey(key));
  for (const { key } of files) if (!possibleKey(key)) tally.found(key, "gone");
  await inLanes(
    pairs,
    piecesOf(asked, shareOf(asked, pairs, askedAtOnce)),
    help.signal,
    async ({ from, to }, piece) => {
      const keys = piece.map(({ key }) => key);
      const [old, now] = [await from.look(keys), await to.look(keys)];
      piece.forEach((file, index) => {
        const verdict = verdictOn(file, old[index], now[index]);
        if (verdict.is === "carry") loads.push({ file, content: verdict.content });
        else if (verdict.is === "stuck") tally.failed(file, verdict.failure);
        else tally.found(file.key, verdict.is);
      });
    },
  );
  return loads;
}

/** Carries what one pass finds that the new store lacks, and compares it there. Nothing is removed from the old one. */
export async function carryOnce(
  pairs: readonly Pair[],
  files: readonly NamedFile[],
  tally: CarryTally,
  help: CarryHelp,
): Promise<void> {
  const loads = await compare(pairs, files, tally, help);
  let done = 0;
  // What jobs wait for goes first.
  const ordered = loads.toSorted((a, b) => Number(b.file.by === "job") - Number(a.file.by === "job"));
  await inLanes(
    pairs,
    loadBatches(ordered, shareOf(ordered, pairs, carriedAtOnce)),
    help.signal,
    async (pair, batch, lane) => {
      for (const { file, came } of await carryBatch(pair, batch, (keys) => help.remember(lane, keys))) {
        if (came === "missing") tally.found(file.key, "gone");
        else if (isFailure(came)) tally.failed(file, came);
        else tally.found(file.key, "carried", came.bytes);
      }
      done += batch.length;
      help.progress(done, loads.length);
    },
  );
}

/** Removes copies of papers whose rows users have deleted since they were carried. */
export async function takeBackDeleted(
  to: FileStore,
  named: readonly NamedFile[],
  tally: CarryTally,
): Promise<string[]> {
  const deleted = deletedSince(tally.carried.keys(), named);
  await to.remove(deleted);
  for (const key of deleted) tally.carried.delete(key);
  return deleted;
}

interface Came {
  readonly file: NamedFile;
  readonly came: Fetched | "missing" | Failure;
}

async function carryBatch(
  { from, to }: Pair,
  batch: readonly Load[],
  note: (temporary: readonly string[]) => Promise<void>,
): Promise<Came[]> {
  const fetched = await from.fetch(batch.map(({ file }) => file.key));
  const whole = batch.flatMap(({ file }, index) => {
    const content = fetched[index];
    return isContent(content) ? [{ key: file.key, content }] : [];
  });
  const stored = await to.store(whole, note);
  const found = await to.look(whole.map(({ key }) => key));
  return batch.map(({ file }, index): Came => {
    const content = fetched[index];
    if (!isContent(content)) return { file, came: content };
    const at = whole.findIndex(({ key }) => key === file.key);
    const [put, now] = [stored[at], found[at]];
    if (put !== "stored") return { file, came: put };
    if (isFailure(now)) return { file, came: now };
    return now !== "missing" && sameContent(content, now)
      ? { file, came: content }
      : { file, came: { failed: `${to.place.title} has it otherwise than it was sent` } };
  });
}

/** Works on things, in each lane one after the other. The first failure ends all lanes after what they are at. */
async function inLanes<T>(
  pairs: readonly Pair[],
  things: readonly T[],
  signal: AbortSignal,
  work: (pair: Pair, thing: T, lane: number) => Promise<void>,
): Promise<void> {
  const waiting = [...things];
  const failures: unknown[] = [];
  await Promise.all(
    pairs.map(async (pair, lane) => {
      for (let thing = waiting.shift(); thing !== undefined; thing = waiting.shift()) {
        try {
          checkInterrupt(signal);
          await work(pair, thing, lane);
        } catch (error) {
          failures.push(error);
          waiting.length = 0;
        }
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}

/** Things a lane takes at once, so that a few are shared by all. Pure. */
function shareOf(things: readonly unknown[], pairs: readonly Pair[], most: number): number {
  return Math.max(1, Math.min(most, Math.ceil(things.length / pairs.length)));
}

/** Pairs of stores for all lanes. */
export function pairsOf(make: (lane: number) => Pair): readonly [Pair, ...Pair[]] {
  const [first, ...others] = Array.from({ length: lanes }, (_, lane) => make(lane));
  return [first, ...others];
}
