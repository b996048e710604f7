import { once } from "node:events";
import { concurrently } from "../../../util/concurrently";

const never = new AbortController().signal;

/** Works until it is aborted, then takes a moment to end and records its title. */
async function goOn(signal: AbortSignal, ended: string[], title: string): Promise<void> {
  await once(signal, "abort");
  await new Promise(setImmediate);
  ended.push(title);
  throw new Error(`${title} was interrupted`);
}

test("the first that fails interrupts the others; all are waited for, and it is the first that is told", async () => {
  const ended: string[] = [];
  const work = (title: string, signal: AbortSignal) =>
    title === "b" ? Promise.reject(new Error("b failed")) : goOn(signal, ended, title);
  await expect(concurrently(["a", "b", "c"], never, work)).rejects.toThrow("b failed");
  expect(ended).toEqual(["a", "c"]);
});

test("the operator's interrupt reaches each", async () => {
  const ended: string[] = [];
  const operator = new AbortController();
  const work = concurrently(["a", "b"], operator.signal, (title, signal) => goOn(signal, ended, title));
  operator.abort();
  await expect(work).rejects.toThrow("a was interrupted");
  expect(ended).toEqual(["a", "b"]);
});

test("nothing is interrupted where all goes well", async () => {
  const signals: AbortSignal[] = [];
  await concurrently(["a", "b"], never, async (_, signal) => void signals.push(signal));
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
});
