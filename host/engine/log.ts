import type { Engine } from "./engine";
import { unlessInterrupted, type Watch } from "./ready";

/** How a wait for a line of a log ended: it came, the container stopped first, or the time was over. */
export type Said = "said" | "ended" | "late";

/**
 * Follows a container's log until a text is in it. One stream for the whole wait: reading the log again and again costs
 * the engine more, the longer it gets.
 * @param since epoch seconds, fractions allowed
 * @throws HostFailure when the operator interrupts
 */
export async function untilSaid(engine: Engine, id: string, text: string, since: number, watch: Watch): Promise<Said> {
  const log = await engine.followLog(id, since);
  let timer: NodeJS.Timeout | undefined;
  const said = new Promise<Said>((resolve, reject) => {
    let tail = "";
    log.output.setEncoding("utf8").on("data", (chunk: string) => {
      tail += chunk;
      if (tail.includes(text)) resolve("said");
      // As much as a text that came in two pieces needs.
      tail = tail.slice(-text.length);
    });
    log.output.once("end", () => resolve("ended")).once("error", reject);
    timer = setTimeout(() => resolve("late"), watch.timeoutSeconds * 1000);
  });
  try {
    return await unlessInterrupted(said, watch.signal);
  } finally {
    clearTimeout(timer);
    log.close();
  }
}
