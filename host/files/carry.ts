import { randomUUID } from "node:crypto";
import { checkInterrupt } from "../engine/containers/ready";
import { piecesOf } from "../../util/piecesOf";
import type { NamedFile } from "./named";
import { loadBatches, needsSums, possibleKey, sameContent, verdictOn, type End, type Load } from "./plan";
import { isContent, isFailure, mostFetched, type Failure, type Fetched, type FileStore, type Found } from "./store";

/** Requests in progress at a time: few, so that other users of the stores do not wait long. */
const lanes = 4;

/** Number of keys a lane asks for at once, and of files it fetches before it stores them. */
const atOnce = 60;

/** Returns the bytes carrying takes on the disk of the new store: the files, and twice those in progress. Pure. */
export function diskTaken(bytes: number): number {
  return bytes + 2 * Math.min(bytes, lanes * mostFetched);
}

/** The two stores of one lane. */
export interface Pair {
  readonly from: FileStore;
  readonly to: FileStore;
}

/** Signal and callbacks for carrying. */
export interface CarryHelp {
  /** Aborted when the operator interrupts. */
  readonly signal: AbortSignal;
  /** Records the keys under which the new store holds files until they are copied, in case this run dies. */
  remember(lane: number, temporary: readonly string[]): Promise<void>;
  /** Notes files that the new store has otherwise or not at all, before any of them is sent there. */
  begin(files: readonly NamedFile[]): Promise<void>;
  /** Reports how many files are done. */
  progress(done: number, all: number): void;
}

/** A file that could not be carried. */
export interface Stuck {
  readonly file: NamedFile;
  readonly failure: Failure;
  /** The store at which it failed. */
  readonly at: End;
}

/** Tries for a file that fails by itself and that no job waits for. */
const mostTries = 2;

/** Results of carrying, over several passes. */
export class CarryTally {
  /** Bytes of each carried file, by key. */
  readonly carried = new Map<string, number>();
  /** Keys the new store had already. */
  readonly there = new Set<string>();
  /** Files that rows name and neither store has. */
  readonly gone = new Set<string>();
  /** Papers whose copies were removed from the new store, since users have deleted them. */
  readonly removed = new Set<string>();
  /** Such papers whose copies could not be removed, with the reason. */
  readonly unremoved = new Map<string, string>();
  /** Bytes of each file the old store was seen to have, by key. */
  readonly seen = new Map<string, number>();
  private readonly stuckBy = new Map<string, Stuck & { readonly times: number }>();

  /** Files that could not be carried so far. */
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
  failed(stuck: Stuck): void {
    const { key } = stuck.file;
    this.stuckBy.set(key, { ...stuck, times: (this.stuckBy.get(key)?.times ?? 0) + 1 });
  }

  /** Notes whether the files or the store is to blame for those that could not be carried. */
  setBlame(all: readonly Stuck[], about: "file" | "store"): void {
    for (const { file } of all) {
      const stuck = this.stuckBy.get(file.key);
      if (stuck !== undefined) this.stuckBy.set(file.key, { ...stuck, failure: { ...stuck.failure, about } });
    }
  }

  /** Key of the smallest file with contents that the old store was seen to have, of those that did not fail. */
  get smallest(): string | undefined {
    const well = [...this.seen].filter(([key, bytes]) => bytes > 0 && !this.stuckBy.has(key));
    return well.length === 0 ? undefined : well.reduce((least, one) => (one[1] < least[1] ? one : least))[0];
  }

