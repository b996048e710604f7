import { Client } from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import type { Engine } from "../host/engine/engine";
import { checkLock, releaseRunLock, takeRunLock, type Held } from "../host/lock/lock";
import { saveRoutes } from "../host/gateway/save";
import { LockTaken, thisProcess } from "../host/lock/owner";
import { OperatorError } from "../util/operatorError";
import type { Report } from "../util/progress/progress";
import { ancestors, updateAmong } from "./commandLine";
import { OperatorRunError } from "./operatorError";

/** Locks this process holds until it ends, or until the command that runs programs inside it ends. */
const taken: { readonly engine: Engine; readonly gateway: string; readonly held: Held }[] = [];

/**
 * Takes the install's run lock before anything is declared. A preview takes nothing, and is refused while another run
 * holds it; but the preview that `pulumi up` begins with takes it as the update does, so that of two begun together the
 * second learns at once, and not when its preview is over.
 * @throws OperatorRunError that names the holder
 */
export async function takeLock(engine: Engine, gateway: string, stack: string): Promise<void> {
  const report = (line: string): void => {
    void pulumi.log.warn(line);
  };
  const update = updateAmong(ancestors());
  try {
    if (pulumi.runtime.isDryRun() && update === undefined) return await checkLock(engine, gateway, report);
    const owner = thisProcess(`up of ${stack}`, engineAddress());
    // Record Pulumi's process, which is the one to end: each of its phases runs the program in another process.
    const held = await takeRunLock(engine, gateway, { ...owner, pid: update?.pid ?? owner.pid }, report);
    taken.push({ engine, gateway, held });
    if (await saveRoutes(engine, gateway))
      report(
        "The gateway had not saved its routes, as on a full disk, and would not have known them after a restart: saved.",
      );
  } catch (error) {
    if (error instanceof LockTaken || error instanceof OperatorError) throw new OperatorRunError(error.message);
    throw error;
  }
}

/** Returns the address of this run's Pulumi engine, by which it also names itself to a provider: `host:port`. */
export function engineAddress(): string | undefined {
  const engine = pulumi.runtime.getEngine();
  return engine instanceof Client ? engine.getChannel().getTarget().replace(/^dns:/, "") : undefined;
}

/**
 * Releases the locks that programs took in this process. For commands that run them in process, since another may
 * follow.
 * @param report called with what is done at the end; Pulumi, to which programs report, has ended by then
 */
export async function releaseLocks(report: Report): Promise<void> {
  await Promise.all(taken.splice(0).map(({ engine, gateway, held }) => releaseRunLock(engine, gateway, held, report)));
}
