import * as pulumi from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state";
import type { Engine } from "../host/engine/engine";
import { checkLock, takeRunLock, type Held } from "../host/lock/lock";
import { LockTaken, thisProcess } from "../host/lock/owner";
import { ancestors, updateAmong } from "./commandLine";
import { operatorError } from "./operatorError";

/** The SDK has it but keeps it out of its types. */
const { getStore } = state as unknown as { getStore(): { settings: { options: { engineAddr?: string } } } };

/** SecretFingerprints to the end of the process, or of the command where programs run inside it. */
const entered: Held[] = [];

/**
 * Enters the install before anything is declared. A preview takes nothing, and is refused while somebody works there;
 * but the preview that `pulumi up` begins with enters as the update does, so that of two begun together the second
 * learns at once, and not when its preview is over.
 * @throws an error for the operator that names who does
 */
export async function enter(engine: Engine, gateway: string, stack: string): Promise<void> {
  const say = (line: string): void => {
    void pulumi.log.warn(line);
  };
  const update = updateAmong(ancestors());
  try {
    if (pulumi.runtime.isDryRun() && update === undefined) return await checkLock(engine, gateway, say);
    const owner = thisProcess(`up of ${stack}`, getStore().settings.options.engineAddr);
    // The one to end is Pulumi: each of its phases runs the program in another process.
    entered.push(await takeRunLock(engine, gateway, { ...owner, pid: update?.pid ?? owner.pid }, say));
  } catch (error) {
    if (error instanceof LockTaken) throw operatorError(error.message);
    throw error;
  }
}

/** Leaves what programs have entered in this process. For commands that run them in process: another one may follow. */
export async function leave(): Promise<void> {
  await Promise.all(entered.splice(0).map((held) => held.release()));
}
