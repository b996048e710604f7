import type { Engine } from "../engine/engine";
import type { ReleaseContainer } from "../install/facts";
import type { Install } from "../install/readFacts";
import { piecesOf } from "../../util/piecesOf";
import { inLanes, lanesOf, shareOf } from "./carry";
import { openCarrier } from "./carrier";
import type { NamedFile } from "./named";
import type { Side } from "./place";
import { possibleKey } from "./plan";
import { isContent, isFailure } from "./store";

/** Count of the named files a release finds and misses in its place. */
export interface FoundFiles {
  /** Title of the place. */
  readonly at: string;
  readonly there: number;
  readonly missing: number;
  /** Files about which the store gave no answer; absent where it answered for all. */
  readonly unread?: { readonly files: number; readonly why: string };
}

/** The place a release looks in for its files, and a container of it that reaches the place. */
export interface Looker {
  readonly install: Install;
  readonly api: ReleaseContainer;
  readonly side: Side;
}

/** Looks for files in a release's place. Reads only the first byte of each, and writes nothing. */
export async function findFiles(
  engine: Engine,
  { install, api, side }: Looker,
  files: readonly NamedFile[],
  signal: AbortSignal,
): Promise<FoundFiles> {
  const keys = files.map(({ key }) => key).filter(possibleKey);
  const found = { there: 0, missing: files.length - keys.length, unread: 0 };
  let why = "";
  const carrier = await openCarrier(engine, install.name, api, [side], () => signal);
  try {
    const stores = lanesOf((lane) => carrier.reach(side.place, lane));
    const left = await inLanes(stores, piecesOf(keys, shareOf(keys, stores)), signal, async (store, piece) => {
      const answers = await store.look(piece);
      const failures = answers.filter(isFailure);
      found.there += answers.filter((one) => isContent(one)).length;
      found.missing += answers.filter((one) => one === "missing").length;
      found.unread += failures.length;
      const [failure] = failures;
      if (failure !== undefined) why ||= failure.failed;
      // If a store fails for a whole piece, do not ask it for each of the others.
      return failures.length === answers.length || failures.some(({ noMoreCalls }) => noMoreCalls)
        ? failure?.failed
        : undefined;
    });
    const unread = found.unread + (left?.things.flat().length ?? 0);
    return {
      at: side.place.title,
      there: found.there,
      missing: found.missing,
      ...(unread > 0 ? { unread: { files: unread, why } } : {}),
    };
  } finally {
    await carrier.close(engine);
  }
}
