import { commandToRun } from "../engine/containers/commandToRun";
import { details, type Engine } from "../engine/engine";
import type { ReleaseContainer } from "../install/facts";
import type { FileCount } from "../install/filesEntry";
import type { Install } from "../install/readFacts";
import { OperatorError } from "../../util/operatorError";
import { carryOnce, compare, lanesOf, takeBackDeleted, CarryTally, type CarryHelp, type Pair } from "./carry";
import { openCarrier, type Carrier } from "./carrier";
import type { NamedFile } from "./named";
import { deletedSince } from "./plan";
import type { Side } from "./place";
import { readTemporary, writeTemporary } from "./temporary";

/** Between which releases files are carried, and how the database is asked for those it names. */
export interface CarriageOrder {
  readonly install: Install;
  /** From a container with its image and networks both places are reached. */
  readonly api: ReleaseContainer;
  readonly from: Side;
  readonly to: Side;
  named(): Promise<NamedFile[]>;
  /** @throws OperatorError where the new place has no room for so many bytes; undefined where nobody here can tell */
  checkRoom?(bytes: number): Promise<void>;
}

/** Told what carrying does. */
export interface CarriageWatch {
  readonly signal: AbortSignal;
  progress(done: number, all: number): void;
}

/** Passes over what could not be carried or has come since. */
const mostPasses = 3;

/** What is at hand while files are carried. */
interface Opened {
  readonly carrier: Carrier;
  readonly pairs: readonly [Pair, ...Pair[]];
}

/**
 * The carrying of one handover: the bulk of the files, and later those that came since. The container it is done from
 * stays meanwhile, since no worker runs while the last files are carried; `close` removes it.
 */
export class Carriage {
  readonly tally = new CarryTally();
  private opened?: Opened;
  /** What the database named when it was last asked. */
  private named: readonly NamedFile[] = [];

  constructor(
    private readonly engine: Engine,
    readonly order: CarriageOrder,
  ) {}

  /**
   * Carries every file that is named and not at the new place, in some passes: what could not be carried is tried
   * again. Where there is nothing to look at, the database is all that is asked.
   * @param chase carries what was named meanwhile too; else that is left to the next time
   */
  async carry(watch: CarriageWatch, chase: boolean): Promise<void> {
    for (let pass = 1; pass <= mostPasses; pass += 1) {
      if (chase || pass === 1) this.named = await this.order.named();
      const fresh = this.tally.fresh(this.named);
      // What a job waits for and nobody has may still come, but not within this moment.
      if (fresh.every(({ key }) => pass > 1 && this.tally.gone.has(key))) return;
      await this.between(watch, (pairs, help) => carryOnce(pairs, fresh, this.tally, help));
      if (this.tally.stuck.some(({ failure }) => failure.noMoreCalls)) return;
    }
  }

  /**
   * Compares what is named, and carries nothing. What is found at the new place is in the tally, so that a second look
   * asks only for what came since.
   * @returns files that are to be carried, and their bytes; what could not be compared is in the tally
   */
  async count(watch: CarriageWatch): Promise<FileCount> {
    this.named = await this.order.named();
    const fresh = this.tally.fresh(this.named);
    if (fresh.length === 0) return { files: 0, bytes: 0 };
    const loads = await this.between(watch, (pairs, help) => compare(pairs, fresh, this.tally, help));
    return { files: loads.length, bytes: loads.reduce((sum, { content }) => sum + content.bytes, 0) };
  }

  /** Keys that rows or waiting jobs name and neither place has; a finished job's file may be gone. */
  get lost(): readonly string[] {
    return this.named.flatMap(({ key, by }) => (by !== "finished job" && this.tally.gone.has(key) ? [key] : []));
  }

  /** Carries back what came to the new place since. With another engine, since this run's calls may have been ended. */
  back(engine: Engine): Carriage {
    const { order, tally } = this;
    const back = new Carriage(engine, { ...order, from: order.to, to: order.from });
    for (const key of [...tally.there, ...tally.carried.keys()]) back.tally.there.add(key);
    return back;
  }

  /** Removes copies of papers whose rows were gone when the database was last asked. @returns their keys */
  async takeBackDeleted(watch: CarriageWatch): Promise<readonly string[]> {
    const { named, tally } = this;
    if (deletedSince(tally.carried.keys(), named).length === 0) return [];
    return this.between(watch, ([{ to }]) => takeBackDeleted(to, named, tally));
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
    const { install, from, to } = this.order;
    await Promise.all([from, to].map((side) => this.checkRuns(side)));
    const { pairs } = await this.open();
    const temporary = new Map<number, readonly string[]>();
    let written: Promise<void> = Promise.resolve();
    const write = (): Promise<void> => {
      written = written.then(() =>
        writeTemporary(this.engine, install.gateway, { store: to.place.title, keys: [...temporary.values()].flat() }),
      );
      return written;
    };
    const done = await work(pairs, {
      signal,
      progress,
      remember: (lane, keys) => {
        temporary.set(lane, keys);
        return write();
      },
    });
    if (temporary.size > 0) {
      temporary.clear();
      await write();
    }
    return done;
  }

  /** The container, started unless it runs: it ends by itself when nothing was carried for a while. */
  private async open(): Promise<Opened> {
    if (this.opened !== undefined && (await this.opened.carrier.runs())) return this.opened;
    const { install, api, from, to } = this.order;
    const carrier = await openCarrier(this.engine, install.name, api, [from, to]);
    const pairs = lanesOf((lane) => ({
      from: carrier.reach(from.place, lane),
      to: carrier.reach(to.place, lane),
    }));
    this.opened = { carrier, pairs };
    await this.removeLeft(pairs[0]);
    return this.opened;
  }

  /** Removes what a run that died left in a store. */
  private async removeLeft({ from, to }: Pair): Promise<void> {
    const left = await readTemporary(this.engine, this.order.install.gateway);
    const store = [from, to].find(({ place }) => place.title === left?.store);
    if (left !== undefined && store !== undefined) await store.remove(left.keys);
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
