import type { Engine } from "./engine";
import { interruption } from "./containers/ready";

/**
 * Wraps an engine so that every call ends soon after an interrupt, whether or not the engine answers.
 * @param grace milliseconds a call in progress may go on after the interrupt: most end by themselves
 */
export function interruptible(engine: Engine, signal: AbortSignal, grace: number): Engine {
  return new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...words: unknown[]): Promise<unknown> =>
        endSoonAfter(Reflect.apply(member, target, words) as Promise<unknown>, signal, grace);
    },
  });
}

async function endSoonAfter<T>(work: Promise<T>, signal: AbortSignal, grace: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => {
      timer = setTimeout(() => reject(interruption(signal)), grace);
    };
  });
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    signal.removeEventListener("abort", stop);
    clearTimeout(timer);
  }
}
