import { join } from "node:path";
import { livesSince } from "../../util/process/lives";
import { readIfReadable } from "../../util/files/readIfReadable";
import { parseOwner, type Owner } from "./owner";

/**
 * Returns the path of the presence file, in which a command says who it is, for other commands on this machine to read.
 * It is no lock: a killed command leaves its file behind, so its process is checked.
 * @param base stack that holds the install's base
 */
export function presenceFile(folder: string, base: string): string {
  return join(folder, `.working.${base}.json`);
}

/** Returns the owner a presence file names, if its process is still alive. */
export function runningOwner(file: string): Owner | undefined {
  const owner = parseOwner(readIfReadable(file));
  return owner !== undefined && livesSince(owner.pid, Date.parse(owner.since)) ? owner : undefined;
}
