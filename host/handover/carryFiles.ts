import { details, type Engine } from "../engine/engine";
import { databaseFor } from "../backup/plan";
import { Carriage, type CarriageOrder, type LoadCount } from "../files/carriage";
import { diskTaken } from "../files/carry";
import { jobsAmong, type NamedFile } from "../files/named";
import { bucketOf, readSide, readSource, type Members, type Place, type Side } from "../files/place";
import { lostProblem, type LeftFiles } from "../files/words";
import { isOf, isUp, routedRelease, type Facts, type ReleaseName, type Wanted } from "../install/facts";
import { stacksBeside } from "../install/names/stacks";
import type { Tier } from "../../settings";
import { checkInterrupt } from "../engine/containers/ready";
import { checkDisk } from "../preflight/disk";
import { messageOf } from "../../util/operatorError";
import type { Candidate } from "./candidate";
import type { Order } from "./order";
import { readNamed } from "./namedFiles";
import { membersOf, switches } from "./plan";
import {
  CarryLateStep,
  CarryRestStep,
  CarryStep,
  countOrRefuse,
  NameLeftStep,
  RefuseFilesStep,
  refuseUnsaid,
} from "./steps/carry";
import type { Step } from "./steps";

/** A plan, the order and facts it was made from, and the candidate whose database says which files are named. */
export interface PlannedSwitch {
  readonly order: Pick<
    Order,
    "install" | "wanted" | "stack" | "backups" | "carryFiles" | "caCertificate" | "minimumFreeDisk"
  >;
  readonly facts: Facts;
  readonly steps: Step[];
  readonly candidate: Candidate;
}

/** Steps of a plan, including those that carry files. */
export interface WithFiles {
  readonly steps: Step[];
  /** Undefined where both releases keep their files in the same place, or nothing is carried. */
  readonly carriage?: Carriage;
  /** Files the operator leaves where they are. */
  readonly left?: LeftFiles;
}

/**
 * Returns the release whose files a plan has to carry: the one that serves; after a run that died past the flip, the
 * other one that is still up; or, where no route leads to a release any more, the one that served last. Undefined for a
 * plan that neither switches, nor starts a worker, nor stops an api through which somebody may have uploaded. Pure.
 */
export function sourceOf(
  facts: Facts,
  wanted: Pick<Wanted, "tier" | "release" | "containers">,
  steps: readonly Step[],
): ReleaseName | undefined {
  if (!switches(steps) && !startsWorker(steps)) return retiredApi(steps);
  const routed = routedRelease(facts);
  if (routed !== undefined && !isOf(wanted, routed)) return routed;
  const other = facts.containers.find(
    (one) => one.service === "api" && isUp(one) && one.id !== wanted.containers.api && one.release !== wanted.release,
  );
  if (other !== undefined) return { tier: other.tier, release: other.release };
  const last = servedLast(facts, wanted);
  return routed !== undefined || isOf(last, wanted) ? undefined : last;
}

/**
 * Returns the release a switch led to last. Where the record cannot be read it may have been another one that has an api
 * left, from which carrying brings nothing that is there already; or else one of the other tier, of which nothing is left.
 */
function servedLast(
  { journal, journalUnreadable, containers }: Facts,
  wanted: Pick<Wanted, "tier" | "release">,
): ReleaseName | undefined {
  if (journalUnreadable !== true) return journal.findLast(({ outcome }) => outcome === "switched")?.to;
  const api = containers.findLast((one) => one.service === "api" && one.release !== wanted.release);
  return api ?? { tier: wanted.tier === "tier1" ? "tier2" : "tier1", release: "unknown" };
}

function startsWorker(steps: readonly Step[]): boolean {
  return steps.some(({ id }) => id === "start-worker");
}

/** Returns the release of the api that a plan retires, the last that a switch left running. */
function retiredApi(steps: readonly Step[]): ReleaseName | undefined {
  const retiring = steps.flatMap((step) => (step.id === "retire" ? step.containers : []));
  const api = retiring.find(({ service }) => service === "api");
  return api && { tier: api.tier, release: api.release };
}

/**
 * Returns the permission to put files into a place. A set `carryFiles` decides for every place; without it only a
 * bucket that is somebody else's needs permission. There a switch asks for it (undefined), and a repair leaves the
 * files, since no worker may be running until it is done. Pure.
 */
