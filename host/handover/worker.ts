import { details, type Engine } from "../engine/engine";
import { untilSaid } from "../engine/log";
import type { ReleaseContainer } from "../install/facts";
import type { Progress } from "../../util/progress/progress";
import { failed, type Watch } from "../engine/ready";

/** What the worker logs once it takes jobs. */
const listening = "Worker listening for jobs";

/** What it logs when it stopped with no job in hand. */
const drained = "Worker drained cleanly";

/** Stops a worker gently: it finishes or gives back the jobs it has. Says so when it was killed instead. */
export async function stopWorker(engine: Engine, worker: ReleaseContainer, progress: Progress): Promise<void> {
  const since = Date.now() / 1000;
  await engine.stop(worker.id);
  const log = await engine.logSince(worker.id, since).catch(() => "");
  if (!log.includes(drained))
    progress.note(
      `${worker.title} stopped without "${drained}"; the jobs it had are taken again when their locks run out`,
    );
}

/**
 * Starts a worker and waits until it listens.
 * @throws HostFailure with the end of its log
 */
export async function startWorker(engine: Engine, worker: ReleaseContainer, watch: Watch): Promise<void> {
  const since = Date.now() / 1000;
  await engine.start(worker.id);
  watch.waiting(worker.title, `until it says "${listening}"`);
  const said = await untilSaid(engine, worker.id, listening, since, watch);
  if (said === "late")
    throw await failed(engine, worker, `did not say "${listening}" within ${watch.timeoutSeconds} s`);
  const { running, exitCode, restarts } = await details(engine, worker.id);
  if (said === "ended" || !running || restarts > 0)
    throw await failed(engine, worker, `did not stay up (exit code ${exitCode})`);
}
