import type { Engine } from "../engine/engine";
import type { FilesEntry } from "./filesEntry";
import { gatewayStatePath } from "../gateway/state";
import type { Tier } from "../../settings";
import type { Timings } from "../../util/progress/progress";

/** Release the routes were pointed at, and when. */
export interface Flipped {
  readonly to: { readonly tier: Tier; readonly release: string };
  readonly at: string;
}

/** Record of one handover. */
export interface Entry {
  readonly at: string;
  readonly by: string;
  readonly from?: { readonly tier: Tier; readonly release: string };
  readonly to: { readonly tier: Tier; readonly release: string };
  readonly outcome: "switched" | "repaired" | "failed";
  /** Reason it failed, on one line. */
  readonly why?: string;
  readonly totalMs: number;
  /** From the first gateway command to the last, where there was a flip. */
  readonly flipMs?: number;
  /**
   * Where this handover has left the routes, pointed back or not, and when it pointed them there, ISO 8601. Absent where
   * it flipped none, and in a record of an earlier version of this module.
   */
  readonly flipped?: Flipped;
  readonly timings: Timings;
  /** Id of the place the release keeps its files in, where its containers told it. */
  readonly filesAt?: string;
  /** Work with files, where the releases look for them in different places. */
  readonly files?: FilesEntry;
}

const path = `${gatewayStatePath}/scani-handovers.json`;

/** Ending of the name of a record that could not be read. */
const aside = ".unreadable";

/** Number of entries kept; older ones are dropped. */
const kept = 200;

/** The record of handovers as far as it can be read. */
export interface Journal {
  /** Handovers, oldest first. */
  readonly journal: readonly Entry[];
  /** True where there is a record that cannot be read: what is in it is not known. */
  readonly journalUnreadable?: true;
}

/** Reads the record, which is in the gateway's volume, so it is where the install is. */
export async function lookUpJournal(engine: Engine, gateway: string): Promise<Journal> {
  return parseJournal(await engine.readFile(gateway, path));
}

/** Reads all handovers on record, oldest first; none of a record that cannot be read. */
export async function readJournal(engine: Engine, gateway: string): Promise<readonly Entry[]> {
  return (await lookUpJournal(engine, gateway)).journal;
}

/** Reads a record; without one there are no handovers. Pure. */
function parseJournal(contents: string | undefined): Journal {
  if (contents === undefined) return { journal: [] };
  try {
    const entries: unknown = JSON.parse(contents);
    if (Array.isArray(entries)) return { journal: entries.filter(isEntry) };
  } catch {
    // Truncated: its writer died, or the disk was full.
  }
  return { journal: [], journalUnreadable: true };
}

function isEntry(entry: unknown): entry is Entry {
  const { at, to, outcome } = (entry ?? {}) as Partial<Entry>;
  return typeof at === "string" && typeof to?.release === "string" && typeof outcome === "string";
}

/** Adds one handover to the record. One that cannot be read is put aside. */
export async function record(engine: Engine, gateway: string, entry: Entry): Promise<void> {
  const contents = await engine.readFile(gateway, path);
  const { journal, journalUnreadable } = parseJournal(contents);
  if (journalUnreadable === true) await engine.writeFile(gateway, `${path}${aside}`, contents ?? "");
  const entries = [...journal, entry].slice(-kept);
  await engine.writeFile(gateway, path, `${JSON.stringify(entries, undefined, 1)}\n`);
}
