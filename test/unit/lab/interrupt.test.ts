import { Interrupt } from "../../../lab/interrupt";

test("an interrupt ends the waiting, and idle waits for the work", async () => {
  const interrupt = new Interrupt();
  let finish = (): void => undefined;
  const work = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const guarded = interrupt.guard(work);
  process.emit("SIGTERM");
  await expect(guarded).rejects.toThrow("Interrupted");

  let idle = false;
  const waiting = interrupt.idle().then(() => {
    idle = true;
  });
  await new Promise(setImmediate);
  expect(idle).toBe(false);
  finish();
  await waiting;
  await expect(interrupt.guard(Promise.resolve(1))).rejects.toThrow("Interrupted");
  interrupt.release();
});

test("it goes on listening after a signal, so that nobody else ends the process", () => {
  const before = process.listenerCount("SIGINT");
  const interrupt = new Interrupt();
  process.emit("SIGINT");
  expect(process.listenerCount("SIGINT")).toBe(before + 1);
  interrupt.release();
});

test("work that ends gives its result or its own error, and no listener stays", async () => {
  const before = process.listenerCount("SIGINT");
  const interrupt = new Interrupt();
  await expect(interrupt.guard(Promise.resolve(7))).resolves.toBe(7);
  await expect(interrupt.guard(Promise.reject(new Error("its own")))).rejects.toThrow("its own");
  await interrupt.idle();
  interrupt.release();
  expect(process.listenerCount("SIGINT")).toBe(before);
});
