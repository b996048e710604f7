import type { Service } from "../release/services";
import type { Tier } from "../settings";

/** The three routes of the gateway. `/api` and `/ws` go straight to the api; everything else to frontend-app. */
export const routes = ["api", "ws", "app"] as const;

export type Route = (typeof routes)[number];

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
  readonly routes: Readonly<Partial<Record<Route, string>>>;
  readonly containers: readonly LiveContainer[];
}

/** A release as a plan names it. */
export interface ReleaseName {
  readonly tier: Tier;
  readonly release: string;
}

/** Service a route points to. */
export function servedBy(route: Route): Service {
  return route === "app" ? "frontend-app" : "api";
}

/** The api container that serves: the one its route points to. Undefined on a host where nothing serves. */
export function servingApi(live: Live): LiveContainer | undefined {
  return live.containers.find((container) => container.service === "api" && container.name === live.routes.api);
}

/** The release that serves, by name. */
export function serving(live: Live): ReleaseName | undefined {
  const api = servingApi(live);
  return api && { tier: api.tier, release: api.release };
}
