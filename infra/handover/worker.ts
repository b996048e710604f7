import type Docker from "dockerode";
import { setTimeout as pause } from "node:timers/promises";
import { logSince, start, stop } from "../engine/lifecycle";
import type { LiveContainer } from "./live";
import type { Progress } from "../progress/progress";
import { checkInterrupt, failed, type Watch } from "../engine/ready";

/** What the worker logs once it takes jobs. */
const listening = "Worker listening for jobs";

/** What it logs when it stopped with no job in hand. */
const drained = "Worker drained cleanly";

const lookAgain = 100;

/** Stops a worker gently: it finishes or gives back the jobs it has. Says so when it was killed instead. */
export async function stopWorker(docker: Docker, worker: LiveContainer, progress: Progress): Promise<void> {
  const since = Date.now() / 1000;
  await stop(docker, worker.id);
  const log = await logSince(docker, worker.id, since).catch(() => "");
  if (!log.includes(drained)) progress.note(`${worker.title} stopped without "${drained}"; the jobs it had are taken again when their locks run out`);
}

/**
 * Starts a worker and waits until it listens.
 * @throws HostFailure with the end of its log
 */
export async function startWorker(docker: Docker, worker: LiveContainer, watch: Watch): Promise<void> {
  await start(docker, worker.id);
  const container = docker.getContainer(worker.id);
  const deadline = Date.now() + watch.timeoutSeconds * 1000;
  for (;;) {
    checkInterrupt(watch.signal);
    const { State: state, RestartCount: restarts } = await container.inspect();
    if (!state.Running || restarts > 0) throw await failed(docker, worker, `did not stay up (exit code ${state.ExitCode})`);
    const log = await logSince(docker, worker.id, Date.parse(state.StartedAt) / 1000);
    if (log.includes(listening)) return;
    if (Date.now() > deadline) throw await failed(docker, worker, `did not say "${listening}" within ${watch.timeoutSeconds} s`);
    watch.waiting(worker.title, `until it says "${listening}"`);
    await pause(lookAgain);
  }
}
