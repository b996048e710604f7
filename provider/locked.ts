import { containerName } from "../host/install/names/containerName";
import { connect } from "../host/engine/connect";
import type { Handler } from "./handler";
import { nothingToLock, retakeApplyLock, takeApplyLock, takeRunLock } from "../host/lock/lock";
import { LockTaken, sameRun, thisProcess, type Owner } from "../host/lock/owner";

/** The apply lock of this process; a stack may have several resources that work under it. */
let taken: ReturnType<typeof takeApplyLock> | undefined;

/** Inputs the lock needs, which every resource has. */
interface Lockable {
  readonly install: string;
  readonly dockerHost?: string;
  /** Absent for base's. */
  readonly tier?: string;
}

/**
 * Wraps a handler so that it works only while no other run does. The lock is kept until this process ends, which is
 * when Pulumi has done everything else, removals included.
 * @param engine address of the Pulumi engine that started this process
 */
export function locked<Inputs extends Lockable>(handler: Handler<Inputs>, engine: string): Handler<Inputs> {
  return {
    ...handler,
    async apply(inputs, context) {
      const owner = ownerOf("up", inputs, engine);
      const [docker, gateway] = [connect(inputs.dockerHost), containerName(inputs.install, "gateway")];
      const losing = new AbortController();
      const take = async (): Promise<void> => {
        const current = (taken ??= takeApplyLock(docker, gateway, owner));
        const held = await current;
        // The next resource tries again: by then a gateway may run.
        if (held === nothingToLock) taken = undefined;
        const { lost } = held;
        const stop = (): void => {
          losing.abort(lost.reason);
          // Work that loses its lock stops and rolls back; the next run must not begin before that is over.
          if (taken !== current) return;
          taken = retakeApplyLock(docker, gateway, owner);
          taken.catch(() => undefined);
        };
        if (lost.aborted) stop();
        else lost.addEventListener("abort", stop, { once: true });
      };
      await take();
      return handler.apply(inputs, {
        ...context,
        signal: AbortSignal.any([context.signal, losing.signal]),
        async lockAgain() {
          if (taken === undefined) await take();
        },
      });
    },
    async remove(inputs, context) {
      const owner = ownerOf("destroy", inputs, engine);
      // A destroy runs no program, so nobody has the lock yet; in an `up` that replaces the resource, the program has
      // it.
      await takeRunLock(
        connect(inputs.dockerHost),
        containerName(inputs.install, "gateway"),
        owner,
        () => undefined,
      ).catch((error: unknown) => {
        if (!(error instanceof LockTaken && error.owner !== undefined && sameRun(error.owner, owner))) throw error;
      });
      await handler.remove(inputs, context);
    },
  };
}

function ownerOf(command: string, { tier }: Lockable, engine: string): Owner {
  return thisProcess(`${command} of ${tier ?? "base"}`, engine);
}
