import type { ContainerState } from "../engine/engine";
import type { Listed } from "../gateway/deploy";
import { routes, servedBy, type Route, type Targets } from "../gateway/routes";
import { describeConflict, conflictsAmong } from "./drift/conflicts";
import type { Journal } from "./journal";
import { uploadsProblem, type Uploads } from "./storage/uploads";
import { restartPolicy, runsOf, type Service } from "./services/release";
import type { Tier } from "../../settings";

/** A release's container as the engine reports it. */
export interface ReleaseContainer {
  readonly id: string;
  readonly name: string;
  readonly service: Service;
  readonly tier: Tier;
  readonly release: string;
  /** Docker's own state. */
  readonly state: ContainerState;
  /** `tier2 api`. */
  readonly title: string;
  /**
   * True for a copy somebody else made with a release's labels, by `docker commit` and `docker run`. Only workers are
   * listed as copies: they take jobs, whatever their names.
   */
  readonly copy?: true;
  /** Docker's restart policy where it differs from the declared one, as after `docker update`. */
  readonly otherPolicy?: string;
}

/** A release as a plan names it. */
export interface ReleaseName {
  readonly tier: Tier;
  readonly release: string;
}

/** State of an install at one moment: the source of all plans, previews, `status`, refusals and messages. */
export interface Facts extends Journal {
  readonly gateway: {
    readonly name: string;
    /** Undefined when there is no such container. */
    readonly state: ContainerState | undefined;
    /** Reason it does not report where its routes lead; undefined when it does. */
    readonly silent?: string;
  };
  /**
   * Name of the container each route leads to; absent where there is no such route. From the gateway or, where that
   * does not answer, from its state file, which it restores when it starts.
   */
  readonly routes: Targets;
  /** All that the gateway routes, also to what is no release's; from its state file where it does not answer. */
  readonly services: readonly Listed[];
  /**
   * Names of routes, the uploads' included, whose requests the gateway holds or refuses, by `kamal-proxy pause` or
   * `stop`.
   */
  readonly paused: readonly string[];
  /**
   * True where the gateway has not saved where its routes lead, as on a full disk: a restarted one would not know it.
   * Absent where that was not read.
   */
  readonly unsaved?: boolean;
  /** Problem with the answer to a request through the gateway, by route; absent for a route that was not asked. */
  readonly unanswered: Readonly<Partial<Record<Route, string>>>;
  /** Uploads to base's own S3 server; undefined where that is managed. */
  readonly uploads?: Uploads;
  /** Newest first. */
  readonly containers: readonly ReleaseContainer[];
  /**
   * Names of running containers that are no longer found by their host names: those of base and data-providers by
   * releases, apis and pages by the gateway.
   */
  readonly nameless: readonly string[];
  /**
   * Names of base's containers that Docker does not start again after a reboot, as after `docker update`; absent where
   * that was not read.
   */
  readonly forgotten?: readonly string[];
}

/** Targets of the routes, without whether they answer. */
export type RoutedContainers = Pick<Facts, "routes" | "containers">;

/**
 * The release that is to serve. Its containers are known by id: a container that Pulumi replaces carries the same
 * labels as its successor, and both exist until the handover is over.
 */
export interface Wanted {
  readonly tier: Tier;
  readonly release: string;
  /** Name of its Pulumi stack, for the commands in messages. */
  readonly stack: string;
  readonly containers: Readonly<Partial<Record<Service, string>>>;
  /** Leave the other tier's api, frontend-app and data-provider running. */
  readonly keepWarm: boolean;
}

/**
 * True for a container that works or may go on working by itself: a paused one does so as soon as somebody unpauses it,
 * a restarting one in a moment. Pure.
 */
export function isUp({ state }: Pick<ReleaseContainer, "state">): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}

/** True for a container that can never be started again, so that only a new one helps. Pure. */
export function isLost({ state }: Pick<ReleaseContainer, "state">): boolean {
  return state === "dead" || state === "removing";
}

/** Returns the container a route leads to; undefined without such a route, and where it leads to no release's. Pure. */
export function targetOf(
  { containers, routes: targets }: RoutedContainers,
  route: Route,
): ReleaseContainer | undefined {
  return containers.find(({ name, service }) => name === targets[route] && service === servedBy(route));
}

/** True for a container of this release; false where there is no release. Pure. */
export function isOf(release: ReleaseName | undefined, container: ReleaseName): boolean {
  return container.tier === release?.tier && container.release === release.release;
}

/**
 * Returns the worker of a release, of which another tool may have made more than one: the one that is up, else the
 * noted one, else the newest; never a copy. Pure.
 * @param noted ids of workers that a change of base has stopped
 */
export function workerOf(
  release: ReleaseName,
  containers: readonly ReleaseContainer[],
  noted: readonly string[] = [],
): ReleaseContainer | undefined {
  const own = containers.filter((one) => one.service === "worker" && one.copy !== true && isOf(release, one));
  return own.find(isUp) ?? own.find(({ id }) => noted.includes(id)) ?? own[0];
}

