import type { ContainerSummary, NetworkSummary } from "../engine/engine";
import { routes, type Route } from "../gateway/routes";
import { hasBaseName } from "../install/names/containerName";
import { isOf, isUp, targetOf, type Facts } from "../install/facts";
import type { StoppedWorker } from "../install/stoppedWorkers";
import { label } from "../install/names/labels";
import type { HoldInputs } from "../install/resources";
import { uploadsRouteName } from "../install/storage/uploads";

/** Containers and networks of base on its engine, before the change. */
export interface BasePresence {
  /** Includes stopped ones, and may include those of releases. */
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly NetworkSummary[];
}

/** Precautions for a change of base that a release which serves would notice. */
export interface HoldPlan {
  /** Services that are replaced, or created again. */
  readonly services: readonly string[];
  /** Docker names of networks that are created again in the install's own subnet. */
  readonly moved: readonly string[];
  /** Names of routes whose requests wait; none where no requests get in. */
  readonly routes: readonly string[];
  /** Workers that stop before the change and start after it. */
  readonly workers: readonly StoppedWorker[];
}

/** Services without which a worker's jobs fail. */
const workersNeed: readonly string[] = ["postgres", "redis", "storage"];

/** Routes to the api, which needs every service of base. The page itself needs none. */
const apiRoutes: readonly Route[] = ["api", "ws", "auth"];

/**
 * Plans what has to wait for a change of base; undefined where nothing is changed, or nobody would notice. A gateway
 * that runs and does not answer yet is assumed to use the routes it has saved. Workers take jobs whether or not
 * requests get in; a worker that is stopped is noted in the gateway, so without a gateway none is. Pure.
 */
export function planHold(facts: Facts, base: BasePresence, wanted: HoldInputs): HoldPlan | undefined {
  const { state } = facts.gateway;
  const services = replacedServices(base, wanted);
  const moved = movedNetworks(base, wanted);
  if (state === undefined || services.length + moved.length === 0) return undefined;
  const waiting = waitingRoutes(facts, services, moved);
  const workers = moved.length > 0 || services.some((one) => workersNeed.includes(one)) ? runningWorkers(facts) : [];
  return waiting.length + workers.length === 0 ? undefined : { services, moved, routes: waiting, workers };
}

/** Returns routes that requests arrive on now, and would fail. Pure. */
function waitingRoutes(facts: Facts, services: readonly string[], moved: readonly string[]): string[] {
  const api = targetOf(facts, "api");
  const { state, silent } = facts.gateway;
  if ((silent !== undefined && state !== "running") || api === undefined || !isUp(api)) return [];
  // Moving a network restarts the api, and then the page's server, which looks the api up once.
  const waiting = moved.length > 0 ? routes : apiRoutes;
  // An install made by an earlier version of this module has no uploads route until its base is brought up.
  const uploads =
    facts.services.some(({ name }) => name === uploadsRouteName) && (moved.length > 0 || services.includes("storage"));
  return [...waiting.filter((route) => facts.routes[route] !== undefined), ...(uploads ? [uploadsRouteName] : [])];
}

function runningWorkers({ containers }: Facts): StoppedWorker[] {
  return containers
    .filter(({ service, state, copy }) => service === "worker" && state === "running" && copy !== true)
    .map((worker) => ({
      ...worker,
      isAlone: !containers.some((one) => one.service === "api" && isOf(worker, one) && isUp(one)),
    }));
}

/** Returns services that have no container as declared, so that Pulumi is about to create it. Pure. */
export function replacedServices({ containers }: BasePresence, { contents }: HoldInputs): string[] {
  const own = containers.filter(hasBaseName);
  return Object.entries(contents).flatMap(([service, digest]) =>
    own.some(({ labels }) => labels[label.service] === service && labels[label.contents] === digest) ? [] : [service],
  );
}

/** Returns networks that exist in another subnet than the install's own. Pure. */
export function movedNetworks(
  { networks }: Pick<BasePresence, "networks">,
  { subnets }: Pick<HoldInputs, "subnets">,
): string[] {
  return networks
    .flatMap(({ name, subnets: has }) => (subnets[name] === undefined || has.includes(subnets[name]) ? [] : [name]))
    .sort();
}
