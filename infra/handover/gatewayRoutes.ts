import { routes, servedBy, type Route } from "./live";

/** Port each route's service listens on, and the path that says it is ready. Source: shared/scani.md, "Images". */
const backends = {
  api: { port: 3001, health: "/readyz" },
  "frontend-app": { port: 80, health: "/healthz" },
} as const;

function backendOf(route: Route): { port: number; health: string } {
  return backends[servedBy(route) as keyof typeof backends];
}

/** The api upgrades on /ws itself, so that prefix stays; /api is stripped. */
export const paths = {
  api: { prefix: "/api", strip: true },
  ws: { prefix: "/ws", strip: false },
  app: { prefix: "/", strip: false },
} as const satisfies Record<Route, { prefix: string; strip: boolean }>;

/** Seconds the api may take to begin an answer: what Scani's own nginx gives it. */
const responseSeconds = 90;

/** Seconds the gateway waits for a target that was ready a moment ago. */
const deploySeconds = 10;

/** `kamal-proxy deploy` for one route, as words. */
export function deployCommand(route: Route, container: string, drainSeconds: number): string[] {
  const backend = backendOf(route);
  return [
    "kamal-proxy", "deploy", route, `--target=${targetOf(route, container)}`,
    `--path-prefix=${paths[route].prefix}`, `--strip-path-prefix=${paths[route].strip}`,
    `--health-check-path=${backend.health}`, "--health-check-interval=50ms",
    `--deploy-timeout=${deploySeconds}s`, `--drain-timeout=${drainSeconds}s`, `--target-timeout=${responseSeconds}s`,
  ];
}

/** What a route's target is called in the gateway's own words. */
export function targetOf(route: Route, container: string): string {
  return `${container}:${backendOf(route).port}`;
}

/** Reads `kamal-proxy list`: the container each route points to. Lines of other services are passed over. */
export function parseRoutes(listing: string): Partial<Record<Route, string>> {
  const found: Partial<Record<Route, string>> = {};
  for (const line of listing.replace(/\u001b\[[0-9;]*m/g, "").split("\n")) {
    const [name, , , target] = line.trim().split(/\s+/);
    const route = routes.find((known) => known === name);
    if (route !== undefined && target?.includes(":")) found[route] = target.slice(0, target.lastIndexOf(":"));
  }
  return found;
}
