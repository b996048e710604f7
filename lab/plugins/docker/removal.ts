import { setTimeout as delay } from "node:timers/promises";
import { isMissing, says } from "./errors";

/** How long the official plugin waits for what is still in use, milliseconds. */
const timeout = 30_000;
/** Between two tries, milliseconds. */
const interval = 200;

/**
 * Removes what may still be in use by a container that is on its way out; what is gone already is fine.
 * @param busy Docker's words for being in use
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
