import { commandToRun } from "../engine/containers/commandToRun";
import { checkInterrupt } from "../engine/containers/ready";
import { details, type Engine } from "../engine/engine";
import type { ReleaseContainer } from "../install/facts";
import type { FileCount } from "../install/filesEntry";
import type { Install } from "../install/readFacts";
import { OperatorError } from "../../util/operatorError";
import { carryOnce, compare, lanesOf, takeBackDeleted, CarryTally, type CarryHelp, type Pair } from "./carry";
import { readCarriedBefore, writeCarriedBefore, type CarriedBefore, type Way } from "./carriedBefore";
import { openCarrier, type Carrier } from "./carrier";
import { jobsAmong, type NamedFile } from "./named";
import { deletedSince, papersAmong } from "./plan";
import type { Side } from "./place";
import { readTemporary, writeTemporary, type Temporary } from "./temporary";

/** The sides files are carried between, and the query for those the database names. */
export interface CarriageOrder {
  readonly install: Install;
  /** Both places are reached from a container with its image and networks. */
  readonly api: ReleaseContainer;
  readonly from: Side;
  readonly to: Side;
  named(): Promise<NamedFile[]>;
  /** Checks the room at the new place; undefined where nobody here can. @throws OperatorError when it has too little */
  checkRoom?(bytes: number): Promise<void>;
}

/** Signal and progress report of carrying. */
export interface CarriageWatch {
  readonly signal: AbortSignal;
  progress(done: number, all: number): void;
}

/**
 * Stage of a carrying: the `bulk`, with the files named meanwhile; the `rest`, which leaves those to the next time; or
 * `late` files, once users delete papers at the new place.
 */
export type Stage = "bulk" | "rest" | "late";

/** Files to be carried. */
export interface LoadCount extends FileCount {
  /** Those of them that waiting jobs need. */
  readonly jobs: number;
}

/** Most passes over files that could not be carried or have come since. */
const mostPasses = 3;

/** Container and stores in use while files are carried. */
interface Opened {
  readonly carrier: Carrier;
  readonly pairs: readonly [Pair, ...Pair[]];
}

/**
 * Carrying in one handover: the bulk of the files, and later those that came since. Its container stays in between,
 * because no worker runs while the last files are carried; `close` removes it.
 */
export class Carriage {
  readonly tally = new CarryTally();
  private opened?: Opened;
  /** Signal of the work under way, or of the last. */
  private signal: AbortSignal = new AbortController().signal;
  /** Files the database named when it was last asked. */
  private named: readonly NamedFile[] = [];
  /** What runs of this carrying have done so far, as it is on record; undefined until that has been read. */
  private before?: CarriedBefore;
  /** Papers users had deleted when copies of such were last to be removed. */
  private deleted: readonly string[] = [];
  /** Record of temporary files, as it was last read or written. */
  private recorded: readonly Temporary[] = [];

  constructor(
    private readonly engine: Engine,
    readonly order: CarriageOrder,
  ) {}

  /**
   * Carries every named file that is not at the new place, in some passes: files that could not be carried are tried
   * again. If there is nothing to look at, only the database is asked. Copies of papers that users have deleted since
   * they were carried are removed, until users delete them at the new place themselves.
   */
  async carry(watch: CarriageWatch, stage: Stage): Promise<void> {
    for (let pass = 1; pass <= mostPasses; pass += 1) {
      if (stage === "bulk" || pass === 1) {
        await this.readNamed();
        if (stage !== "late") await this.takeBackDeleted(watch);
      }
      const fresh = this.tally.fresh(this.named);
      // A file that a job waits for and neither place has may still come, but not at once.
      if (fresh.every(({ key }) => pass > 1 && this.tally.gone.has(key))) break;
      await this.between(watch, (pairs, help) => carryOnce(pairs, fresh, this.tally, help));
      if (this.outOfCalls) break;
    }
    await this.noteCarried();
  }

  /** True where a data-provider allows no more calls for now. */
  private get outOfCalls(): boolean {
    return this.tally.stuck.some(({ failure }) => failure.noMoreCalls);
  }

