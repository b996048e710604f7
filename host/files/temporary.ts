import type { Engine } from "../engine/engine";
import { gatewayStatePath } from "../gateway/state";

/** File in the gateway's volume with what a run may have left in a store: it died, or nothing more could be removed. */
const path = `${gatewayStatePath}/scani-carrying.json`;

/** Keys under which a store was given files until they are copied. */
export interface Temporary {
  /** The store's title. */
  readonly store: string;
  readonly keys: readonly string[];
}

/** What the last runs left; nothing where they came to their end, or the file was cut short. */
export async function readTemporary(engine: Engine, gateway: string): Promise<Temporary[]> {
  const contents = await engine.readFile(gateway, path);
  try {
    // An earlier version of this module wrote that of one store alone.
    const written = [JSON.parse(contents ?? "") as Partial<Temporary> | Partial<Temporary>[]].flat();
    return written.flatMap(({ store, keys }) =>
      typeof store === "string" && Array.isArray(keys) && keys.length > 0 ? [{ store, keys }] : [],
    );
  } catch {
    return [];
  }
}

export async function writeTemporary(engine: Engine, gateway: string, temporary: readonly Temporary[]): Promise<void> {
  await engine.writeFile(gateway, path, `${JSON.stringify(temporary)}\n`);
}