export function permissionFor(
  { hosted }: Pick<Place, "hosted">,
  carryFiles: Order["carryFiles"],
  steps: readonly Step[],
): "yes" | "no" | undefined {
  if (carryFiles !== undefined || !hosted) return carryFiles ?? "yes";
  return switches(steps) ? undefined : "no";
}

/** Returns the containers of a release by service. Pure. */
export function membersNamed({ containers }: Pick<Facts, "containers">, release: ReleaseName): Members {
  const own = containers.filter((one) => isOf(release, one));
  return Object.fromEntries(own.map((container) => [container.service, container]));
}

/** Files of a release that has no container left to say where they are. */
export interface LostSource {
  readonly tier: Tier;
  /** Id of their place, from the record of the last switch. */
  readonly at?: string;
  /** True where that record cannot be read, so that another release may have served last. */
  readonly isGuess?: true;
}

/**
 * Returns where the files of a release are. A tier 1 without data-provider and worker is read with base's settings,
 * whose bucket may have changed since, so the record of the switch to it takes precedence. If neither is known, a
 * release of the same tier is assumed to use the place of the new one. Pure.
 * @param old containers left of the release
 * @param read side read from them
 * @param to place the new release uses
 */
export function knownSource(
  { journal, journalUnreadable }: Pick<Facts, "journal" | "journalUnreadable">,
  tier: Tier,
  old: Members,
  read: Side | undefined,
  to: Place,
): { readonly from: Side | undefined; readonly lost: LostSource } {
  const told = tier === "tier2" ? (old.api ?? old.worker) : (old["data-provider"] ?? old.worker);
  if (told !== undefined && read !== undefined) return { from: read, lost: { tier } };
  const at = journal.findLast((entry) => entry.outcome !== "failed" && entry.to.tier === tier)?.filesAt;
  const lost: LostSource = { tier, ...(at === undefined ? {} : { at }), ...(journalUnreadable && { isGuess: true }) };
  const known = at ?? read?.place.id ?? (to.hosted === (tier === "tier2") ? to.id : undefined);
  if (known === to.id) return { from: { place: to }, lost };
  return { from: read?.place.id === known ? read : undefined, lost };
}

/** Steps the rest of the files must be carried before; the first one that a plan has counts. */
const restBefore = ["start-worker", "soak", "retire"] as const;

/**
 * Adds the steps that carry files: the bulk before the flip; the rest before a worker starts that may take a job, or
 * else before the step that follows; and late uploads after the soak. Pure.
 */
export function insertCarrying(steps: readonly Step[], carriage: Carriage): Step[] {
  const limit = restBefore.find((known) => steps.some(({ id }) => id === known));
  return steps.flatMap((step): Step[] => [
    ...(step.id === "flip" ? [new CarryStep(carriage)] : []),
    ...(step.id === limit ? [new CarryRestStep(carriage)] : []),
    step,
    ...(step.id === "soak" ? [new CarryLateStep(carriage)] : []),
  ]);
}

/**
 * Adds the steps for a plan that has no files to carry yet, while the operator has not said whether any may be. Pure.
 */
export function insertAsking(steps: readonly Step[], carriage: Carriage): Step[] {
  return steps.flatMap((step): Step[] => {
    if (step.id === "flip") return [new RefuseFilesStep(carriage), step];
    return step.id === "soak" ? [step, new NameLeftStep(carriage)] : [step];
  });
}

/**
 * Adds the steps that carry files to a plan, where the new release keeps them elsewhere than the old one.
 * @throws OperatorError where a switch would carry them into a bucket that is somebody else's and the operator has not
 * said so
 */
