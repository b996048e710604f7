import { join } from "node:path";
import { livesSince } from "../../util/process/lives";
import { readIfThere } from "../../util/files/readIfThere";
import { parseOwner, type Owner } from "./owner";

/**
 * A word is a file beside Pulumi.yaml in which a run says who it is, for others on this machine to read before they have
 * loaded anything. It is no lock: a killed run leaves its word behind, which nobody believes.
 * `working` is that of a command of this module, `entering` that of a raw `pulumi up` in its first phase.
 */
export type WordKind = "working" | "entering";

/** Path of a word. @param base stack that holds the install's base */
export function wordFile(folder: string, kind: WordKind, base: string): string {
  return join(folder, `.${kind}.${base}.json`);
}

/** Who left a word, if that process still lives. */
export function wordIn(file: string): Owner | undefined {
  const owner = parseOwner(readIfThere(file));
  return owner !== undefined && livesSince(owner.pid, Date.parse(owner.since)) ? owner : undefined;
}
