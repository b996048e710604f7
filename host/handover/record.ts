import { hostname, userInfo } from "node:os";
import type { Engine } from "../engine/engine";
import type { Carriage } from "../files/carriage";
import { readSide } from "../files/place";
import { carriedFiles } from "../files/words";
import { routedRelease } from "../install/facts";
import { record, type Entry } from "../install/journal";
import { messageOf } from "../../util/operatorError";
import { HandoverFailed } from "./failed";
import { membersOf } from "./plan";
import type { Run } from "./steps/step";

/** Record of one handover, timed from its construction. */
export class HandoverRecord {
  private readonly at = new Date();
  private readonly began = performance.now();

  constructor(
    private readonly run: Run,
    private readonly carriage?: Carriage,
  ) {}

  /**
   * Writes to the journal how the handover ended. A failure to write is only noted, so that it neither fails a good
   * switch nor hides the failure of a bad one.
   * @param engine to write it with
   * @param failure error that was thrown, if it failed
   */
  async write(engine: Engine, outcome: Entry["outcome"], failure?: unknown): Promise<Entry> {
    const { order, before, flip, flipped, progress, left } = this.run;
    const { tier, release } = order.wanted;
    const entry: Entry = {
      at: this.at.toISOString(),
      by: `${userInfo().username}@${hostname()}`,
      from: routedRelease(before),
      to: { tier, release },
      outcome,
      why: failure === undefined ? undefined : firstLine(failure),
      totalMs: Math.round(performance.now() - this.began),
      flipMs: flip?.tookMs,
      flipped,
      timings: progress.timings,
      filesAt: outcome === "failed" ? undefined : await this.placeOfFiles(engine),
      files: carriedFiles(this.carriage, left),
    };
    await record(engine, order.install.gateway, entry).catch((error: unknown) =>
      progress.note(`the record of this handover could not be written: ${messageOf(error)}`),
    );
    return entry;
  }

  /** Returns the id of the release's place of files, for a later run that finds none of its containers. */
  private async placeOfFiles(engine: Engine): Promise<string | undefined> {
    const { before, order } = this.run;
    const side = await readSide(engine, membersOf(before, order.wanted)).catch(() => undefined);
    return side?.place.id;
  }
}

function firstLine(failure: unknown): string | undefined {
  return messageOf(failure instanceof HandoverFailed ? failure.why : failure).split("\n")[0];
}
