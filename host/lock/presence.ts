import { join } from "node:path";
import { livesSince } from "../../util/process/lives";
import { readIfThere } from "../../util/files/readIfThere";
import { parseOwner, type Owner } from "./owner";

/**
 * Path of the presence file: beside Pulumi.yaml a command says in it who it is, for others on this machine to read
 * before they have loaded anything. It is no lock: a killed command leaves its file behind, which nobody believes.
 * @param base stack that holds the install's base
 */
export function presenceFile(folder: string, base: string): string {
  return join(folder, `.working.${base}.json`);
}

/** Whoever a presence file names, if that process still lives. */
export function runningOwner(file: string): Owner | undefined {
  const owner = parseOwner(readIfThere(file));
  return owner !== undefined && livesSince(owner.pid, Date.parse(owner.since)) ? owner : undefined;
}
