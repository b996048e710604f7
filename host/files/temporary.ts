import type { Engine } from "../engine/engine";
import { gatewayStatePath } from "../gateway/state";

/** File in the gateway's volume with what a run that died may have left in a store. */
const path = `${gatewayStatePath}/scani-carrying.json`;

/** Keys under which a store was given files until they are copied. */
export interface Temporary {
  /** The store's title. */
  readonly store: string;
  readonly keys: readonly string[];
}

/** What the last run left; nothing where it came to its end, or the file was cut short. */
export async function readTemporary(engine: Engine, gateway: string): Promise<Temporary | undefined> {
  const contents = await engine.readFile(gateway, path);
  try {
    const { store, keys } = JSON.parse(contents ?? "") as Partial<Temporary>;
    return typeof store === "string" && Array.isArray(keys) && keys.length > 0 ? { store, keys } : undefined;
  } catch {
    return undefined;
  }
}

export async function writeTemporary(engine: Engine, gateway: string, temporary: Temporary): Promise<void> {
  await engine.writeFile(gateway, path, `${JSON.stringify(temporary)}\n`);
}
