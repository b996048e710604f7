import { Client } from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import type { Engine } from "../host/engine/engine";
import { checkLock, releaseRunLock, takeRunLock, type Held } from "../host/lock/lock";
import { LockTaken, thisProcess } from "../host/lock/owner";
import type { Report } from "../util/progress/progress";
import { ancestors, updateAmong } from "./commandLine";
import { OperatorRunError } from "./operatorError";

/** What is released at the end of the process, or of the command where programs run inside it. */
const entered: { readonly engine: Engine; readonly gateway: string; readonly held: Held }[] = [];

/**
 * Enters the install before anything is declared. A preview takes nothing, and is refused while somebody works there;
 * but the preview that `pulumi up` begins with enters as the update does, so that of two begun together the second
 * learns at once, and not when its preview is over.
 * @throws an error for the operator that names who does
 */
export async function enter(engine: Engine, gateway: string, stack: string): Promise<void> {
  const report = (line: string): void => {
    void pulumi.log.warn(line);
  };
  const update = updateAmong(ancestors());
  try {
    if (pulumi.runtime.isDryRun() && update === undefined) return await checkLock(engine, gateway, report);
    const owner = thisProcess(`up of ${stack}`, engineAddress());
    // The one to end is Pulumi: each of its phases runs the program in another process.
    const held = await takeRunLock(engine, gateway, { ...owner, pid: update?.pid ?? owner.pid }, report);
    entered.push({ engine, gateway, held });
  } catch (error) {
    if (error instanceof LockTaken) throw new OperatorRunError(error.message);
    throw error;
  }
}

/** Where this run's Pulumi engine listens, which is also how the engine names itself to a provider: `host:port`. */
export function engineAddress(): string | undefined {
  const engine = pulumi.runtime.getEngine();
  return engine instanceof Client ? engine.getChannel().getTarget().replace(/^dns:/, "") : undefined;
}

/**
 * Leaves what programs have entered in this process. For commands that run them in process: another one may follow.
 * @param report told what is done at the end; Pulumi, which programs tell, has ended by then
 */
export async function leave(report: Report): Promise<void> {
  await Promise.all(
    entered.splice(0).map(({ engine, gateway, held }) => releaseRunLock(engine, gateway, held, report)),
  );
}
