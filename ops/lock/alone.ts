import { realpathSync } from "node:fs";
import { join } from "node:path";
import { LockTaken, parseOwner, thisProcess } from "../../infra/lock/owner";
import type { Place } from "../place";
import { root } from "../root";
import { baseOf } from "../stackNames";

type Claim = (subject: string, saying: string) => Promise<{ release(): Promise<void> } | { owner: string }>;

/**
 * Does a command's work while no other command works on the same install from this machine. The program asks the
 * gateway too, which knows of every machine and of raw `pulumi`; this answers before Pulumi has even started, and keeps
 * Pulumi from refusing both of two that start on one stack at the same moment.
 * @param command as a noun: `up of tier2`
 * @throws LockTaken at once
 */
export async function alone<T>(command: string, stack: string, place: Place, work: () => Promise<T>): Promise<T> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { claim } = require(join(root, "tools", "lock.cjs")) as { claim: Claim };
  const claimed = await claim(`install ${realpathSync(place.workDir)} ${baseOf(stack)}`, JSON.stringify(thisProcess(command)));
  if ("owner" in claimed) throw new LockTaken(parseOwner(claimed.owner));
  try {
    return await work();
  } finally {
    await claimed.release();
  }
}
