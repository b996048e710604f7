import type { Report } from "../../util/progress/progress";
import { withLock } from "../../host/lock/lock";
import { withMachineLock } from "../lock/machineLock";
import type { Place } from "../place";
import { openTarget, type Target } from "./target";

/**
 * Works on an install's database while no other run works on the install: a dump must not see half a migration, and a
 * switch must not meet a database that is being exchanged.
 * @param command as a noun: `backup`
 * @param work given a signal that is aborted when the lock is lost or the operator interrupts
 * @param interrupt aborted when the operator interrupts
 * @throws LockTaken
 */
export async function withInstallLock<T>(
  command: string,
  base: string,
  place: Place,
  report: Report,
  work: (target: Target, signal: AbortSignal) => Promise<T>,
  interrupt?: AbortSignal,
): Promise<T> {
  return withMachineLock(command, base, place, async () => {
    const target = await openTarget(base, place, report);
    return withLock(target.engine, target.gateway, command, report, (signal) => work(target, signal), interrupt);
  });
}
