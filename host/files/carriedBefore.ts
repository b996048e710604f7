import type { Engine } from "../engine/engine";
import { gatewayStatePath } from "../gateway/state";

/** File in the gateway's volume with what unfinished carryings have done. Written by this file alone. */
const path = `${gatewayStatePath}/scani-carried.json`;

/** Milliseconds its keys are valid: the owner of the place may delete files. */
const validMs = 24 * 3_600_000;

/** Ids of the two places files are carried between. */
export interface Way {
  readonly from: string;
  readonly to: string;
}

/** What a carrying that is not finished has done at the new place. */
export interface CarriedBefore {
  /** Time at which `keys` were looked at, ISO 8601. */
  readonly at: string;
  /** Keys found or put there by a run that could make no more calls; none of a run that asked for all. */
  readonly keys: readonly string[];
  /** Keys of papers its runs have put there, or were about to: users may delete their rows before it goes on. */
  readonly papers: readonly string[];
}

type Written = Way & Omit<CarriedBefore, "papers"> & Partial<CarriedBefore>;

/** Reads what earlier runs have done on a way. */
export async function readCarriedBefore(engine: Engine, gateway: string, way: Way): Promise<CarriedBefore> {
  const { at = "", keys = [], papers = [] } = (await readAll(engine, gateway)).find((one) => isSame(one, way)) ?? {};
  const age = Date.now() - Date.parse(at);
  return { at, keys: age >= 0 && age < validMs ? keys : [], papers };
}

/** Writes what has been done on a way; those of others stay. */
export async function writeCarriedBefore(
  engine: Engine,
  gateway: string,
  way: Way,
  before: CarriedBefore,
): Promise<void> {
  const others = (await readAll(engine, gateway)).filter((one) => !isSame(one, way));
  const own = before.keys.length + before.papers.length === 0 ? [] : [{ ...way, ...before }];
  await engine.writeFile(gateway, path, `${JSON.stringify([...others, ...own])}\n`);
}

/** Reads the file; nothing where it is truncated. */
async function readAll(engine: Engine, gateway: string): Promise<Written[]> {
  const contents = await engine.readFile(gateway, path);
  try {
    // An earlier version of this module wrote one way alone.
    return [JSON.parse(contents ?? "") as Written | Written[]].flat().filter((one) => Array.isArray(one.keys));
  } catch {
    return [];
  }
}

function isSame(a: Way, b: Way): boolean {
  return a.from === b.from && a.to === b.to;
}
