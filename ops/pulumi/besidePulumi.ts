import { onEndingSignal } from "../../util/process/interruption";

/**
 * Does work while Pulumi runs as a child of this process, and stays to report how it ends. Ctrl-C and the end of the
 * terminal reach Pulumi by themselves, and it takes a second signal as leave to drop everything, so they are not passed
 * on. A kill is sent to this process alone, and is passed on. If only the output is no longer read, Pulumi finishes
 * what it has begun: rolling a switch back for that would help nobody.
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
