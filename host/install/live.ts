import type { Targets } from "../gateway/routes";
import type { Service } from "./services";
import type { Tier } from "../../settings";

/** A release's container as the engine reports it. */
export interface LiveContainer {
  readonly id: string;
  readonly name: string;
  readonly service: Service;
  readonly tier: Tier;
  readonly release: string;
  readonly running: boolean;
  /** `tier2 api`. */
  readonly title: string;
}

/** What is true on the host at one moment: all a plan is made from. */
export interface Live {
  /** Name of the container each route points to; absent where the gateway has no such route. */
  readonly routes: Targets;
  readonly containers: readonly LiveContainer[];
}

/** A release as a plan names it. */
export interface ReleaseName {
  readonly tier: Tier;
  readonly release: string;
}

/** The api container that serves: the one its route points to. Undefined on a host where nothing serves. */
export function servingApi(live: Live): LiveContainer | undefined {
  return live.containers.find((container) => container.service === "api" && container.name === live.routes.api);
}

/** The frontend-app container that serves the page. */
export function servingPage(live: Live): LiveContainer | undefined {
  return live.containers.find(
    (container) => container.service === "frontend-app" && container.name === live.routes.app,
  );
}

/** The release that serves, by name. */
export function serving(live: Live): ReleaseName | undefined {
  const api = servingApi(live);
  return api && { tier: api.tier, release: api.release };
}

/**
 * Where the routes go when a handover is taken back; a route it leaves out had no target. Undefined where nothing whole
 * served. What an earlier version of this module brought up has no `auth` route, and of `ws` only a part: the api
 * answers there all the same. Pure.
 */
export function wayBack({ routes: before, containers }: Live): Targets | undefined {
  const { api, ws = api, auth, app } = before;
  if (api === undefined || app === undefined) return undefined;
  const back: Targets = { api, ws, app, ...(auth === undefined ? {} : { auth }) };
  const runs = (name: string) => containers.some((container) => container.name === name && container.running);
  return Object.values(back).every(runs) ? back : undefined;
}

/**
 * The release that is to serve. Its containers are known by id: a container that Pulumi replaces carries the same
 * labels as its successor, and both exist until the handover is over.
 */
export interface Wanted {
  readonly tier: Tier;
  readonly release: string;
  readonly containers: Readonly<Partial<Record<Service, string>>>;
  /** Leave the other tier's api, frontend-app and data-provider running. */
  readonly keepWarm: boolean;
}
