import { servicesOf, type Service } from "../install/services";
import { routes, servedBy, type Route } from "../gateway/routes";
import type { Live, LiveContainer, Wanted } from "../install/live";

/** One step of a handover. Containers are named by what the engine calls them. */
export type Step =
  /** Make a backup; `beside` the steps that follow, if the schema stays as it is, and done before the flip. */
  | { readonly do: "backup"; readonly why: string; readonly beside: boolean }
  /** Wait until the backup that is made beside is whole. */
  | { readonly do: "finish-backup" }
  /** Run the one-shot and wait for exit 0. */
  | { readonly do: "migrate"; readonly container: LiveContainer }
  /** Start these and wait until each is ready. */
  | { readonly do: "start"; readonly containers: readonly LiveContainer[] }
  /** Ask the new api, from inside, whether it stands where its tier says. */
  | { readonly do: "verify"; readonly container: LiveContainer }
  /** Point every route at the new release. */
  | { readonly do: "flip"; readonly to: Readonly<Record<Route, LiveContainer>> }
  /** Stop workers of other releases, gently. */
  | { readonly do: "stop-workers"; readonly containers: readonly LiveContainer[] }
  /** Start the worker; it must listen. */
  | { readonly do: "start-worker"; readonly container: LiveContainer }
  /** Watch the release for a while, with the way back still open. */
  | { readonly do: "soak"; readonly api: LiveContainer; readonly worker: LiveContainer }
  /** Stop what no longer serves, gently. The containers stay. */
  | { readonly do: "retire"; readonly containers: readonly LiveContainer[] };

/** A service of the wanted release has no container: somebody removed it, and only Pulumi can declare it again. */
export class MissingContainer extends Error {
  constructor(
    readonly services: readonly Service[],
    wanted: Wanted,
  ) {
    super(
      `${wanted.tier} has no container for ${services.join(", ")}: somebody removed it.\n  type: pulumi up --refresh --stack <this stack>`,
    );
    this.name = "MissingContainer";
  }
}

const ready: readonly Service[] = ["data-provider", "api", "frontend-app"];

/**
 * What must be done so that the wanted release serves, from what is true now. Empty when there is nothing to do.
 * Pure, and made anew from the live state after every interruption, so it never depends on how far a run came.
 * @throws MissingContainer
 */
export function plan(live: Live, wanted: Wanted): Step[] {
  const own = membersOf(live, wanted);
  const missing = servicesOf(wanted.tier).filter((service) => own[service] === undefined);
  if (missing.length > 0) throw new MissingContainer(missing, wanted);
  const member = (service: Service) => own[service] as LiveContainer;

  const steps: Step[] = [];
  const serves = routes.every((route) => live.routes[route] === member(servedBy(route)).name);
  const asleep = ready.filter((service) => own[service]?.running === false).map(member);

  if (!serves) steps.push({ do: "migrate", container: member("migrate") });
  if (asleep.length > 0) steps.push({ do: "start", containers: asleep });
  if (!serves || asleep.length > 0) steps.push({ do: "verify", container: member("api") });
  if (!serves)
    steps.push({
      do: "flip",
      to: Object.fromEntries(routes.map((route) => [route, member(servedBy(route))])) as Record<Route, LiveContainer>,
    });

  const others = live.containers.filter(
    (container) => container.id !== wanted.containers[container.service] && container.running,
  );
  const workers = others.filter((container) => container.service === "worker");
  if (workers.length > 0) steps.push({ do: "stop-workers", containers: workers });
  if (!member("worker").running) steps.push({ do: "start-worker", container: member("worker") });
  if (!serves || !member("worker").running) steps.push({ do: "soak", api: member("api"), worker: member("worker") });

  const retiring = others.filter((container) => container.service !== "worker" && !staysWarm(container, wanted));
  if (retiring.length > 0) steps.push({ do: "retire", containers: retiring });
  return steps;
}

/** A switch is what may change the schema, and what an operator wants a way back from. A repair is neither. Pure. */
export function switches(steps: readonly Step[]): boolean {
  return steps.some((step) => step.do === "flip");
}

/** What may go on beside another step, each beside one that comes just before it. */
const beside: Partial<Record<Step["do"], Step["do"]>> = { "stop-workers": "flip", soak: "start-worker" };

/**
 * Steps that may be carried out side by side, in the order of the plan. The old worker is told to stop while the
 * gateway flips: by then the new release is ready and verified, and its worker has to wait for both. The soak begins
 * with the new worker's start: the api serves from the flip on, and a worker takes seconds to boot. Pure.
 */
export function stages(steps: readonly Step[]): Step[][] {
  const grouped: Step[][] = [];
  for (const step of steps) {
    const last = grouped.at(-1);
    if (last !== undefined && last[0]?.do === beside[step.do]) last.push(step);
    else grouped.push([step]);
  }
  return grouped;
}

/** The wanted release's containers as they are now. */
export function membersOf(live: Live, wanted: Wanted): Partial<Record<Service, LiveContainer>> {
  const own = live.containers.filter(({ id, service }) => id === wanted.containers[service]);
  return Object.fromEntries(own.map((container) => [container.service, container]));
}

/** Only the other tier stays warm: an older release of the same tier is about to be removed. */
function staysWarm(container: LiveContainer, wanted: Wanted): boolean {
  return wanted.keepWarm && container.tier !== wanted.tier && ready.includes(container.service);
}
