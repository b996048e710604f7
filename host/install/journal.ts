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

/** Number of entries kept; older ones are dropped. */
const kept = 200;

/**
 * Reads all handovers on record, oldest first. The record is in the gateway's volume, so it is where the install is. A
 * truncated record counts as none: it is for people to read, and nothing may fail because of it.
 */
export async function readJournal(engine: Engine, gateway: string): Promise<Entry[]> {
  return parseJournal((await engine.readFile(gateway, path)) ?? "");
}

/** Reads a record. Pure. */
function parseJournal(contents: string): Entry[] {
  try {
    const entries: unknown = JSON.parse(contents);
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(entry: unknown): entry is Entry {
  const { at, to, outcome } = (entry ?? {}) as Partial<Entry>;
  return typeof at === "string" && typeof to?.release === "string" && typeof outcome === "string";
}

/** Adds one handover to the record. */
export async function record(engine: Engine, gateway: string, entry: Entry): Promise<void> {
  const entries = [...(await readJournal(engine, gateway)), entry].slice(-kept);
  await engine.writeFile(gateway, path, `${JSON.stringify(entries, undefined, 1)}\n`);
}
