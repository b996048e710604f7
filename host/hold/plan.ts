import type { ContainerSummary, NetworkSummary } from "../engine/engine";
import { routes, type Route } from "../gateway/routes";
import { hasBaseName } from "../install/names/containerName";
import { isUp, targetOf, type Facts, type ReleaseContainer } from "../install/facts";
import { label } from "../install/names/labels";
import type { HoldInputs } from "../install/resources";
import { uploadsRouteName } from "../install/storage/uploads";

/** Base on its engine, before what is declared. */
export interface BasePresence {
  /** Stopped ones too; those of releases may be among them. */
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly NetworkSummary[];
}

/** What is done around a change of base that a release which serves would feel. */
export interface HoldPlan {
  /** Services that are replaced, or made anew. */
  readonly services: readonly string[];
  /** Docker names of networks that are made anew in the install's own subnet. */
  readonly moved: readonly string[];
  /** Names of routes whose requests wait. */
  readonly routes: readonly string[];
  /** Workers that stop before it and start after it. */
  readonly workers: readonly ReleaseContainer[];
}

/** Services without which a worker's jobs fail. */
const workersNeed: readonly string[] = ["postgres", "redis", "storage"];

/** Routes to the api, which needs every service of base. The page itself needs none. */
const apiRoutes: readonly Route[] = ["api", "ws", "auth"];

/**
 * What has to wait for a change of base; undefined where nothing is changed, or no release serves. A gateway that runs and
 * does not answer yet is taken to lead where it has written down. Pure.
 */
export function planHold(facts: Facts, base: BasePresence, wanted: HoldInputs): HoldPlan | undefined {
  const api = targetOf(facts, "api");
  const { state, silent } = facts.gateway;
  if ((silent !== undefined && state !== "running") || api === undefined || !isUp(api)) return undefined;
  const services = replacedServices(base, wanted);
  const moved = movedNetworks(base, wanted);
  if (services.length + moved.length === 0) return undefined;
  // The api is restarted on a network that is moved, and then the page's server, which looks it up once.
  const waiting = moved.length > 0 ? routes : apiRoutes;
  const worker = moved.length > 0 || services.some((service) => workersNeed.includes(service));
  return {
    services,
    moved,
    routes: [
      ...waiting.filter((route) => facts.routes[route] !== undefined),
      // An install that an earlier version of this module made has none until its base is brought up.
      ...(facts.services.some(({ name }) => name === uploadsRouteName) &&
      (moved.length > 0 || services.includes("storage"))
        ? [uploadsRouteName]
        : []),
    ],
    workers: worker
      ? facts.containers.filter(
          ({ service, state, copy }) => service === "worker" && state === "running" && copy !== true,
        )
      : [],
  };
}

/** Services whose containers are not there as they are declared, so that Pulumi is about to make them. Pure. */
export function replacedServices({ containers }: BasePresence, { contents }: HoldInputs): string[] {
  const own = containers.filter(hasBaseName);
  return Object.entries(contents).flatMap(([service, digest]) =>
    own.some(({ labels }) => labels[label.service] === service && labels[label.contents] === digest) ? [] : [service],
  );
}

/** Networks that are there in another subnet than the install's own. Pure. */
export function movedNetworks(
  { networks }: Pick<BasePresence, "networks">,
  { subnets }: Pick<HoldInputs, "subnets">,
): string[] {
  return networks
    .flatMap(({ name, subnets: has }) => (subnets[name] === undefined || has.includes(subnets[name]) ? [] : [name]))
    .sort();
}
