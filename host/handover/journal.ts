import type Docker from "dockerode";
import { gatewayStatePath } from "../gateway/state";
import { readFile, writeFile } from "../engine/files";
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
}

const path = `${gatewayStatePath}/scani-handovers.json`;

/** Entries kept; older ones go. */
const kept = 200;

/** All handovers on record, oldest first. It is in the gateway's volume, so it is where the install is. */
export async function readJournal(docker: Docker, gateway: string): Promise<Entry[]> {
  const contents = await readFile(docker.getContainer(gateway), path).catch((error: { statusCode?: number }) => {
    if (error.statusCode === 404) return undefined;
    throw error;
  });
  return contents === undefined ? [] : JSON.parse(contents);
}

/** Adds one handover to the record. */
export async function record(docker: Docker, gateway: string, entry: Entry): Promise<void> {
  const entries = [...await readJournal(docker, gateway), entry].slice(-kept);
  await writeFile(docker.getContainer(gateway), path, `${JSON.stringify(entries, undefined, 1)}\n`);
}
