import { onEndingSignal } from "../../util/process/interruption";

/**
 * Works while Pulumi runs as a child of this process, and stays to report how it ends. Ctrl-C reaches Pulumi by itself,
 * which takes a second signal as leave to drop everything; so does the end of the terminal. A kill is for this process
 * alone, and passed on. Where only nobody reads any more, Pulumi ends what it has begun: to take a switch back for that
 * would help nobody.
 * @param work given a signal that is aborted when Pulumi is to be interrupted
 */
export async function besidePulumi<T>(work: (interrupt: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const release = onEndingSignal((name) => {
    if (name === "SIGTERM") controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
