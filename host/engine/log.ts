import type Docker from "dockerode";
import { mergedOutput } from "./merged";
import { unlessInterrupted, type Watch } from "./ready";

/** How a wait for a line of a log ended: it came, the container stopped first, or the time was over. */
export type Said = "said" | "ended" | "late";

/**
 * Follows a container's log until a text is in it. One stream for the whole wait: reading the log again and again costs
 * the engine more, the longer it gets.
 * @param since epoch seconds, fractions allowed
 * @throws HostFailure when the operator interrupts
 */
export async function untilSaid(docker: Docker, id: string, text: string, since: number, watch: Watch): Promise<Said> {
  const container = docker.getContainer(id);
  const stream = await container.logs({ follow: true, stdout: true, stderr: true, since }) as NodeJS.ReadableStream & { destroy(): void };
  const merged = mergedOutput(container, stream);
  let timer: NodeJS.Timeout | undefined;
  const said = new Promise<Said>((resolve, reject) => {
    let tail = "";
    merged.setEncoding("utf8").on("data", (chunk: string) => {
      tail += chunk;
      if (tail.includes(text)) resolve("said");
      // As much as a text that came in two pieces needs.
      tail = tail.slice(-text.length);
    });
    merged.once("end", () => resolve("ended")).once("error", reject);
    timer = setTimeout(() => resolve("late"), watch.timeoutSeconds * 1000);
  });
  try {
    return await unlessInterrupted(said, watch.signal);
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}