export async function withFiles(
  engine: Engine,
  { order, facts, steps, candidate }: PlannedSwitch,
  signal: AbortSignal,
): Promise<WithFiles> {
  const { install, wanted, stack, backups } = order;
  const source = sourceOf(facts, wanted, steps);
  if (source === undefined) return { steps };
  const members = membersOf(facts, wanted);
  const old = membersNamed(facts, source);
  const bucket = (await details(engine, wanted.containers.worker as string)).environment;
  const [read, to] = await Promise.all([
    readSource(engine, source.tier, old, bucket),
    readSide(engine, members, order.caCertificate),
  ]);
  if (to === undefined) return { steps };
  const { from, lost } = knownSource(facts, source.tier, old, read, to.place);
  if (from?.place.id === to.place.id) return { steps };
  const permission = permissionFor(to.place, order.carryFiles, steps);
  const named = () => namedIn(engine, order, candidate);
  if (from === undefined) return { steps, left: await leaveLost(lost, permission, named, stack, backups.stacks.base) };

  const api = (old.api ?? members.api) as NonNullable<typeof old.api>;
  const between = { install, api, from, to, named };
  if (permission === "yes") {
    const carriage = new Carriage(engine, { ...between, checkRoom: roomOf(engine, order, to.place) });
    return { steps: insertCarrying(steps, carriage), carriage };
  }
  // Its data-provider may not run yet.
  const place = to.place.hosted ? to.place : bucketOf(to.place);
  const carriage = new Carriage(engine, { ...between, to: { place } });
  if (permission === "no") return { steps, left: await leave(carriage, engine, stack, signal) };
  await closing(carriage, engine, () => refuseUnsaid(carriage, stack, watchOf(signal)));
  return { steps: insertAsking(steps, carriage), carriage };
}

/** Returns a check that files have room in a place; undefined for a place that is not on the engine's disk. */
export function roomOf(
  engine: Engine,
  { install, backups, stack, minimumFreeDisk }: Pick<Order, "install" | "backups" | "stack" | "minimumFreeDisk">,
  { bundled }: Place,
): CarriageOrder["checkRoom"] {
  if (bundled !== true) return undefined;
  const stacks = { stack, baseStack: backups.stacks.base };
  return async (bytes) => {
    const filesMiB = Math.ceil(diskTaken(bytes) / 1024 / 1024);
    if (filesMiB > 0) await checkDisk(engine, install.gateway, minimumFreeDisk, stacks, filesMiB);
  };
}

const watchOf = (signal: AbortSignal) => ({ signal, progress: () => undefined });

/** Does work with a carriage and closes it, so that no container is left behind. */
async function closing<T>(carriage: Carriage, engine: Engine, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await carriage.close(engine);
  }
}

/** Counts files to carry, and leaves no container behind. @throws OperatorError where `up` would stop */
export function countFiles(carriage: Carriage, engine: Engine, stack: string, signal: AbortSignal): Promise<LoadCount> {
  return closing(carriage, engine, () => countOrRefuse(carriage, stack, watchOf(signal)));
}

/**
 * Counts files that stay where they are, and leaves no container behind. If a place does not answer, counts every named
 * file instead, since the files stay in any case.
 */
export async function leave(
  carriage: Carriage,
  engine: Engine,
  stack: string,
  signal: AbortSignal,
): Promise<LeftFiles> {
  const { from, named } = carriage.order;
  try {
    const { files, jobs } = await countFiles(carriage, engine, stack, signal);
    return { files, jobs, at: from.place.title };
  } catch (error) {
    checkInterrupt(signal);
    const [uncompared] = messageOf(error).split("\n");
    const all = await named();
    return { files: all.length, jobs: jobsAmong(all), at: from.place.title, uncompared };
  }
}

/**
 * Counts files that stay behind because no container of their release is left to say where they are.
 * @throws OperatorError where files would be left behind and the operator has not said so
 */
export async function leaveLost(
  lost: LostSource,
  permission: "yes" | "no" | undefined,
  named: () => Promise<readonly NamedFile[]>,
  stack: string,
  baseStack: string,
): Promise<LeftFiles | undefined> {
  const all = await named();
  const { length } = all;
  if (length === 0) return undefined;
  const { tier, at } = lost;
  if (permission !== "no")
    throw lostProblem(length, lost, { stack, source: stacksBeside(stack)[tier], base: baseStack });
  return {
    files: length,
    jobs: jobsAmong(all),
    at: at ?? `${tier}'s bucket`,
    uncompared: `no container of ${tier} is left`,
  };
}

/** Reads every file named in the database of the release that is to serve. */
export async function namedIn(
  engine: Engine,
  { install, backups }: Pick<Order, "install" | "backups">,
  candidate: Pick<Candidate, "databaseUrl">,
): Promise<NamedFile[]> {
  const database = await databaseFor(install.name, backups, candidate.databaseUrl);
  return readNamed(engine, database, backups.lookOnly !== true);
}
