import type { Stack } from "@pulumi/pulumi/automation";
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import type { Context } from "../context";
import { answeringEngine } from "../../host/engine/connection/answering";
import { LockTaken } from "../../host/lock/owner";
import { livesSince } from "../../util/process/lives";
import { cancelCommand } from "../../util/commands";
import { removeOrphans } from "./orphanedResources";
import { pendingIn } from "./pendingOperations";
import { exportState, importState } from "./state";
import { stackLocksIn, type StackLock } from "./stackLock";
import { plainWords } from "./words";

/**
 * Pulumi's warning that a killed run's operations are in the state without a lock, as after `pulumi cancel`. Pulumi
 * goes on, and keeps those that create something for ever. Source: pulumi/pkg/resource/deploy/deployment_executor.go.
 */
const pendingWarning = /\bpending operations from previous deployment\b/;

/**
 * Runs a Pulumi command on a stack. A lock that a killed process of this host left is cleared, with the operations it
 * left pending in the state, and the command run again. If somebody has cleared only the lock, the pending operations
 * are cleared once the command has ended well. A live process's lock, or another host's, is never touched.
 * @param command given the context to report to
 * @throws LockTaken that names the live owner
 */
export async function pastKilledRun<T>(
  stack: Stack,
  context: Context,
  command: (context: Context) => Promise<T>,
): Promise<T> {
  let pending = false;
  const report = (line: string): void => {
    pending ||= pendingWarning.test(plainWords(line));
    context.report(line);
  };
  try {
    const result = await command({ ...context, report });
    if (pending) await mend(stack, context, "has repeated");
    return result;
  } catch (error) {
    const locks = stackLocksIn((error as Error).message);
    if (locks.length === 0) throw error;
    const live = locks.find(mayLive);
    if (live !== undefined)
      throw new LockTaken(
        {
          user: live.user,
          host: live.host,
          pid: live.pid,
          since: live.since,
          work: `Pulumi on stack ${stack.name}`,
        },
        "work",
        canBeTold(live) ? undefined : cancelCommand(stack.name),
      );
    for (const lock of locks) {
      // Remove the lock's own file: `pulumi cancel` would also remove the lock of a run that has begun since.
      const file = fileURLToPath(lock.url);
      for (const path of [file, `${file}.attrs`]) rmSync(path, { force: true });
      context.report(
        `A run was killed (process ${lock.pid}, begun ${lock.since}): cleared the lock it left on ${stack.name}.`,
      );
    }
    await mend(stack, context, "repeats");
    return command(context);
  }
}

/**
 * True where this host can tell whether a lock's owner is gone, and clear the lock: only a process of this host can be
 * looked for, and only a file can be removed alone.
 */
function canBeTold({ host, url }: StackLock): boolean {
  return host === hostname() && url.startsWith("file://");
}

/** True unless its owner is known to be gone. */
function mayLive(lock: StackLock): boolean {
  return !canBeTold(lock) || livesSince(lock.pid, Date.parse(lock.since), "pulumi");
}

/** Removes from the stack's state, and from the engine, what a killed run left half done. */
async function mend(stack: Stack, { project, report }: Context, thisRun: "repeats" | "has repeated"): Promise<void> {
  const pending = pendingIn(await exportState(stack));
  if (pending === undefined) return;
  const { count, orphans, dockerHost, mended } = pending;
  const removed =
    orphans.length === 0 ? [] : await removeOrphans(await answeringEngine(dockerHost, project.environment), pending);
  await importState(stack, mended);
  const [operations, them] = count === 1 ? ["operation", "it"] : ["operations", "them"];
  report(
    `A killed run left ${count} pending ${operations} in the state of ${stack.name}: cleared; this run ${thisRun} ${them}.`,
  );
  if (removed.length > 0) report(`Removed orphaned resources: ${removed.join(", ")}`);
}
