import type { Stack } from "@pulumi/pulumi/automation";
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import type { Context } from "../context";
import { answeringEngine } from "../../host/engine/connection/answering";
import { containerName } from "../../host/install/names/containerName";
import { withLock } from "../../host/lock/lock";
import { LockTaken } from "../../host/lock/owner";
import { releaseLocks } from "../../stacks/runLock";
import type { Report } from "../../util/progress/progress";
import { baseStackOf, installNameOf } from "../project";
import { livesSince } from "../../util/process/lives";
import { cancelCommand } from "../../util/commands";
import { removeOrphans } from "./orphanedResources";
import { pendingIn, type PendingOperations } from "./pendingOperations";
import { exportState, importState } from "./state";
import { stackLocksIn, type StackLock } from "./stackLock";
import { plainWords } from "./words";

/**
 * Pulumi's warning that a killed run's operations are in the state without a lock, as after `pulumi cancel`. Pulumi
 * goes on, and keeps those that create something for ever. Source: pulumi/pkg/resource/deploy/deployment_executor.go.
 */
const pendingWarning = /\bpending operations from previous deployment\b/;

type Connect = typeof answeringEngine;

/**
 * Runs a Pulumi command on a stack. A lock that a killed process of this host left is cleared, with the operations it
 * left pending in the state, and the command run again. If somebody has cleared only the lock, the pending operations
 * are cleared once the command has ended well. A live process's lock, or another host's, is never touched.
 * @param command given the context to report to
 * @param connect connects to the stack's engine
 * @throws LockTaken that names the live owner of Pulumi's lock, or of the install's
 */
export async function pastKilledRun<T>(
  stack: Stack,
  context: Context,
  command: (context: Context) => Promise<T>,
  connect: Connect = answeringEngine,
): Promise<T> {
  let pending = false;
  const report = (line: string): void => {
    pending ||= pendingWarning.test(plainWords(line));
    context.report(line);
  };
  try {
    const result = await command({ ...context, report });
    if (pending)
      await mend(stack, context, "has repeated", connect).catch((error: unknown) => {
        if (!(error instanceof LockTaken)) throw error;
        context.report(
          `What a killed run left pending in the state of ${stack.name} is cleared by the next run of it: ${error.message}`,
        );
      });
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
    await mend(stack, context, "repeats", connect);
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

/**
 * Removes from the stack's state, and from the engine, what a killed run left half done.
 * @throws LockTaken where something on the engine is to be removed, and another run is at work: it may have made a
 * container of the same name since, which no state that was read before knows
 */
async function mend(
  stack: Stack,
  context: Context,
  thisRun: "repeats" | "has repeated",
  connect: Connect,
): Promise<void> {
  const { project, report } = context;
  const found = pendingIn(await exportState(stack));
  if (found === undefined) return;
  if (found.orphans.length === 0) return clear(stack, found, [], thisRun, report);
  const engine = await connect(found.dockerHost, project.environment);
  const gateway = containerName(installNameOf(project, baseStackOf(project, stack.name)), "gateway");
  // The program has run in this process, and its lock with it; the run is over.
  await releaseLocks(report);
  await withLock(engine, gateway, `up of ${stack.name}`, report, async () => {
    const pending = pendingIn(await exportState(stack));
    if (pending === undefined) return;
    await clear(stack, pending, await removeOrphans(engine, pending), thisRun, report);
  });
}

/** Stores the state without the pending operations. @param removed names of what was removed from the engine */
async function clear(
  stack: Stack,
  { count, mended }: PendingOperations,
  removed: readonly string[],
  thisRun: "repeats" | "has repeated",
  report: Report,
): Promise<void> {
  await importState(stack, mended);
  const [operations, them] = count === 1 ? ["operation", "it"] : ["operations", "them"];
  report(
    `A killed run left ${count} pending ${operations} in the state of ${stack.name}: cleared; this run ${thisRun} ${them}.`,
  );
  if (removed.length > 0) report(`Removed orphaned resources: ${removed.join(", ")}`);
}