/** True when a route leads to this container. Pure. */
export function isRouted(
  { routes: targets }: Pick<Facts, "routes">,
  { name }: Pick<ReleaseContainer, "name">,
): boolean {
  return Object.values(targets).includes(name);
}

/** True for a container that others no longer find by its host name. Pure. */
export function isNameless({ nameless }: Pick<Facts, "nameless">, { name }: Pick<ReleaseContainer, "name">): boolean {
  return nameless.includes(name);
}

/** True for a service whose requests through the gateway get no good answer. Pure. */
export function isUnanswered(
  { unanswered }: Pick<Facts, "unanswered">,
  { service }: Pick<ReleaseContainer, "service">,
): boolean {
  return routes.some((route) => unanswered[route] !== undefined && servedBy(route) === service);
}

/** Returns the release the api's route leads to, whether or not it runs. Pure. */
export function routedRelease(facts: RoutedContainers): ReleaseName | undefined {
  const api = targetOf(facts, "api");
  return api && { tier: api.tier, release: api.release };
}

/** Defect in an install whose release answers. */
export interface Shortcoming {
  /** `its worker is exited`. */
  readonly what: string;
  /** The stack whose `up` mends it: base's, or that of the tier that serves. */
  readonly of: "base" | "release";
}

/** Serving state of an install, derived from the routes, their targets and the gateway's own answers together. */
export type Serving =
  /** Every route leads to one release, which answers. */
  | { readonly is: "serving"; readonly release: ReleaseName; readonly shortcomings: readonly Shortcoming[] }
  /** The routes lead to one release, and not all of its routes work. */
  | { readonly is: "routed but down"; readonly release: ReleaseName; readonly why: string }
  /** The routes lead to several releases, some lead to no release, or one that is not Scani's is in their way. */
  | { readonly is: "mixed"; readonly why: string }
  /** No route leads anywhere: nothing was ever switched to. */
  | { readonly is: "unrouted" }
  /** The gateway lets nobody in. `release` is the one it will route to when it starts, where that is known. */
  | { readonly is: "gateway down"; readonly release?: ReleaseName; readonly why: string };

/** Serving state in which a release answers. */
export type Served = Extract<Serving, { readonly is: "serving" }>;

/** Derives what serves from the facts. Pure. */
export function servingOf(facts: Facts): Serving {
  const release = routedRelease(facts);
  if (facts.gateway.silent !== undefined) return { is: "gateway down", release, why: facts.gateway.silent };
  if (Object.keys(facts.routes).length === 0) return { is: "unrouted" };
  const same = routes.every((route) => targetOf(facts, route)?.release === release?.release);
  const conflicts = conflictsAmong(facts.services, facts.uploads?.bucket).map(describeConflict);
  if (release === undefined || !same || conflicts.length > 0)
    return {
      is: "mixed",
      why: [...routes.map((route) => `${route} leads to ${leadsTo(facts, route)}`), ...conflicts].join(", "),
    };
  const wrong = routes.flatMap((route) => {
    const [target, unanswered] = [targetOf(facts, route), facts.unanswered[route]];
    const paused = facts.paused.includes(route) ? [`requests of ${route} are held or refused at the gateway`] : [];
    if (target?.state !== "running") return [`${target?.title} is ${target?.state}`, ...paused];
    return unanswered === undefined ? paused : [`${route} through the gateway: ${unanswered}`, ...paused];
  });
  const why = [...new Set(wrong)].join(", ");
  if (why !== "") return { is: "routed but down", release, why };
  return { is: "serving", release, shortcomings: shortcomingsOf(facts, release) };
}

function shortcomingsOf(facts: Facts, release: ReleaseName): Shortcoming[] {
  const worker = workerOf(release, facts.containers);
  const others = facts.containers.filter((one) => one.service === "worker" && one !== worker && isUp(one));
  const uploads = facts.uploads && uploadsProblem(facts.uploads);
  const nameless = (name: string) => `${name} is not found by its name`;
  const ofRelease = facts.containers.filter((one) => isOf(release, one) && isNameless(facts, one));
  const forgotten = facts.containers.filter(
    (one) =>
      isOf(release, one) && runsOf(one.service) !== "once" && one.otherPolicy !== undefined && !lasts(one.otherPolicy),
  );
  const ofBase = facts.nameless.filter((name) => !facts.containers.some((one) => one.name === name));
  const providers = facts.containers.filter((one) => one.service === "data-provider" && isOf(release, one));
  // A container that Pulumi replaces has the labels of its successor, which does not run yet.
  const provider = providers.find(isUp) ?? providers[0];
  const ofWorkers = [
    // Mails and files go through it; tier 2 has a hosted one in its place.
    ...(release.tier !== "tier1" || provider?.state === "running"
      ? []
      : [`its data-provider is ${provider?.state ?? "gone"}`]),
    ...(worker?.state === "running" ? [] : [`its worker is ${worker?.state ?? "gone"}`]),
    ...others.map(
      (one) => `${besideWorker(release, one)} ${one.state === "running" ? "takes jobs" : `is ${one.state}`}`,
    ),
  ];
  return [
    ...[
      ...ofWorkers,
      ...ofRelease.map(({ name }) => nameless(name)),
      ...forgotten.map(({ title }) => notAgain(title)),
    ].map((what) => ({ what, of: "release" }) as const),
    ...[
      ...(uploads === undefined ? [] : [`uploads fail: ${uploads}`]),
      ...(facts.unsaved === true
        ? ["its gateway has not saved its routes, and would not know them after a restart"]
        : []),
      ...ofBase.map(nameless),
      ...(facts.forgotten ?? []).map(notAgain),
    ].map((what) => ({ what, of: "base" }) as const),
  ];
}