  private get way(): Way {
    const { from, to } = this.order;
    return { from: from.place.id, to: to.place.id };
  }

  /** Reads the named files, and skips those an earlier run saw at the new place, unless a job waits for them. */
  private async readNamed(): Promise<void> {
    this.named = await this.order.named();
    this.before ??= await readCarriedBefore(this.engine, this.order.install.gateway, this.way);
    const before = new Set(this.before.keys);
    const { carried, there } = this.tally;
    for (const { key, by } of this.named) if (by !== "job" && before.has(key) && !carried.has(key)) there.add(key);
  }

  /**
   * Records which files are at the new place. Comparing costs a call a file: with more files than calls an hour, each
   * run would use the calls up for the same files.
   */
  private async noteCarried(): Promise<void> {
    const { carried, there } = this.tally;
    await this.note({ keys: this.outOfCalls ? [...there, ...carried.keys()] : [] });
  }

  /** Keys of papers that runs of this carrying have put at the new place, or were about to. */
  private get papers(): readonly string[] {
    return this.before?.papers ?? [];
  }

  /** Replaces a part of the record of what has been done. */
  private async note(changes: Partial<Pick<CarriedBefore, "keys" | "papers">>): Promise<void> {
    const before = this.before ?? { at: "", keys: [], papers: [] };
    const now = { ...before, ...changes };
    const same = sameKeys(before.keys, now.keys);
    if (same && sameKeys(before.papers, now.papers)) return;
    this.before = { ...now, at: same ? before.at : new Date().toISOString() };
    await writeCarriedBefore(this.engine, this.order.install.gateway, this.way, this.before);
  }

  /**
   * Removes copies of papers whose rows were gone when the database was last asked; the tally says what became of them.
   */
  private async takeBackDeleted(watch: CarriageWatch): Promise<void> {
    this.deleted = deletedSince(this.papers, this.named);
    if (this.deleted.length === 0) return;
    await this.between(watch, ([{ to }]) => takeBackDeleted(to, this.deleted, this.tally));
    await this.note({ papers: this.papers.filter((key) => !this.tally.removed.has(key)) });
  }

  /**
   * Ends the record, since users delete papers where they are from now on. Copies that were to be removed and are not
   * stay on it.
   */
  async finish(): Promise<void> {
    const deleted = new Set(this.deleted);
    await this.note({ keys: [], papers: this.papers.filter((key) => deleted.has(key)) });
  }

  /**
   * Compares the named files, and carries none. Files found at the new place are in the tally, so that a second
   * comparison asks only for those that came since.
   * @returns files to be carried, and their bytes; files that could not be compared are in the tally
   */
  async count(watch: CarriageWatch): Promise<LoadCount> {
    await this.readNamed();
    const fresh = this.tally.fresh(this.named);
    if (fresh.length === 0) return { files: 0, bytes: 0, jobs: 0 };
    const loads = await this.between(watch, (pairs, help) => compare(pairs, fresh, this.tally, help));
    return {
      files: loads.length,
      bytes: loads.reduce((sum, { content }) => sum + content.bytes, 0),
      jobs: jobsAmong(loads.map(({ file }) => file)),
    };
  }

  /** Keys that rows or waiting jobs name and neither place has; a finished job's file may be gone. */
  get lost(): readonly string[] {
    return this.named.flatMap(({ key, by }) => (by !== "finished job" && this.tally.gone.has(key) ? [key] : []));
  }

  /** Notes that files which are not known to be at the new place are carried no more. @param why in a few words */
  giveUp(why: string): void {
    for (const file of this.tally.fresh(this.named))
      if (!this.tally.gone.has(file.key))
        this.tally.failed({ file, failure: { failed: why, about: "store" }, at: "from" });
  }

  /**
   * Returns a carriage that carries back the files that came to the new place since. With another engine, because this
   * run's calls may have been ended.
   */
  back(engine: Engine): Carriage {
    const { order, tally } = this;
    const back = new Carriage(engine, { ...order, from: order.to, to: order.from });
    for (const key of [...tally.there, ...tally.carried.keys()]) back.tally.there.add(key);
    return back;
  }

