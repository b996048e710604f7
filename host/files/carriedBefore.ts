import type { Engine } from "../engine/engine";
import { gatewayStatePath } from "../gateway/state";

/** File in the gateway's volume with the keys at the new place, written by a run that could make no more calls. */
const path = `${gatewayStatePath}/scani-carried.json`;

/** Milliseconds it is valid: the owner of the place may delete files. */
const validMs = 24 * 3_600_000;

/** Ids of the two places files are carried between. */
export interface Way {
  readonly from: string;
  readonly to: string;
}

interface Written extends Way {
  /** Time of writing, ISO 8601. */
  readonly at: string;
  readonly keys: readonly string[];
}

/** Reads the keys the last run found or put at the new place, if it could not ask for all; none if it finished. */
export async function readCarriedBefore(engine: Engine, gateway: string, { from, to }: Way): Promise<Set<string>> {
  try {
    const written = JSON.parse((await engine.readFile(gateway, path)) ?? "") as Partial<Written>;
    const age = Date.now() - Date.parse(written.at ?? "");
    const same = written.from === from && written.to === to && age >= 0 && age < validMs;
    return new Set(same ? written.keys : []);
  } catch {
    return new Set();
  }
}

export async function writeCarriedBefore(
  engine: Engine,
  gateway: string,
  { from, to }: Way,
  keys: readonly string[],
): Promise<void> {
  const written: Written = { at: new Date().toISOString(), from, to, keys };
  await engine.writeFile(gateway, path, `${JSON.stringify(written)}\n`);
}
