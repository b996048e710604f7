import { withLock } from "../../host/lock/lock";
import { withMachineLock } from "../lock/machineLock";
import type { Place } from "../place";
import { openTarget, type Target } from "./target";

/**
 * Does something with an install's database while nobody else works on the install: a dump must not see half a
 * migration, and a switch must not meet a database that is being exchanged.
 * @param command as a noun: `backup`
 * @throws LockTaken that names who does
 */
export async function withInstallLock<T>(
  command: string,
  base: string,
  place: Place,
  say: (line: string) => void,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  return withMachineLock(command, base, place, async () => {
    const target = await openTarget(base, place, say);
    return withLock(target.engine, target.gateway, command, say, () => work(target));
  });
}