  /** Removes the container files are carried from. @param engine whose calls still go through */
  async close(engine: Engine): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.carrier.close(engine);
  }

  private async between<T>(
    { signal, progress }: CarriageWatch,
    work: (pairs: readonly [Pair, ...Pair[]], help: CarryHelp) => Promise<T>,
  ): Promise<T> {
    checkInterrupt(signal);
    const { from, to } = this.order;
    this.signal = signal;
    await Promise.all([from, to].map((side) => this.checkRuns(side)));
    const { pairs } = await this.open();
    const temporary = new Map<number, readonly string[]>();
    let last: Promise<void> = Promise.resolve();
    let waiting: Promise<void> | undefined;
    // Writes what all lanes have by then, so that those that wait for the same write share it.
    const write = (): Promise<void> =>
      (waiting ??= last =
        last.then(() => {
          waiting = undefined;
          return this.record(leftBy(pairs, temporary));
        }));
    const done = await work(pairs, {
      signal,
      progress,
      // A run that dies could not write it any more. Papers the new place had are its own, and not on record.
      begin: (files) => this.note({ papers: [...new Set([...this.papers, ...papersAmong(files)])] }),
      remember: (lane, keys) => {
        temporary.set(lane, keys);
        return write();
      },
    });
    temporary.clear();
    await write();
    return done;
  }

  /** Records the temporary files of both stores; those of others stay on record. */
  private async record(left: readonly Temporary[]): Promise<void> {
    const { install, from, to } = this.order;
    const others = this.recorded.filter(({ store }) => store !== from.place.title && store !== to.place.title);
    const all = [...others, ...left];
    if (JSON.stringify(all) === JSON.stringify(this.recorded)) return;
    await writeTemporary(this.engine, install.gateway, all);
    this.recorded = all;
  }

  /** Returns the open container, or starts one: it ends by itself when nothing was carried for a while. */
  private async open(): Promise<Opened> {
    if (this.opened !== undefined && (await this.opened.carrier.runs())) return this.opened;
    const { install, api, from, to } = this.order;
    const carrier = await openCarrier(this.engine, install.name, api, [from, to], () => this.signal);
    const pairs = lanesOf((lane) => ({
      from: carrier.reach(from.place, lane),
      to: carrier.reach(to.place, lane),
    }));
    this.opened = { carrier, pairs };
    await this.removeLeft(pairs[0]);
    return this.opened;
  }

  /** Removes temporary files of earlier runs from the stores; those it cannot remove stay on record. */
  private async removeLeft({ from, to }: Pair): Promise<void> {
    this.recorded = await readTemporary(this.engine, this.order.install.gateway);
    for (const store of [from, to]) {
      const left = this.recorded.filter((one) => one.store === store.place.title);
      await store.removeTemporary(left.flatMap(({ keys }) => keys));
    }
  }

  private async checkRuns({ provider }: Side): Promise<void> {
    if (provider === undefined) return;
    const { state, name } = await details(this.engine, provider.id);
    if (state === "running") return;
    throw new OperatorError({
      what: `${provider.title} is ${state}, so the files it gives out cannot be carried.`,
      type: commandToRun(name, state),
    });
  }
}

/** True for the same keys, in whatever order. Pure. */
function sameKeys(a: Iterable<string>, b: Iterable<string>): boolean {
  const [one, other] = [new Set(a), new Set(b)];
  return one.size === other.size && [...one].every((key) => other.has(key));
}

/** Lists keys in stores that may be named nowhere: those in progress, and those that could not be removed. Pure. */
function leftBy(pairs: readonly Pair[], temporary: ReadonlyMap<number, readonly string[]>): Temporary[] {
  const underWay = new Map(pairs.map(({ to }, lane) => [to, temporary.get(lane) ?? []]));
  const byTitle = new Map<string, string[]>();
  for (const store of pairs.flatMap(({ from, to }) => [from, to])) {
    const { title } = store.place;
    byTitle.set(title, [...(byTitle.get(title) ?? []), ...store.leftOver, ...(underWay.get(store) ?? [])]);
  }
  return [...byTitle].flatMap(([store, keys]) => (keys.length === 0 ? [] : [{ store, keys }]));
}
