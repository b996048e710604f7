import type { Engine } from "../engine/engine";
import { databaseFor } from "../backup/plan";
import { psql, withServer } from "../backup/server";
import { Carriage } from "../files/carriage";
import { namedQueries, parseNamed, type NamedFile } from "../files/named";
import { readSide, type Side } from "../files/place";
import { unsaidProblem } from "../files/words";
import {
  isUp,
  routedRelease,
  type Facts,
  type ReleaseContainer,
  type ReleaseName,
  type Wanted,
} from "../install/facts";
import type { FileCount } from "../install/filesEntry";
import type { Service } from "../install/services";
import type { Candidate } from "./candidate";
import type { Order } from "./order";
import { membersOf, switches } from "./plan";
import { CarryLateStep, CarryRestStep, CarryStep } from "./steps/carry";
import type { Step } from "./steps";

/** Steps with the carrying of files among them. */
export interface WithFiles {
  readonly steps: Step[];
  /** Undefined where both releases look in the same place, or nothing is carried. */
  readonly carriage?: Carriage;
  /** Files the database names that the operator leaves where they are. */
  readonly left?: number;
}

/**
 * The release whose files are to be carried: the one that serves, or, after a run that died between the flip and the
 * new worker's start, the one that is still up beside it. Pure.
 */
export function sourceOf(facts: Facts, wanted: Wanted): ReleaseName | undefined {
  const routed = routedRelease(facts);
  if (routed !== undefined && (routed.tier !== wanted.tier || routed.release !== wanted.release)) return routed;
  const other = facts.containers.find(
    (one) => one.service === "api" && isUp(one) && one.id !== wanted.containers.api && one.release !== wanted.release,
  );
  return other && { tier: other.tier, release: other.release };
}

/** Containers of a release, by their services. Pure. */
export function membersNamed(
  { containers }: Pick<Facts, "containers">,
  release: ReleaseName,
): Partial<Record<Service, ReleaseContainer>> {
  const own = containers.filter((one) => one.release === release.release && one.tier === release.tier);
  return Object.fromEntries(own.map((container) => [container.service, container]));
}

/**
 * Adds the carrying: the bulk before the flip, the rest before a worker starts that may take a job, and what was still
 * under way once the new release has been watched. Pure.
 */
export function insertCarrying(steps: readonly Step[], carriage: Carriage): Step[] {
  const worker = steps.some(({ id }) => id === "start-worker");
  return steps.flatMap((step): Step[] => {
    if (step.id === "flip") return [new CarryStep(carriage), step];
    if (step.id === "start-worker") return [new CarryRestStep(carriage), step];
    if (step.id !== "soak") return [step];
    return [...(worker ? [] : [new CarryRestStep(carriage)]), step, new CarryLateStep(carriage)];
  });
}

/**
 * Adds the carrying of files to a plan, where the new release looks for them elsewhere than the old one.
 * @throws OperatorError where they would go into a bucket that is somebody else's and the operator has not said so
 */
export async function withFiles(
  engine: Engine,
  order: Pick<Order, "install" | "wanted" | "stack" | "backups" | "carryFiles" | "caCertificate">,
  facts: Facts,
  steps: Step[],
  candidate: Candidate,
  signal: AbortSignal,
): Promise<WithFiles> {
  const { install, wanted, carryFiles } = order;
  const source = sourceOf(facts, wanted);
  if (source === undefined || !(switches(steps) || steps.some(({ id }) => id === "start-worker"))) return { steps };
  const [from, to] = await Promise.all([
    readSide(engine, membersNamed(facts, source)),
    readSide(engine, membersOf(facts, wanted), order.caCertificate),
  ]);
  if (from === undefined || to === undefined || from.place.id === to.place.id) return { steps };
  const named = () => readNamed(engine, order, candidate);
  const carriage = new Carriage(engine, { install, from, to, named });
  if (to.place.hosted && carryFiles === "no") return { steps, left: (await named()).length };
  if (to.place.hosted && carryFiles === undefined) await refuseUnsaid(engine, carriage, to, order.stack, signal);
  return { steps: insertCarrying(steps, carriage), carriage };
}

/** Counts what would be carried, and leaves no container behind. */
export async function countFiles(carriage: Carriage, engine: Engine, signal: AbortSignal): Promise<FileCount> {
  try {
    return await carriage.count({ signal, progress: () => undefined });
  } finally {
    await carriage.close(engine);
  }
}

async function refuseUnsaid(
  engine: Engine,
  carriage: Carriage,
  to: Side,
  stack: string,
  signal: AbortSignal,
): Promise<void> {
  const count = await countFiles(carriage, engine, signal);
  if (count.files > 0) throw unsaidProblem(count, to.place.title, stack);
}

/** Every file the database names. */
export async function readNamed(
  engine: Engine,
  { install, backups }: Pick<Order, "install" | "backups">,
  candidate: Pick<Candidate, "databaseUrl">,
): Promise<NamedFile[]> {
  const database = await databaseFor(install.name, backups.plan, candidate.databaseUrl);
  return withServer(
    engine,
    database,
    async (server) => parseNamed(await server.run(psql, { input: namedQueries })),
    backups.lookOnly !== true,
  );
}
