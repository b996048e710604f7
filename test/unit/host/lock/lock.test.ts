import { checkLock, retakeApplyLock, takeApplyLock, takeRunLock, withLock } from "../../../../host/lock/lock";
import { leaseSeconds, thisProcess, type Owner } from "../../../../host/lock/owner";
import { FakeEngine, type FaultKind } from "../fakeEngine";
import { Gateway, gateway } from "./fakeGateway";

const own: Owner = thisProcess("up of tier2", "127.0.0.1:1");
const another: Owner = { ...own, pid: 1, work: "restore", engine: "127.0.0.1:2" };
const silent = (): void => undefined;

test("the run lock is held until it is released, and another run is refused by name", async () => {
  const { engine, owners } = new Gateway();
  owners.run = another;
  await expect(takeRunLock(engine, gateway, own, silent)).rejects.toThrow(/being worked on: restore, by .*process 1\)/);
  await expect(checkLock(engine, gateway, silent)).rejects.toThrow("What a preview says now");
  await expect(takeApplyLock(engine, gateway, own)).rejects.toThrow("being worked on: restore");
});

test("work is done while the lock is held, and the lock is free afterwards, however the work ends", async () => {
  const host = new Gateway();
  const during = await withLock(host.engine, gateway, "restore", silent, async () => host.held);
  expect([during, host.held]).toEqual([1, 0]);
  await expect(
    withLock(host.engine, gateway, "restore", silent, async () => {
      throw new Error("failed");
    }),
  ).rejects.toThrow("failed");
  expect(host.held).toBe(0);
});

test("a gateway that is restarted tells the work that its lock is lost, and what to do", async () => {
  const host = new Gateway();
  const lost = await withLock(host.engine, gateway, "restore", silent, async (signal) => {
    expect(signal.aborted).toBe(false);
    host.restart();
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve, { once: true });
    });
    return String(signal.reason);
  });
  expect(lost).toMatch(
    /The restore lost its lock: scani-gateway or the Docker engine was restarted, or the connection to it broke\.\n.*type the same/,
  );
});

test("whoever holds a lock sends a word several times before its lease is over, and none once it is released", async () => {
  jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"] });
  try {
    const host = new Gateway();
    const held = await takeRunLock(host.engine, gateway, own, silent);
    jest.advanceTimersByTime(leaseSeconds * 1000);
    expect(host.words).toBe(6);
    await held.release();
    jest.advanceTimersByTime(leaseSeconds * 1000);
    expect(host.words).toBe(6);
  } finally {
    jest.useRealTimers();
  }
});

test("a release is no loss, and an interrupt stops the work too", async () => {
  const host = new Gateway();
  const held = await takeRunLock(host.engine, gateway, own, silent);
  await held.release();
  await new Promise(setImmediate);
  expect(held.lost.aborted).toBe(false);
  const interrupt = new AbortController();
  await withLock(
    host.engine,
    gateway,
    "backup",
    silent,
    async (signal) => {
      interrupt.abort();
      expect(signal.aborted).toBe(true);
    },
    interrupt.signal,
  );
});

test("the apply lock that was lost is taken again once the gateway runs, unless another run was faster", async () => {
  const host = new Gateway();
  const one = host.engine.find(gateway);
  if (one !== undefined) one.state = "exited";
  const retaking = retakeApplyLock(host.engine, gateway, own);
  await new Promise(setImmediate);
  expect(host.held).toBe(0);
  if (one !== undefined) one.state = "running";
  expect((await retaking).lost.aborted).toBe(false);
  expect(host.held).toBe(1);

  const late = new Gateway();
  late.owners.apply = another;
  await expect(retakeApplyLock(late.engine, gateway, own)).rejects.toThrow("being worked on: restore");
  expect(late.held).toBe(0);
});

test("what takes the apply lock again while another run waits for it rolls back, and begins nothing", async () => {
  const host = new Gateway();
  host.owners.run = another;
  const { lost } = await retakeApplyLock(host.engine, gateway, own);
  expect(host.held).toBe(1);
  expect(String(lost.reason)).toContain("being worked on: restore");
});

test.each(["throw", "die"] satisfies FaultKind[])("a lock that could not be taken is not held: %s", async (kind) => {
  for (let at = 1; at <= 3; at += 1) {
    const host = new Gateway();
    host.owners.apply = { ...own, pid: 2 };
    host.engine.plan({ at, kind });
    setTimeout(() => {
      host.owners.apply = undefined;
    }, 300);
    const taken = await takeRunLock(host.engine, gateway, own, silent).catch((error: unknown) => error as Error);
    if (taken instanceof Error) expect([at, host.held]).toEqual([at, 0]);
    else expect([at, host.held]).toEqual([at, 1]);
    expect(host.engine.faulted === undefined).toBe(!(taken instanceof Error));
  }
});

test("without a gateway that runs there is nothing to lock", async () => {
  const held = await takeRunLock(new FakeEngine(), gateway, own, silent);
  await held.release();
  expect(held.lost.aborted).toBe(false);
});

test("who takes the run lock lets requests through that a dead run left waiting, and says so", async () => {
  const host = new Gateway();
  host.paused = ["api", "storage"];
  const reported: string[] = [];
  const held = await takeRunLock(host.engine, gateway, own, (line) => reported.push(line));
  expect([host.paused, reported]).toEqual([
    [],
    ["Requests of api, storage were held or refused at the gateway, by a run that died or by hand: let through."],
  ]);
  await held.release();
});
