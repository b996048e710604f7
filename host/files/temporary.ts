import type { Engine } from "../engine/engine";
import { gatewayStatePath } from "../gateway/state";

/** File in the gateway's volume with keys a run may have left in a store, because it died or could remove no more. */
const path = `${gatewayStatePath}/scani-carrying.json`;

/** Keys under which a store holds files until they are copied. */
export interface Temporary {
  /** The store's title. */
  readonly store: string;
  readonly keys: readonly string[];
}

/** Reads the keys the last runs left; none where they finished, or the file is truncated. */
export async function readTemporary(engine: Engine, gateway: string): Promise<Temporary[]> {
  const contents = await engine.readFile(gateway, path);
  try {
    // An earlier version of this module wrote the entry of one store alone.
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
