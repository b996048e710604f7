import type { Listed } from "../../../../host/gateway/deploy";
import { listedPath, routes, targetOf, type Targets } from "../../../../host/gateway/routes";

/** Renders a row as `kamal-proxy list` prints it. */
export const row = (...cells: string[]) => cells.map((cell) => `\u001b[m${cell}\u001b[0m   `).join("");

/**
 * Returns the gateway's services for these routes. @param held names of those that are in this state, and not running
 */
export const servicesFor = (
  targets: Targets,
  held: readonly string[] = [],
  state: "paused" | "stopped" = "paused",
): Listed[] =>
  routes.flatMap((route) => {
    const to = targets[route];
    return to === undefined
      ? []
      : [
          {
            name: route,
            host: "*",
            path: listedPath(route),
            target: targetOf(route, to),
            state: held.includes(route) ? state : "running",
          },
        ];
  });

/** Renders services as `kamal-proxy list` prints them. */
export const listed = (services: readonly Listed[]) =>
  [
    row("Service", "Host", "Path", "Target", "State", "TLS"),
    ...services.map(({ name, host, path, target, state }) => row(name, host, path, target, state, "no")),
    "",
  ].join("\n");

/** Renders routes as `kamal-proxy list` prints them. */
export const listing = (...of: Parameters<typeof servicesFor>) => listed(servicesFor(...of));

/** Renders services as in the gateway's state file, in another order. */
export const writtenDown = (services: readonly Listed[]) =>
  `${JSON.stringify(
    services.toReversed().map(({ name, host, path, target, state }) => ({
      name,
      options: { hosts: [host === "*" ? "" : host], path_prefixes: path.split(",") },
      active_targets: [target],
      pause_controller: { state: ["running", "paused", "stopped"].indexOf(state), stop_message: "", fail_after: 0 },
    })),
  )}\n`;

/** Renders routes as in the gateway's state file. */
export const written = (...of: Parameters<typeof servicesFor>) => writtenDown(servicesFor(...of));

/** Renders the statuses of requests through the gateway, by service. */
export const answers = (statuses: Readonly<Record<string, string>>) =>
  Object.entries(statuses)
    .map(([route, status]) => `answer ${route} ${status}\n`)
    .join("");
