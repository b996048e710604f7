import { setTimeout as delay } from "node:timers/promises";
import { isMissing, says } from "./errors";

/** Milliseconds the official plugin waits for an object that is still in use. */
const timeout = 30_000;
/** Milliseconds between two tries. */
const interval = 200;

/**
 * Removes an object that a container being removed may still use; it may already be gone.
 * @param busy part of Docker's message for an object in use
 * @throws Docker's own error when it refuses for another reason, or still after 30 s
 */
export async function removeOnceFree(remove: () => Promise<unknown>, busy: string): Promise<void> {
  const until = Date.now() + timeout;
  for (;;) {
    try {
      await remove();
      return;
    } catch (error) {
      if (isMissing(error)) return;
      if (!says(error, busy) || Date.now() > until) throw error;
    }
    await delay(interval);
  }
}
