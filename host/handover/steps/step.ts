import type { Engine } from "../../engine/engine";
import type { Watch } from "../../engine/containers/ready";
import type { LeftFiles } from "../../files/words";
import type { Flip } from "../../gateway/flip";
import type { Facts, ReleaseContainer } from "../../install/facts";
import type { Schema } from "../../scani/migrations/pending";
import type { Service } from "../../install/services/release";
import type { Progress } from "../../../util/progress/progress";
import type { Candidate } from "../candidate";
import type { Order } from "../order";
import type { RunningBackup } from "../runningBackup";

/** What a step is known by: in the plan, the record, the bench and the tests. */
export type StepId =
  | "start-gateway"
  | "resume"
  | "route-uploads"
  | "restart-policy"
  | "stop-migrators"
  | "preflight"
  | "backup"
  | "finish-backup"
  | "migrate"
  | "start"
  | "restart"
  | "verify"
  | "carry"
  | "flip"
  | "stop-workers"
  | "carry-rest"
  | "start-worker"
  | "soak"
  | "carry-late"
  | "retire";

/** Mutable state of one handover, shared by its steps. */
export interface Run {
  /** Each of its calls ends soon after an interrupt. */
  readonly engine: Engine;
  readonly order: Order;
  /** What was true before the first step. */
  readonly before: Facts;
  readonly candidate: Candidate;
  /** What the images ship and the database has had; being read. */
  readonly schema: Promise<Schema>;
  readonly progress: Progress;
  /** Keeps other runs out once the gateway, which has the lock, runs again. @throws LockTaken */
  lockAgain(): Promise<void>;
  /** The gateway is being pointed at the new release; fulfilled once it is. */
  flipping?: Promise<void>;
  flip?: Flip;
  /** The old workers are being stopped. */
  stopping?: Promise<void>;
  /** Files that stay where they are. */
  left?: LeftFiles;
  backup?: RunningBackup;
  /** The new worker is on its way up; fulfilled once it listens. */
  worker?: Promise<void>;
  /** The new release is being watched. */
  soak?: Promise<void>;
  /** The release that served before is being stopped, and is not gone back to any more. */
  retiring?: boolean;
  /** Resolves when requests that reached the candidate before the gateway was pointed back have finished. */
  drainedBack?: Promise<void>;
}

/** What a step's description may depend on beside its own contents. */
export interface Description {
  /** Services whose containers do not exist yet. */
  readonly created: readonly Service[];
}

/**
 * One step of a handover: what it is, how it is said, carried out and undone. Made by `plan` from what is true, and used
 * as it is by the preview, the handover and its record. Containers are named by what the engine calls them.
 */
export interface HandoverStep {
  readonly id: StepId;
  /** The step this one is carried out concurrently with, where that comes just before it. */
  readonly concurrentWith?: StepId;
  /** What it does, as a preview says it. Pure. */
  describe(description: Description): string;
  /** @param watch whose signal is aborted when the operator interrupts, or a concurrent step fails */
  perform(run: Run, watch: Watch): Promise<void>;
  /**
   * Undoes what the step did, or as much of it as it came to do. With the engine as it is: whatever happens must be
   * waited for.
   */
  undo?(run: Run, engine: Engine): Promise<void>;
}

/** `api, worker (new)`. Pure. */
export function names(containers: readonly ReleaseContainer[], created: readonly Service[] = []): string {
  return containers.map(({ service }) => `${service}${created.includes(service) ? " (new)" : ""}`).join(", ");
}

/** `tier1 api, tier1 worker`. Pure. */
export function titles(containers: readonly ReleaseContainer[]): string {
  return containers.map(({ title }) => title).join(", ");
}
