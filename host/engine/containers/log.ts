import type { Engine } from "../engine";
import { unlessInterrupted, type Watch } from "./ready";

/** Result of a wait for a text in a log: it was logged, the container stopped first, or the time ran out. */
export type LogWait = "logged" | "stopped" | "timeout";

/**
 * Follows a container's log until it contains a text. Uses one stream for the whole wait: reading the log repeatedly
 * costs the engine more the longer the log is.
 * @param since epoch seconds by the engine's clock, fractions allowed
 * @throws OperatorError when the operator interrupts
 */
export async function untilLogged(
  engine: Engine,
  id: string,
  text: string,
  since: number,
  watch: Watch,
): Promise<LogWait> {
  const log = await engine.followLog(id, since);
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<LogWait>((resolve, reject) => {
    let tail = "";
    log.output.setEncoding("utf8").on("data", (chunk: string) => {
      tail += chunk;
      if (tail.includes(text)) resolve("logged");
      // Enough to find a text that is split over two chunks.
      tail = tail.slice(-text.length);
    });
    log.output.once("end", () => resolve("stopped")).once("error", reject);
    timer = setTimeout(() => resolve("timeout"), watch.timeoutSeconds * 1000);
  });
  try {
    return await unlessInterrupted(waited, watch.signal);
  } finally {
    clearTimeout(timer);
    log.close();
  }
}
