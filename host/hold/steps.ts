import type { Engine } from "../engine/engine";
import type { Watch } from "../engine/containers/ready";
import type { ReleaseContainer } from "../install/facts";
import { restart } from "../scani/restart";
import { startWorker } from "../scani/worker";
import { concurrently } from "../../util/concurrently";
import type { Progress } from "../../util/progress/progress";
import type { Member } from "./endFacts";

/** What the steps of a change of base's end work with. */
export interface EndRun {
  readonly engine: Engine;
  readonly progress: Progress;
}

/**
 * One step of the end of a change of base, made by `planEnd` from the facts, and used as it is by the preview and the
 * run.
 */
interface Step {
  /** True for one that requests wait for. */
  readonly isHeld: boolean;
  /** Returns what the step does, as a preview says it. Pure. */
  describe(): string;
  /** @param watch has a signal that is aborted when the operator interrupts */
  perform(run: EndRun, watch: Watch): Promise<void>;
}

/** Connects containers of releases to a network of base that they are not on. */
export class JoinStep implements Step {
  readonly id = "join";
  readonly isHeld = true;

  /** @param network its Docker name */
  constructor(
    readonly network: string,
    readonly containers: readonly Member[],
  ) {}

  describe(): string {
    return `Joined to ${this.network} again: ${titles(this.containers)}.`;
  }

  async perform({ engine }: Pick<EndRun, "engine">): Promise<void> {
    for (const { id, networks } of this.containers) {
      // A container that was stopped while its network was removed still has the old one.
      if (this.network in networks) await engine.disconnectNetwork(this.network, id);
      await engine.connectNetwork(this.network, id);
    }
  }
}

/** Restarts running containers that keep addresses of before. */
export class RestartStep implements Step {
  readonly id = "restart";
  readonly isHeld = true;

  constructor(readonly containers: readonly ReleaseContainer[]) {}

  describe(): string {
    return `Restarted, to look addresses up again: ${titles(this.containers)}.`;
  }

  async perform({ engine, progress }: EndRun, watch: Watch): Promise<void> {
    await progress.step(`restart ${titles(this.containers)}`, () =>
      concurrently(this.containers, watch.signal, (container, signal) =>
        restart(engine, container, { ...watch, signal }),
      ),
    );
  }
}

/** Starts the worker of what serves, and waits until it listens. */
export class StartWorkerStep implements Step {
  readonly id = "start-worker";
  readonly isHeld = false;

  /** @param isNoted true where a change of base has stopped it, or is to */
  constructor(
    readonly worker: ReleaseContainer,
    readonly isNoted: boolean,
  ) {}

  describe(): string {
    return this.isNoted
      ? `${this.worker.title}, which a change of base had stopped, is started again.`
      : `${this.worker.title} is ${this.worker.state}: it is started.`;
  }

  async perform({ engine, progress }: EndRun, watch: Watch): Promise<void> {
    await progress.step("start the worker", () => startWorker(engine, this.worker, watch));
  }
}

/** Names a worker that was stopped for the change and stays so. */
export class NameStoppedStep implements Step {
  readonly id = "name-stopped";
  readonly isHeld = false;

  /** @param why ends the sentence */
  constructor(
    readonly worker: ReleaseContainer,
    readonly why: string,
  ) {}

  describe(): string {
    return `${this.worker.title} stays stopped after a change of base: ${this.why}.`;
  }

  perform({ progress }: EndRun): Promise<void> {
    progress.note(`${this.worker.title} was stopped for the change and stays stopped: ${this.why}.`);
    return Promise.resolve();
  }
}

/** Union of all steps of the end of a change of base. */
export type EndStep = JoinStep | RestartStep | StartWorkerStep | NameStoppedStep;

/** Lists titles of containers, each once: releases of one tier have the same. Pure. */
function titles(containers: readonly ReleaseContainer[]): string {
  return [...new Set(containers.map(({ title }) => title))].join(", ");
}
