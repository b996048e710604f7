import type { Stack } from "@pulumi/pulumi/automation";
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { connect } from "../../host/engine/connect";
import { LockTaken } from "../../host/lock/owner";
import { interruptedIn } from "./interrupted";
import { livesSince } from "../../util/process/lives";
import { exportState, importState } from "./state";
import { stackLocksIn, type StackLock } from "./stackLock";
import { removeUnnoted } from "./unnoted";

/** Told what was cleared. */
type Say = (line: string) => void;

/**
 * Runs a Pulumi command on a stack. A lock that a killed process of this host left is cleared, with what it left
 * unfinished in the state, and the command run again. A live process's lock, or another host's, is never touched.
 * @throws LockTaken that names the live one
 */
export async function pastKilledRun<T>(stack: Stack, say: Say, command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (error) {
    const locks = stackLocksIn((error as Error).message);
    if (locks.length === 0) throw error;
    const live = locks.find(mayLive);
    if (live !== undefined)
      throw new LockTaken({
        user: live.user,
        host: live.host,
        pid: live.pid,
        since: live.since,
        work: `Pulumi on stack ${stack.name}`,
      });
    for (const lock of locks) {
      // Its own file, and not `pulumi cancel`, which would also remove the lock of a run that has begun since.
      const file = fileURLToPath(lock.url);
      for (const path of [file, `${file}.attrs`]) rmSync(path, { force: true });
      say(`A run was killed (process ${lock.pid}, begun ${lock.since}): cleared the lock it left on ${stack.name}.`);
    }
    await mend(stack, say);
    return command();
  }
}

/** Only a process of this host can be known to be gone, and only a file can be removed alone. */
function mayLive({ host, pid, since, url }: StackLock): boolean {
  return host !== hostname() || !url.startsWith("file://") || livesSince(pid, Date.parse(since));
}

/** Takes out of the stack's state, and off the engine, what a killed run left half done. */
async function mend(stack: Stack, say: Say): Promise<void> {
  const interrupted = interruptedIn(await exportState(stack));
  if (interrupted === undefined) return;
  const removed = await removeUnnoted(connect(interrupted.dockerHost), interrupted);
  await importState(stack, interrupted.mended);
  say(
    `Of what it had begun, ${interrupted.count} ${interrupted.count === 1 ? "step was" : "steps were"} unfinished: this run does it again.`,
  );
  if (removed.length > 0) say(`Removed what it had made and not noted: ${removed.join(", ")}`);
}
