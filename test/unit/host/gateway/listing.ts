import {
  listedPath,
  routes,
  targetOf,
  writtenPrefixes,
  type Route,
  type Targets,
} from "../../../../host/gateway/routes";

/** A row as `kamal-proxy list` prints it. */
export const row = (...cells: string[]) => cells.map((cell) => `\u001b[m${cell}\u001b[0m   `).join("");

/** What `kamal-proxy list` prints. @param held routes that are in this state, and not running */
export const listing = (targets: Targets, held: readonly Route[] = [], state: "paused" | "stopped" = "paused") =>
  [
    row("Service", "Host", "Path", "Target", "State", "TLS"),
    ...routes.flatMap((route) => {
      const to = targets[route];
      return to === undefined
        ? []
        : [row(route, "*", listedPath(route), targetOf(route, to), held.includes(route) ? state : "running", "no")];
    }),
    "",
  ].join("\n");

/** What the gateway writes down, its services in no order. */
export const written = (targets: Targets) => {
  const services = [...routes]
    .reverse()
    .map(
      (route) =>
        `{"name":"${route}","options":{"path_prefixes":${writtenPrefixes(route)}},"active_targets":${JSON.stringify(targets[route] === undefined ? [] : [targetOf(route, targets[route])])}}`,
    );
  return `[${services.join(",")}]\n`;
};

/** What is printed of the answers through the gateway, by route. */
export const answers = (statuses: Partial<Record<Route, string>>) =>
  Object.entries(statuses)
    .map(([route, status]) => `answer ${route} ${status}\n`)
    .join("");
