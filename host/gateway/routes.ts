import { signInPaths, signInPort } from "./signIn";
import { deployCommand } from "./deploy";

/** Services of a release that a route can point to. */
type Backend = "api" | "frontend-app";

/** Target and paths of a route. */
interface RouteShape {
  readonly backend: Backend;
  readonly port: number;
  /** Path that answers 200 while the backend is ready. Source: Scani 0.17.1, health checks of its images. */
  readonly healthPath: string;
  readonly prefixes: readonly string[];
  /** Forward the path without its prefix. */
  readonly strip: boolean;
}

/**
 * Routes of a release, all flipped at once; the longest prefix wins. Running gateways have these names in their state,
 * so they never change.
 */
const shapes = {
  /** Scani's page calls its api under /api, a prefix the api itself does not have. */
  api: { backend: "api", port: 3001, healthPath: "/readyz", prefixes: ["/api"], strip: true },
  /**
   * Paths the api serves unchanged: its websocket, the links in sign-in mails, the links that end a subscription.
   */
  ws: {
    backend: "api",
    port: 3001,
    healthPath: "/readyz",
    prefixes: ["/ws", "/api/auth", "/e/u", "/e/a"],
    strip: false,
  },
  /**
   * The page's sign-in client calls /api/<call>, where the api has /api/auth/<call>; the frontend's nginx translates.
   */
  auth: {
    backend: "frontend-app",
    port: signInPort,
    healthPath: "/healthz",
    prefixes: signInPaths.map((path) => `/api/${path}`),
    strip: false,
  },
  app: { backend: "frontend-app", port: 80, healthPath: "/healthz", prefixes: ["/"], strip: false },
} as const satisfies Record<string, RouteShape>;

export type Route = keyof typeof shapes;

export const routes = Object.keys(shapes) as readonly Route[];

/** Names of containers by the route that points to them. */
export type Targets = Readonly<Partial<Record<Route, string>>>;

/** Returns the service a route points to. */
export function servedBy(route: Route): Backend {
  return shapes[route].backend;
}

/** True for a service that routes point to. */
export function isBackend(service: string): boolean {
  return routes.some((route) => servedBy(route) === service);
}

/** Returns the path prefixes of a route, as the gateway lists them. */
export function listedPath(route: Route): string {
  return shapes[route].prefixes.join(",");
}

/** Returns the path prefixes of a route, as the gateway saves them. */
export function writtenPrefixes(route: Route): string {
  return JSON.stringify(shapes[route].prefixes);
}

/** Returns the words of `kamal-proxy deploy` for one route. */
export function routeCommand(route: Route, container: string, drainSeconds: number): string[] {
  const { healthPath, prefixes, strip } = shapes[route];
  return deployCommand({ name: route, target: targetOf(route, container), prefixes, strip, healthPath, drainSeconds });
}

/** Returns a route's target as the gateway names it: `container:port`. */
export function targetOf(route: Route, container: string): string {
  return `${container}:${shapes[route].port}`;
}

/** Finds the route that a service of the gateway is, by its name and its path prefixes, joined by commas. Pure. */
export function routeNamed(name: string, path: string): Route | undefined {
  return routes.find((route) => route === name && listedPath(route) === path);
}

/** True for a path at or below a prefix of a release's routes. Pure. */
export function isAmongRoutes(path: string): boolean {
  return routes.some((route) => shapes[route].prefixes.some((prefix) => isAtOrBelow(path, prefix)));
}

/** True for a path at or below a prefix. Every path is below the page's `/`, so only that path itself counts. Pure. */
export function isAtOrBelow(path: string, prefix: string): boolean {
  return path === prefix || (prefix !== "/" && path.startsWith(`${prefix}/`));
}

/**
 * Paths requested through the gateway to check that each server of a release answers, over one of the routes that lead
 * to it. The page's second server is asked for a path that it gets from the api.
 */
export const askedPaths = {
  api: "/api/readyz",
  auth: "/api/get-session",
  app: "/healthz",
} as const satisfies Partial<Record<Route, string>>;
