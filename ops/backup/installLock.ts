import { withLock } from "../../host/lock/lock";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import { openTarget, type Target } from "./target";

/**
 * Does something with an install's database while nobody else works on the install: a dump must not see half a
 * migration, and a switch must not meet a database that is being exchanged.
 * @param command as a noun: `backup`
 * @throws LockTaken that names who does
 */
export async function withInstallLock<T>(
  context: Context,
  command: string,
  base: string,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  return withMachineLock(command, base, context.project, async () => {
    const target = await openTarget(context, base);
    return withLock(target.engine, target.gateway, command, context.report, () => work(target));
  });
}
