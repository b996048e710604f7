import type { Engine } from "../../engine/engine";
import type { Watch } from "../../engine/containers/ready";
import { isOf, routedRelease, type ReleaseContainer } from "../../install/facts";
import { soak } from "../soak";
import { startWorker, stopWorker } from "../../scani/worker";
import { names, stopping, type Description, type HandoverStep, type Run } from "./step";

/**
 * Stops workers of other releases, gently. Concurrently with the flip: by then the new release is ready and verified, and
 * its worker has to wait for both.
 */
export class StopWorkersStep implements HandoverStep {
  readonly id = "stop-workers";
  readonly concurrentWith = "flip";

  constructor(readonly containers: readonly ReleaseContainer[]) {}

  describe({ wanted }: Description): string {
    return stopping(this.containers, wanted);
  }

  async perform(run: Run): Promise<void> {
    const { engine, progress } = run;
    run.stopping = progress.step(
      "stop the old worker",
      async () => {
        await Promise.all(this.containers.map((worker) => stopWorker(engine, worker, progress)));
      },
      this.id,
    );
    await run.stopping;
  }

  /**
   * Starts only the worker of the release that serves again, or, without such a release, the workers that ran before.
   */
  async undo({ before }: Run, engine: Engine): Promise<void> {
    const back = routedRelease(before);
    const again = this.containers.filter((worker) =>
      back === undefined ? worker.state === "running" : isOf(back, worker),
    );
    await Promise.all(again.map(({ id }) => engine.start(id)));
  }
}

/** Starts the new worker and waits until it listens. */
export class StartWorkerStep implements HandoverStep {
  readonly id = "start-worker";

  constructor(readonly container: ReleaseContainer) {}

  describe({ created }: Description): string {
    return `start ${names([this.container], created)}`;
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    run.worker = run.progress.step(
      "start the new worker",
      () => startWorker(run.engine, this.container, watch),
      this.id,
    );
    await run.worker;
  }

  async undo(_run: Run, engine: Engine): Promise<void> {
    await engine.stop(this.container.id);
  }
}

/**
 * Watches the release for a while, with the way back still open. Begins when the new worker starts: the api serves from
 * the flip on, and a worker takes seconds to boot.
 */
export class SoakStep implements HandoverStep {
  readonly id = "soak";
  readonly concurrentWith = "start-worker";

  constructor(
    readonly api: ReleaseContainer,
    readonly worker: ReleaseContainer,
  ) {}

  describe({ soak: seconds }: Description): string | undefined {
    return seconds === 0 ? undefined : "watch the new release for a while, with the way back open";
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    const { engine, order, worker, progress } = run;
    if (order.soak === 0) return;
    const watched = { order, api: this.api, worker: this.worker };
    run.soak = progress.step(
      "soak",
      () => soak(engine, watched, order.soak, worker ?? Promise.resolve(), watch),
      this.id,
    );
    await run.soak;
  }
}
