import { withLock } from "../../host/lock/lock";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import { openTarget, type Target } from "./target";

/**
 * Works on an install's database while no other run works on the install: a dump must not see half a migration, and a
 * switch must not meet a database that is being exchanged.
 * @param command as a noun: `backup`
 * @param work given a signal that is aborted when the lock is lost or the operator interrupts
 * @throws LockTaken
 */
export async function withInstallLock<T>(
  context: Context,
  command: string,
  base: string,
  work: (target: Target, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { project, report, signal: interrupt } = context;
  return withMachineLock(command, base, project, async () => {
    const target = await openTarget(context, base);
    return withLock(target.engine, target.gateway, command, report, (signal) => work(target, signal), interrupt);
  });
}
