import { details, type Engine } from "../engine/engine";
import { untilLogged } from "../engine/containers/log";
import type { ReleaseContainer } from "../install/facts";
import type { Progress } from "../../util/progress/progress";
import { failed, type Watch } from "../engine/containers/ready";

/** Line the worker logs once it takes jobs. */
const listening = "Worker listening for jobs";

/** Line it logs when it stopped with no job in hand. */
const drained = "Worker drained cleanly";

/** Stops a worker gently: it finishes or gives back the jobs it has. Notes it when the worker was killed instead. */
export async function stopWorker(engine: Engine, worker: ReleaseContainer, progress: Progress): Promise<void> {
  await engine.stop(worker.id);
  const log = await endOfLog(engine, worker.id).catch(() => "");
  if (!log.includes(drained))
    progress.note(
      `${worker.title} stopped without "${drained}"; the jobs it had are taken again when their locks run out`,
    );
}

/** Seconds before its end in which a worker logs how it stopped. */
const lastSeconds = 5;

/** Reads the end of a stopped worker's log, by the engine's clock, which may differ from this machine's. */
async function endOfLog(engine: Engine, worker: string): Promise<string> {
  const { startedAt, finishedAt } = await details(engine, worker);
  const since = Math.max(Date.parse(startedAt) / 1000, Date.parse(finishedAt) / 1000 - lastSeconds);
  return engine.logSince(worker, since);
}

/**
 * Starts a worker and waits until it listens.
 * @throws OperatorError with the end of its log
 */
export async function startWorker(engine: Engine, worker: ReleaseContainer, watch: Watch): Promise<void> {
  await engine.start(worker.id);
  const before = await details(engine, worker.id);
  // By the engine's clock, which may differ from this machine's.
  const since = Date.parse(before.startedAt) / 1000;
  watch.waiting(worker.title, `waiting for "${listening}" in its log`);
  const said = await untilLogged(engine, worker.id, listening, since, watch);
  if (said === "timeout")
    throw await failed(engine, worker, `did not say "${listening}" within ${watch.timeoutSeconds} s`);
  const { running, exitCode, restarts } = await details(engine, worker.id);
  if (said === "stopped" || !running || restarts > before.restarts)
    throw await failed(engine, worker, `did not stay up (exit code ${exitCode})`);
}
