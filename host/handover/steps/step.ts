import type { Engine } from "../../engine/engine";
import type { Watch } from "../../engine/containers/ready";
import type { LeftFiles } from "../../files/words";
import type { Flip } from "../../gateway/flip";
import type { Facts, ReleaseContainer, ReleaseName } from "../../install/facts";
import type { Flipped } from "../../install/journal";
import type { Schema } from "../../scani/migrations/pending";
import type { Service } from "../../install/services/release";
import type { Progress } from "../../../util/progress/progress";
import type { Candidate } from "../candidate";
import type { Order } from "../order";
import type { RunningBackup } from "../runningBackup";

/** Name of a step in the plan, the record, the bench and the tests. */
export type StepId =
  | "start-gateway"
  | "resume"
  | "save-routes"
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
  /** Interruptible: each of its calls ends soon after an interrupt. */
  readonly engine: Engine;
  readonly order: Order;
  /** Facts before the first step. */
  readonly before: Facts;
  readonly candidate: Candidate;
  /** Migrations the images ship and the database has had; still being read. */
  readonly schema: Promise<Schema>;
  readonly progress: Progress;
  /** Takes the lock again once the gateway, which holds it, runs again. @throws LockTaken */
  lockAgain(): Promise<void>;
  /** Set when the flip begins; fulfilled once the gateway points at the new release. */
  flipping?: Promise<void>;
  flip?: Flip;
  /** Where the routes lead since the flip, or since they were pointed back. */
  flipped?: Flipped;
  /** Set when the old workers are told to stop; fulfilled once they have. */
  stopping?: Promise<void>;
  /** Files that stay where they are. */
  left?: LeftFiles;
  backup?: RunningBackup;
  /** Set when the new worker starts; fulfilled once it listens. */
  worker?: Promise<void>;
  /** Set when the soak begins; fulfilled once it has ended well. */
  soak?: Promise<void>;
  /** True once the release that served before is being stopped: from then on there is no way back to it. */
  retiring?: boolean;
  /** Resolves when requests that reached the candidate before the gateway was pointed back have finished. */
  drainedBack?: Promise<void>;
}

/** Context a step's description may depend on, besides its own contents. */
export interface Description {
  /** Services whose containers do not exist yet. */
  readonly created: readonly Service[];
  /** Release that is to serve. */
  readonly wanted: ReleaseName;
  /** Seconds for which it is watched. */
  readonly soak: number;
}

/**
 * One step of a handover, which can be described, carried out and undone. Made by `plan` from the facts, and used as it
 * is by the preview, the handover and its record. Containers have the names the engine knows them by.
 */
export interface HandoverStep {
  readonly id: StepId;
  /** The step this one is carried out concurrently with, where that comes just before it. */
  readonly concurrentWith?: StepId;
  /** Returns what the step does, as a preview says it; undefined where that is nothing. Pure. */
  describe(description: Description): string | undefined;
  /** @param watch has a signal that is aborted when the operator interrupts, or a concurrent step fails */
  perform(run: Run, watch: Watch): Promise<void>;
  /** The step before whose undoing this one is undone; without it, its place in the plan decides. */
  readonly undoneBefore?: StepId;
  /**
   * Undoes what the step did, or the part of it that was done. The engine's calls do not end at an interrupt, since
   * undoing must be waited for.
   */
  undo?(run: Run, engine: Engine): Promise<void>;
}

/** Lists services of containers: `api, worker (new)`. Pure. */
export function names(containers: readonly ReleaseContainer[], created: readonly Service[] = []): string {
  return containers.map(({ service }) => `${service}${created.includes(service) ? " (new)" : ""}`).join(", ");
}

/** Lists titles of containers: `tier1 api, tier1 worker`. Pure. */
export function titles(containers: readonly ReleaseContainer[]): string {
  return containers.map(({ title }) => title).join(", ");
}

/**
 * Describes containers that are stopped, and what becomes of them: those of an earlier release of the same tier have
 * left the stack, and Pulumi removes them once the handover is over. A copy is nobody's but its maker's. Pure.
 */
export function stopping(containers: readonly ReleaseContainer[], wanted: ReleaseName): string {
  const leaves = ({ tier, copy }: ReleaseContainer): boolean => tier === wanted.tier && copy !== true;
  const [removed, kept] = [containers.filter(leaves), containers.filter((one) => !leaves(one))];
  return `stop gently: ${[
    ...(kept.length === 0 ? [] : [`${titles(kept)} (kept)`]),
    ...(removed.length === 0 ? [] : [`${titles(removed)} (removed afterwards)`]),
  ].join(", ")}`;
}
