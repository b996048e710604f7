import type { ContainerDetails, Engine } from "../../engine/engine";
import { untilReady, type Watch } from "../../engine/containers/ready";
import { isLost, routedRelease } from "../../install/facts";
import { readRouted, releaseContainers, type Install } from "../../install/readFacts";
import type { StackNames } from "../../install/names/stacks";
import type { Tier } from "../../../settings";
import type { ComposePlace } from "../../../util/commands";
import { messageOf } from "../../../util/operatorError";
import type { Progress } from "../../../util/progress/progress";
import type { Database } from "../../backup/server";
import type { ObjectSource } from "../compose/project";
import type { AdoptionRecord } from "../record";

/** Operations on stacks that an adoption needs, independent of how Pulumi is driven. */
export interface Stacks {
  readonly names: StackNames;
  /** Changes settings of a stack, and remembers their former values; undefined removes a setting. */
  set(stack: "base" | Tier, values: Readonly<Record<string, string | undefined>>): Promise<void>;
  /** Restores every setting that `set` has changed. */
  putBack(stack: "base" | Tier): Promise<void>;
  /** Forgets the former values of settings. */
  forget(stack: "base" | Tier): Promise<void>;
  up(stack: "base" | Tier): Promise<void>;
  /** Removes everything a stack has made, protected or not, except volumes. Does nothing without such a stack. */
  destroy(stack: "base" | Tier): Promise<void>;
  /**
   * Reads how to reach the install's managed Postgres; holds its password. Undefined where Postgres is bundled, and where
   * base has never been up as a whole.
   */
  managedDatabase(): Promise<Database | undefined>;
}

/** State of one adoption, shared by its phases. */
export interface AdoptRun {
  readonly engine: Engine;
  readonly install: Install;
  readonly record: AdoptionRecord;
  /** The project, as compose's commands name it. */
  readonly compose: ComposePlace;
  /** The project's S3 server, read anew from its containers. */
  readonly objects?: ObjectSource;
  readonly stacks: Stacks;
  /** Whole path of the folder of the backups, and how many are kept. */
  readonly backups: { readonly folder: string; readonly kept: number };
  /** An image of Scani's that is on the engine. */
  readonly image: string;
  /** The migrator compose's images come with; it may not be on the engine. Undefined without compose's containers. */
  readonly migrateImage?: string;
  readonly progress: Progress;
  readonly watch: Watch;
  /** Lines to report when the adoption is over. */
  readonly closing: string[];
}

/** Seconds compose's worker gets to drain: it takes up to 25. */
export const workerSeconds = 35;

/** Starts a container of the project's, with the restart policy it had before the adoption. */
export async function startAgain({ engine, record }: AdoptRun, name: string): Promise<void> {
  await engine.setRestartPolicy(name, record.restartPolicies[name] ?? "unless-stopped");
  await engine.start(name);
}

/** Waits until a container that has been started is healthy, where it has a health check. */
export async function untilHealthy({ engine, watch }: AdoptRun, name: string): Promise<void> {
  const healthCheck = (await engine.inspect(name))?.healthCheck ?? [];
  if (healthCheck.length > 0 && healthCheck[0] !== "NONE")
    await untilReady(engine, { id: name, name, title: name }, watch);
}

/** Reads the tier whose release the routes lead to; that of compose's Scani before there is one. */
export async function routedTier({ engine, install, record }: AdoptRun): Promise<Tier> {
  return routedRelease(await readRouted(engine, install))?.tier ?? record.tier;
}

/** True once a release has been started: from then on somebody may use the port the gateway has. */
export async function hasRelease({ engine, install }: Pick<AdoptRun, "engine" | "install">): Promise<boolean> {
  return (await releaseContainers(engine, install.name)).some(({ state }) => state !== "created");
}

/**
 * Stops a container so that the engine does not start it again, unless it is retired already.
 * @param withinSeconds it gets to end by itself
 */
export async function stopForGood(engine: Engine, container: string, withinSeconds?: number): Promise<void> {
  if (isRetired(await engine.inspect(container))) return;
  await engine.setRestartPolicy(container, "no");
  await engine.stop(container, withinSeconds);
}

/**
 * True for a container that was stopped for good, is gone or can never be started again, and not for one that somebody
 * else has stopped. Pure.
 */
export function isRetired(one: ContainerDetails | undefined): boolean {
  return one === undefined || isLost(one) || (!one.running && one.restartPolicy === "no");
}

/**
 * A phase of an adoption. Whether it is done is read off the engine, so that an adoption continues from the actual
 * state and never from a counter.
 */
export interface Phase {
  readonly title: string;
  /** Describes the phase in a plan's words. Pure. */
  describe(record: AdoptionRecord): string;
  done(run: AdoptRun): Promise<boolean>;
  perform(run: AdoptRun): Promise<void>;
  /** Undoes what a failed phase has done, without stopping what serves. */
  undo?(run: AdoptRun): Promise<void>;
}

/** A phase as it is now. */
export interface PhaseNow {
  readonly phase: Phase;
  /** Undefined where it cannot be told, as while the server it would have to ask does not answer. */
  readonly done: boolean | undefined;
  /** Reason why it cannot be told. */
  readonly why?: string;
}

/** Reads whether a phase is done. */
export async function readPhase(phase: Phase, run: AdoptRun): Promise<PhaseNow> {
  try {
    return { phase, done: await phase.done(run) };
  } catch (error) {
    return { phase, done: undefined, why: messageOf(error) };
  }
}
