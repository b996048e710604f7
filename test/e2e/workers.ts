import type { Scene } from "./scene";

/** A run of a stand-in worker, as it recorded itself. Times in ISO 8601; null if not yet reached. */
export interface WorkerRun {
  readonly tier: string;
  readonly instance: string;
  readonly listening_at: string | null;
  readonly stopped_at: string | null;
}

/** Reads every run of a worker on this install. */
export function workerRuns(scene: Scene): Promise<WorkerRun[]> {
  return scene.fetchJson<WorkerRun[]>("/api/workers");
}

/** Lists the runs that began to listen before the previous one had stopped. */
export function overlaps(runs: readonly WorkerRun[]): string[] {
  const listened = runs
    .filter((run): run is WorkerRun & { listening_at: string } => run.listening_at !== null)
    .sort((a, b) => Date.parse(a.listening_at) - Date.parse(b.listening_at));
  return listened.slice(1).flatMap((run, index) => {
    const before = listened[index] as WorkerRun;
    const apart = before.stopped_at !== null && Date.parse(run.listening_at) >= Date.parse(before.stopped_at);
    return apart
      ? []
      : [
          `${run.tier} ${run.instance} listened from ${run.listening_at}, ${before.tier} ${before.instance} until ${before.stopped_at ?? "now"}`,
        ];
  });
}
