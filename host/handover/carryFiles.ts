import type { Engine } from "../engine/engine";
import { databaseFor } from "../backup/plan";
import { psql, withServer } from "../backup/server";
import { Carriage } from "../files/carriage";
import { namedQueries, parseNamed, type NamedFile } from "../files/named";
import { readSide, type Place, type Side } from "../files/place";
import { unsaidProblem } from "../files/words";
import {
  isOf,
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
 * The release whose files a plan has to carry: the one that serves, or, after a run that died between the flip and the
 * new worker's start, the one that is still up beside it. Undefined for a plan that neither switches nor starts a worker.
 * Pure.
 */
export function sourceOf(
  facts: Facts,
  wanted: Pick<Wanted, "tier" | "release" | "containers">,
  steps: readonly Step[],
): ReleaseName | undefined {
  if (!switches(steps) && !startsWorker(steps)) return undefined;
  const routed = routedRelease(facts);
  if (routed !== undefined && !isOf(wanted, routed)) return routed;
  const other = facts.containers.find(
    (one) => one.service === "api" && isUp(one) && one.id !== wanted.containers.api && one.release !== wanted.release,
  );
  return other && { tier: other.tier, release: other.release };
}

function startsWorker(steps: readonly Step[]): boolean {
  return steps.some(({ id }) => id === "start-worker");
}

/**
 * Whether files may go to a place. A bucket that is somebody else's gets them as the operator has said: where nothing is
 * said a switch asks (undefined), and a repair leaves them, since no worker may be running until it is done. Pure.
 */
export function permissionFor(
  { hosted }: Pick<Place, "hosted">,
  carryFiles: Order["carryFiles"],
  steps: readonly Step[],
): "yes" | "no" | undefined {
  if (!hosted) return "yes";
  return carryFiles ?? (switches(steps) ? undefined : "no");
}

/** Containers of a release, by their services. Pure. */
export function membersNamed(
  { containers }: Pick<Facts, "containers">,
  release: ReleaseName,
): Partial<Record<Service, ReleaseContainer>> {
  const own = containers.filter((one) => isOf(release, one));
  return Object.fromEntries(own.map((container) => [container.service, container]));
}

/**
 * Adds the carrying: the bulk before the flip, the rest before a worker starts that may take a job, and what was still
 * under way once the new release has been watched. Pure.
 */
export function insertCarrying(steps: readonly Step[], carriage: Carriage): Step[] {
  const worker = startsWorker(steps);
  return steps.flatMap((step): Step[] => {
    if (step.id === "flip") return [new CarryStep(carriage), step];
    if (step.id === "start-worker") return [new CarryRestStep(carriage), step];
    if (step.id !== "soak") return [step];
    return [...(worker ? [] : [new CarryRestStep(carriage)]), step, new CarryLateStep(carriage)];
  });
}

/**
 * Adds the carrying of files to a plan, where the new release looks for them elsewhere than the old one.
 * @throws OperatorError where a switch would carry them into a bucket that is somebody else's and the operator has not
 * said so
 */
export async function withFiles(
  engine: Engine,
  order: Pick<Order, "install" | "wanted" | "stack" | "backups" | "carryFiles" | "caCertificate">,
  facts: Facts,
  steps: Step[],
  candidate: Candidate,
  signal: AbortSignal,
): Promise<WithFiles> {
  const { install, wanted } = order;
  const source = sourceOf(facts, wanted, steps);
  if (source === undefined) return { steps };
  const [from, to] = await Promise.all([
    readSide(engine, membersNamed(facts, source)),
    readSide(engine, membersOf(facts, wanted), order.caCertificate),
  ]);
  if (from === undefined || to === undefined || from.place.id === to.place.id) return { steps };
  const named = () => readNamed(engine, order, candidate);
  const carriage = new Carriage(engine, { install, from, to, named });
  const permission = permissionFor(to.place, order.carryFiles, steps);
  if (permission === "no") return { steps, left: (await named()).length };
  if (permission === undefined) await refuseUnsaid(engine, carriage, to, order.stack, signal);
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
  const database = await databaseFor(install.name, backups, candidate.databaseUrl);
  return withServer(
    engine,
    database,
    async (server) => parseNamed(await server.run(psql, { input: namedQueries })),
    backups.lookOnly !== true,
  );
}
