import { hostname } from "node:os";
import { join } from "node:path";
import { livesSince } from "../../util/process/lives";
import { readIfReadable } from "../../util/files/readIfReadable";
import { messageOf } from "../../util/operatorError";
import type { Engine } from "../engine/engine";
import { readLocks } from "./lock";
import { parseOwner, type Owner, type Work } from "./owner";

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
  const owner = ownerHere(file);
  return owner !== undefined && lives(owner) ? owner : undefined;
}

/**
 * Returns the owner a presence file names, if it is of this host: on a folder that several share, the file may be
 * another's, whose processes are not seen here.
 */
function ownerHere(file: string): Owner | undefined {
  const owner = parseOwner(readIfReadable(file));
  return owner?.host === hostname() ? owner : undefined;
}

/**
 * Reads whether a command is at work on an install: by the install's locks, which cover every machine, else by the
 * presence file. Undefined where none is, and none of this machine was killed and has left its file.
 * @param gateway Docker name of the install's gateway
 * @param file presence file of the install's commands on this machine, where it is known
 */
export async function readWork(engine: Engine, gateway: string, file?: string): Promise<Work | undefined> {
  const held = await readLocks(engine, gateway).catch((error: unknown) => ({
    is: "unknown" as const,
    why: messageOf(error),
  }));
  if (held?.is === "at work" && held.owner?.host === hostname() && !lives(held.owner)) return { ...held, gone: true };
  const owner = file === undefined ? undefined : ownerHere(file);
  if (held !== undefined || owner === undefined) return held;
  return { is: lives(owner) ? "at work" : "killed", owner };
}

/** True while an owner's process runs; it has to be one of this host. */
function lives({ pid, since }: Owner): boolean {
  return livesSince(pid, Date.parse(since));
}
