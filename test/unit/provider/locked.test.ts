import { OperatorError } from "../../../util/operatorError";
import { thisProcess, type Owner } from "../../../host/lock/owner";
import type { Context, Handler } from "../../../provider/handler";
import { Gateway } from "../host/lock/fakeGateway";

const inputs = { install: "scani", tier: "tier2" };
const pulumi = "127.0.0.1:1";
const another: Owner = { ...thisProcess("restore", "127.0.0.1:2"), pid: 1 };

/** Loads the wrapper anew, since it keeps the lock for its process, and has it work on this gateway. */
function lockedOn(host: Gateway, handler: Partial<Handler<typeof inputs>>): Handler<typeof inputs> {
  let made: typeof import("../../../provider/locked.js") | undefined;
  jest.isolateModules(() => {
    jest.doMock("../../../host/engine/connect", () => ({ connect: () => host.engine }));
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    made = require("../../../provider/locked") as typeof made;
  });
  if (made === undefined) throw new Error("not loaded");
  const rest: Handler<typeof inputs> = {
    id: () => "it",
    differs: async () => false,
    apply: async () => undefined,
    remove: async () => undefined,
    ...handler,
  };
  return made.locked(rest, pulumi);
}

const context = (signal = new AbortController().signal): Context => ({
  stack: "tier2",
  say: () => undefined,
  signal,
  lockAgain: async () => undefined,
});

/** Returns why a signal is aborted, once it is. */
async function reasonOf(signal: AbortSignal): Promise<string> {
  if (!signal.aborted)
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve, { once: true });
    });
  return String(signal.reason);
}

/** Waits until as many connections hold a lock. */
async function untilHeld(host: Gateway, count: number): Promise<void> {
  while (host.held !== count) await new Promise(setImmediate);
}

test("work that loses its lock is told so, and keeps others out while it rolls back", async () => {
  const host = new Gateway();
  const { apply } = lockedOn(host, {
    apply: async (_inputs, { signal }) => {
      expect([signal.aborted, host.held]).toEqual([false, 1]);
      host.restart();
      const reason = await reasonOf(signal);
      await untilHeld(host, 1);
      return { reason };
    },
  });
  expect(await apply(inputs, context())).toEqual({
    reason: expect.stringMatching(
      /The up of tier2 lost its lock: scani-gateway or the Docker engine was restarted/,
    ) as string,
  });
});

test("work whose lock another run has by then ends with that run's name", async () => {
  const host = new Gateway();
  const { apply } = lockedOn(host, {
    apply: async (_inputs, { signal }) => {
      host.owners.apply = another;
      host.restart();
      return { reason: await reasonOf(signal) };
    },
  });
  await expect(apply(inputs, context())).resolves.toBeDefined();
  const { apply: second } = lockedOn(host, {});
  await expect(second(inputs, context())).rejects.toThrow("being worked on: restore");
});

test("an operator's interrupt reaches the work too", async () => {
  const interrupt = new AbortController();
  const { apply } = lockedOn(new Gateway(), {
    apply: async (_inputs, { signal }) => {
      interrupt.abort(new OperatorError({ what: "Interrupted" }));
      return { reason: await reasonOf(signal) };
    },
  });
  expect(await apply(inputs, context(interrupt.signal))).toMatchObject({
    reason: expect.stringContaining("Interrupted") as string,
  });
});

test("nothing is removed, and nothing changed, while another run works on the install", async () => {
  const host = new Gateway();
  host.owners.run = another;
  const done: string[] = [];
  const { apply, remove } = lockedOn(host, {
    apply: async () => void done.push("applied"),
    remove: async () => void done.push("removed"),
  });
  await expect(remove(inputs, context())).rejects.toThrow("being worked on: restore");
  await expect(apply(inputs, context())).rejects.toThrow("being worked on: restore");
  expect(done).toEqual([]);
  host.owners.run = thisProcess("up of tier2", pulumi);
  await remove(inputs, context());
  expect(done).toEqual(["removed"]);
});
