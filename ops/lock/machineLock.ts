import { realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { LockTaken, thisProcess, type Owner } from "../../host/lock/owner";
import { presenceFile, runningOwner } from "../../host/lock/presence";
import { baseStackOf, type Project } from "../project";
import { root } from "../root";
import { Deadline } from "../../util/deadline";

type Claim = (subject: string) => Promise<(() => Promise<void>) | undefined>;

/**
 * Does a command's work while no other command of this machine works on the same install. The program also takes the
 * gateway's lock, which covers every machine and raw `pulumi`; this one decides before Pulumi has started, which would
 * otherwise refuse both of two commands that start on one stack at the same moment.
 * @param command as a noun: `up of tier2`
 * @throws LockTaken at once
 */
export async function withMachineLock<T>(
  command: string,
  stack: string,
  project: Project,
  work: () => Promise<T>,
): Promise<T> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { claim } = require(join(root, "tools", "lock.cjs")) as { claim: Claim };
  const folder = realpathSync(project.folder);
  const base = baseStackOf(project, stack);
  // The owner describes itself in a file: while it loads Pulumi, or is suspended, it could not answer.
  const file = presenceFile(folder, base);
  const release = await claim(`install ${folder} ${base}`);
  if (release === undefined) throw new LockTaken(await ownerIn(file));
  try {
    courtesy(() => writeFileSync(file, JSON.stringify(thisProcess(command))));
    return await work();
  } finally {
    courtesy(() => rmSync(file, { force: true }));
    await release();
  }
}

/** Says who holds the lock, or no longer; the lock itself is no file, and a full or read-only disk is in nobody's way. */
function courtesy(say: () => void): void {
  try {
    say();
  } catch {
    // A second command is refused all the same, and told that the owner is not known.
  }
}

/** Milliseconds an owner may take to write its presence file, which it does first. */
const timeout = 1_000;

/** Waits until a presence file names a running owner: a killed one leaves its file behind. */
async function ownerIn(file: string): Promise<Owner | undefined> {
  for (const deadline = new Deadline(timeout); !deadline.isOver; await pause(20)) {
    const owner = runningOwner(file);
    if (owner !== undefined) return owner;
  }
  return undefined;
}
