import type { Engine } from "../engine/engine";
import type { FilesEntry } from "./filesEntry";
import { gatewayStatePath } from "../gateway/state";
import type { Tier } from "../../settings";
import type { Timings } from "../../util/progress/progress";

/** What one handover did. */
export interface Entry {
  readonly at: string;
  readonly by: string;
  readonly from?: { readonly tier: Tier; readonly release: string };
  readonly to: { readonly tier: Tier; readonly release: string };
  readonly outcome: "switched" | "repaired" | "failed";
  /** Why it failed; one line. */
  readonly why?: string;
  readonly totalMs: number;
  /** First gateway command to last, where there was a flip. */
  readonly flipMs?: number;
  readonly timings: Timings;
  /** Id of the place the release keeps its files in, where its containers said so. */
  readonly filesAt?: string;
  /** What became of files, where the releases look for them in different places. */
  readonly files?: FilesEntry;
}

const path = `${gatewayStatePath}/scani-handovers.json`;

/** Entries kept; older ones go. */
const kept = 200;

/**
 * All handovers on record, oldest first. It is in the gateway's volume, so it is where the install is. A record that
 * was cut short counts as none: it is there to be read by people, and nothing may fail for it.
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