function notAgain(container: string): string {
  return `${container} does not start again after a reboot`;
}

/** True for a restart policy by which Docker starts a container that ran again after a reboot. Pure. */
export function lasts(policy: string): boolean {
  return policy === restartPolicy.always || policy === "always";
}

/** Describes a worker other than that of the release that serves. Pure. */
function besideWorker(release: ReleaseName, worker: ReleaseContainer): string {
  if (worker.copy === true) return `${worker.name}, a copy of a worker of ${worker.tier},`;
  return isOf(release, worker) ? `another of its workers (${worker.name})` : `the worker of ${nameOf(worker)}`;
}

function nameOf({ tier, release }: ReleaseName): string {
  return `${tier} (${release})`;
}

/** True where this release serves, and nothing else. Pure. */
export function isServedBy(serving: Serving, release: ReleaseName): serving is Served {
  return serving.is === "serving" && isOf(release, serving.release);
}

function leadsTo(facts: Facts, route: Route): string {
  const target = targetOf(facts, route);
  return target === undefined ? (facts.routes[route] ?? "nothing") : nameOf(target);
}

/** Writes `, but its worker is exited`, to follow what serves; empty where nothing is wrong. Pure. */
export function describeShortcomings(shortcomings: readonly Shortcoming[]): string {
  return shortcomings.length === 0 ? "" : `, but ${shortcomings.map(({ what }) => what).join("; ")}`;
}

/** Describes what serves, in words that finish the sentence "Serving now: …". Pure. */
export function describeServing(serving: Serving, since?: string): string {
  switch (serving.is) {
    case "serving":
      return `${nameOf(serving.release)}${since === undefined ? "" : ` since ${since}`}${describeShortcomings(serving.shortcomings)}`;
    case "routed but down":
      return `${nameOf(serving.release)}, which does not answer: ${serving.why}`;
    case "mixed":
      return `no whole release: ${serving.why}`;
    case "unrouted":
      return "nothing";
    case "gateway down":
      return `nothing answers: ${serving.why}${serving.release === undefined ? "" : `; its routes lead to ${nameOf(serving.release)}`}`;
  }
}

/**
 * Returns when a release that serves began to, by the record. Undefined where the record does not say: a killed run, or
 * one whose record could not be written, has led the routes there. Pure.
 */
export function servingSince({ journal }: Pick<Facts, "journal">, now: ReleaseName): string | undefined {
  for (const {
    at,
    from,
    to,
    outcome,
    flipped = outcome === "switched" ? { to, at } : undefined,
  } of journal.toReversed()) {
    if (flipped !== undefined) return isOf(now, flipped.to) ? flipped.at : undefined;
    if (from === undefined || !isOf(now, from)) return undefined;
  }
  return undefined;
}

/** Returns the api container that serves: the one its route leads to. Undefined where nothing serves. Pure. */
export function servingApi(facts: Facts): ReleaseContainer | undefined {
  return targetOf(facts, "api");
}

/** Returns the frontend-app container that serves the page. Pure. */
export function servingPage(facts: Facts): ReleaseContainer | undefined {
  return targetOf(facts, "app");
}

/** Targets and containers a handover rolls back to. */
export interface WayBack {
  readonly targets: Targets;
  /** Containers the routes led to. Some may not have run, and have to be started first. */
  readonly containers: readonly ReleaseContainer[];
}

/**
 * Returns where a handover rolls the routes back to, a route it leaves out had no target; or why it cannot: no release
 * was routed, or a container of it is lost. A release of an earlier version of this module has no `auth` route, and
 * only a part of `ws`: the api answers there all the same. Pure.
 */
export function wayBack(before: Facts): WayBack | { readonly none: string } {
  const { api, ws = api, auth, app } = before.routes;
  if (Object.keys(before.routes).length === 0) return { none: "no release served before" };
  if (api === undefined || app === undefined)
    return { none: `no route led to ${api === undefined ? "an api" : "a page"} before` };
  const targets: Targets = { api, ws, app, ...(auth === undefined ? {} : { auth }) };
  const names = [...new Set(Object.values(targets))];
  const found = names.map((name) => ({ name, container: before.containers.find((one) => one.name === name) }));
  const lost = found.filter(({ container }) => container === undefined || isLost(container));
  if (lost.length > 0)
    return { none: lost.map(({ name, container }) => `${name} was ${container?.state ?? "gone"} before`).join(", ") };
  return { targets, containers: found.flatMap(({ container }) => container ?? []) };
}
