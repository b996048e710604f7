import { commandToRun } from "../../host/engine/containers/commandToRun";
import { withLock } from "../../host/lock/lock";
import { upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import { openTarget, type Target } from "./target";

/**
 * Works on an install's database while no other run works on the install: a dump must not see half a migration, and a
 * switch must not meet a database that is being exchanged.
 * @param command as a noun: `backup`
 * @param work given a signal that is aborted when the lock is lost or the operator interrupts
 * @throws LockTaken, and OperatorError where no gateway runs to hold the lock
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
    await refuseUnlocked(target, command);
    return withLock(target.engine, target.gateway, command, report, (signal) => work(target, signal), interrupt);
  });
}

/** @throws OperatorError when the gateway does not run, so that nothing would keep another machine's run out */
export async function refuseUnlocked(
  { engine, gateway, stacks }: Pick<Target, "engine" | "gateway" | "stacks">,
  command: string,
): Promise<void> {
  const state = (await engine.inspect(gateway))?.state;
  if (state === "running") return;
  throw new OperatorError({
    what: `${gateway}, which keeps a ${command} and other runs apart, is ${state ?? "not on the engine"}. Nothing has been touched.`,
    type: state === undefined ? upCommand(stacks.base) : commandToRun(gateway, state),
  });
}