  /**
   * Returns the files still to be looked at: a job's that was not found may have come since, and a failed one is tried
   * again, a few times where nothing waits for it. A file that is no longer named is no longer stuck.
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
    return stuck !== undefined && stuck.failure.about === "file" && stuck.times >= mostTries;
  }
}

/** Compares both stores, and writes nothing to either. @returns files to be carried; the rest is in the tally */
export async function compare(
  pairs: readonly [Pair, ...Pair[]],
  files: readonly NamedFile[],
  tally: CarryTally,
  help: CarryHelp,
): Promise<Load[]> {
  const { loads } = await lookAll(pairs, urgentFirst(files), tally, help);
  const answered = [...tally.there, ...loads.map(({ file }) => file.key)].slice(0, 1);
  await classifyFailures(pairs[0], tally, tally.stuck, async (to) => {
    const found = await lookTo(to, answered);
    return found.length > 0 && !found.some(isFailure);
  });
  return loads;
}

async function lookAll(
  pairs: readonly Pair[],
  files: readonly NamedFile[],
  tally: CarryTally,
  help: CarryHelp,
): Promise<{ readonly loads: Load[]; readonly why?: Why }> {
  const loads: Load[] = [];
  const asked = files.filter(({ key }) => possibleKey(key));
  for (const { key } of files) if (!possibleKey(key)) tally.found(key, "gone");
  const left = await inLanes(pairs, piecesOf(asked, shareOf(asked, pairs)), help.signal, async (pair, piece) => {
    const keys = piece.map(({ key }) => key);
    const [old, now] = await bothHave(pair, keys);
    piece.forEach((file, index) => {
      const found = old[index];
      if (isContent(found)) tally.seen.set(file.key, found.bytes);
      const verdict = verdictOn(file, found, now[index]);
      if (verdict.is === "carry") loads.push({ file, content: verdict.content });
      else if (verdict.is === "stuck") tally.failed({ file, ...verdict });
      else tally.found(file.key, verdict.is);
    });
    return endOf(old, "from") ?? endOf(now, "to");
  });
  if (left !== undefined) giveUp(left.things.flat(), left.why, tally);
  return { loads, why: left?.why };
}

/**
 * Looks files up in the new store. A refusal that may mean a missing file counts as missing, as Scani takes it; the old
 * store's files are not given up for that.
 */
async function lookTo(to: FileStore, keys: readonly string[]): Promise<Found[]> {
  const found = await to.look(keys);
  return found.map((one) => (isFailure(one) && one.mayBeMissing ? "missing" : one));
}

/** Looks files up in both stores, with checksums of the files where only these can tell whether they are the same. */
async function bothHave({ from, to }: Pair, keys: readonly string[]): Promise<[Found[], Found[]]> {
  const [old, now] = await Promise.all([from.look(keys), lookTo(to, keys)]);
  const open = keys.flatMap((key, index) => {
    const found = old[index];
    return isContent(found) && needsSums(found, now[index]) ? [{ key, bytes: found.bytes, index }] : [];
  });
  const [oldSums, nowSums] = await Promise.all([from.sum(open), to.sum(open)]);
  open.forEach(({ index }, at) => {
    old[index] = oldSums[at];
    // A file that cannot be read there counts as different, and is overwritten.
    if (isContent(nowSums[at])) now[index] = nowSums[at];
  });
  return [old, now];
}

/** Reason not to try the remaining files. */
type Why = Pick<Stuck, "failure" | "at">;

/** Returns the failure of a store that failed for all of these files, or takes no more calls; else undefined. */
function endOf(found: readonly Found[], at: End): Why | undefined {
  const failures = found.filter(isFailure);
  const failure = failures.find(({ noMoreCalls }) => noMoreCalls) ?? failures.at(0);
  if (failure === undefined) return undefined;
  return failure.noMoreCalls === true || failures.length === found.length ? { failure, at } : undefined;
}

const filesOf = (loads: readonly Load[]) => loads.map(({ file }) => file);

/** Notes that files were not tried, because a store fails whatever it is asked. */
function giveUp(files: readonly NamedFile[], { failure, at }: Why, tally: CarryTally): void {
  for (const file of files) tally.failed({ file, failure: { ...failure, about: "store" }, at });
}

/** Sorts files so that those jobs wait for go first. */
function urgentFirst(files: readonly NamedFile[]): NamedFile[] {
  return files.toSorted((a, b) => Number(b.by === "job") - Number(a.by === "job"));
}

/**
 * Carries the files that one pass finds missing in the new store, and compares them there. Removes nothing from the old
 * one. Files are looked at and carried round by round: if a data-provider allows no more calls, those of the first
 * rounds are there.
 */
export async function carryOnce(
  pairs: readonly [Pair, ...Pair[]],
  files: readonly NamedFile[],
  tally: CarryTally,
  help: CarryHelp,
): Promise<void> {
  let why: Why | undefined;
  let done = 0;
  for (const some of piecesOf(urgentFirst(files), pairs.length * atOnce)) {
    if (why === undefined)
      why = await carrySome(pairs, some, tally, {
        ...help,
        progress: (carried) => help.progress(done + carried, files.length),
      });
    else giveUp(some, why, tally);
    done += some.length;
  }
  await classifyFailures(pairs[0], tally, tally.stuck, (to) => takesOthers(to, tally));
}

/** Carries the files of one round. @returns why no further files need be tried */
async function carrySome(
  pairs: readonly [Pair, ...Pair[]],
  files: readonly NamedFile[],
  tally: CarryTally,
  help: CarryHelp,
): Promise<Why | undefined> {
  const { loads, why } = await lookAll(pairs, files, tally, help);
  // Go on if only the old store takes no more calls: the files found there have their addresses by now.
  if (why?.failure.noMoreCalls === true && why.at === "to") {
    giveUp(filesOf(loads), why, tally);
    return why;
  }
  await help.begin(filesOf(loads));
  const takes = (to: FileStore) => takesOthers(to, tally);
  let done = files.length - loads.length;
  const left = await inLanes(
    pairs,
    loadBatches(loads, shareOf(loads, pairs)),
    help.signal,
    async (pair, batch, lane) => {
      const stuck: Stuck[] = [];
      for (const { file, came, at } of await carryBatch(pair, batch, (keys) => help.remember(lane, keys))) {
        if (came === "missing") tally.found(file.key, "gone");
        else if (isFailure(came)) stuck.push({ file, failure: came, at });
        else tally.found(file.key, "carried", came.bytes);
      }
      for (const one of stuck) tally.failed(one);
      done += batch.length;
      help.progress(done, files.length);
      const end = stuck.find(({ failure }) => failure.noMoreCalls);
      return end ?? (stuck.length < batch.length ? undefined : classifyFailures(pair, tally, stuck, takes));
    },
  );
  if (left !== undefined) giveUp(filesOf(left.things.flat()), left.why, tally);
  return left?.why ?? why;
}

/**
 * Decides whether the file or the store is to blame: if the store handles another file, the file is.
 * @param takes checks that the new store handles other files
 * @returns a file that failed because of its store
 */
async function classifyFailures(
  pair: Pair,
  tally: CarryTally,
  stuck: readonly Stuck[],
  takes: (to: FileStore) => Promise<boolean>,
): Promise<Why | undefined> {
  for (const end of ["from", "to"] as const) {
    const open = stuck.filter(({ at, failure }) => at === end && failure.about === "either");
    if (open.length === 0) continue;
    const works = end === "from" ? await givesOthers(pair.from, tally) : await takes(pair.to);
    tally.setBlame(open, works ? "file" : "store");
  }
  const keys = new Set(stuck.map(({ file }) => file.key));
  return tally.stuck.find(({ file, failure }) => keys.has(file.key) && failure.about === "store");
}

/** True where the old store gives out another file as a whole. */
async function givesOthers(from: FileStore, tally: CarryTally): Promise<boolean> {
  const { smallest } = tally;
  return smallest !== undefined && (await from.fetch([smallest])).every((found) => isContent(found));
}

/** True where the new store gives out a file it has, and takes a sample file under a key made for that. */
async function takesOthers(to: FileStore, { carried, there }: CarryTally): Promise<boolean> {
  const [known] = [...carried.keys(), ...there];
  if (known === undefined) return false;
  return (await to.look([known])).every(isContent) && (await to.tryOut(randomUUID())) === undefined;
}

/** Removes copies of papers whose rows users have deleted since they were carried. */
export async function takeBackDeleted(to: FileStore, deleted: readonly string[], tally: CarryTally): Promise<void> {
  const failed = await to.remove(deleted);
  for (const key of deleted) {
    const why = failed.get(key);
    if (why !== undefined) {
      tally.unremoved.set(key, why);
      continue;
    }
    tally.unremoved.delete(key);
    tally.removed.add(key);
    for (const found of [tally.carried, tally.there]) found.delete(key);
  }
}

interface Came {
  readonly file: NamedFile;
  readonly came: Fetched | "missing" | Failure;
  /** The store at which it failed, if it did. */
  readonly at: End;
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
  const found = await withSums(to, whole, await to.store(whole, note));
  return batch.map(({ file }, index): Came => {
    const content = fetched[index];
    if (!isContent(content)) return { file, came: content, at: "from" };
    const now = found.get(file.key) as Found;
    if (isFailure(now)) return { file, came: now, at: "to" };
    if (isContent(now) && sameContent(content, now)) return { file, came: content, at: "to" };
    const failed = `${to.place.title} has it otherwise than it was sent`;
    return { file, came: { failed, about: "store" }, at: "to" };
  });
}

/** Returns the store's results for files it was sent, with checksums where only these tell that they are the same. */
async function withSums(
  to: FileStore,
  sent: readonly { readonly key: string; readonly content: Fetched }[],
  told: readonly Found[],
): Promise<Map<string, Found>> {
  const open = sent.flatMap(({ key, content }, index) =>
    needsSums(content, told[index]) ? [{ key, bytes: content.bytes }] : [],
  );
  const sums = await to.sum(open);
  return new Map([
    ...sent.map(({ key }, index): [string, Found] => [key, told[index]]),
    ...open.map(({ key }, index): [string, Found] => [key, sums[index]]),
  ]);
}

/**
 * Works on things in lanes, in each one after the other. The first failure ends all lanes after their current thing,
 * and so does work that returns why the others need not be tried.
 * @param stores one for each lane
 * @returns the things that were not tried then, and why
 */
export async function inLanes<S, T, W>(
  stores: readonly S[],
  things: readonly T[],
  signal: AbortSignal,
  work: (store: S, thing: T, lane: number) => Promise<W | undefined>,
): Promise<{ readonly things: readonly T[]; readonly why: W } | undefined> {
  const waiting = [...things];
  const failures: unknown[] = [];
  let left: { readonly things: readonly T[]; readonly why: W } | undefined;
  await Promise.all(
    stores.map(async (store, lane) => {
      for (let thing = waiting.shift(); thing !== undefined; thing = waiting.shift()) {
        try {
          checkInterrupt(signal);
          const why = await work(store, thing, lane);
          if (why !== undefined) left ??= { things: waiting.splice(0), why };
        } catch (error) {
          failures.push(error);
          waiting.length = 0;
        }
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
  return left;
}

/** Returns how many things a lane takes at once, so that all lanes share a few. Pure. */
export function shareOf(things: readonly unknown[], stores: readonly unknown[]): number {
  return Math.max(1, Math.min(atOnce, Math.ceil(things.length / stores.length)));
}

/** Makes something to work with for each lane. */
export function lanesOf<S>(make: (lane: number) => S): readonly [S, ...S[]] {
  const [first, ...others] = Array.from({ length: lanes }, (_, lane) => make(lane));
  return [first, ...others];
}
