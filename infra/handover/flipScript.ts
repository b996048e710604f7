import { gatewayStatePath } from "../base/gatewayState";
import { deployCommand, paths, targetOf } from "./gatewayRoutes";
import { routes, type Route } from "./live";

/** Words the flip script prints before its first gateway command, and once every route answers with its new target; after each the seconds the machine is up. */
export const [begunMark, flippedMark] = ["begun", "flipped"];

/** When a line says that one of these was, in seconds; undefined when it does not. Pure. */
export function markedAt(mark: string, line: string): number | undefined {
  const at = line.startsWith(`${mark} `) ? Number(line.slice(mark.length + 1)) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** What a script said beside its marks. Pure. */
export function besideMarks(output: string): string {
  return output.split("\n").filter((line) => [begunMark, flippedMark].every((mark) => markedAt(mark, line) === undefined)).join("\n");
}

/** Exit code of a script that flipped the routes, and whose gateway would not know them again. */
export const notWritten = 2;

/** Where kamal-proxy writes down its routes, to take them up again after a restart. Source: its internal/server/config.go. */
const stateFile = `${gatewayStatePath}/kamal-proxy.state`;

/**
 * One shell script that flips all routes at once. `deploy` returns only when its old target is drained, so the three run
 * side by side and the script says when all have flipped; its exit code is non-zero if any deploy failed, and `notWritten` if
 * the gateway did not write down what it does.
 *
 * Of deploys that end at the same moment, the last to write the gateway's routes down may be one that had not seen the
 * others' (23 of 2,500 flips): a gateway restarted later would send people to a release that is stopped. So what is
 * written is held against what was wanted, and written again where it differs. The same file is asked first whether the
 * flip is done, since a `list` takes as long as a health check.
 * @param state the file of the gateway's routes
 */
export function flipScript(targets: Readonly<Record<Route, string>>, drainSeconds: number, state: string = stateFile): string {
  const deploys = routes.map((route) => `${deployCommand(route, targets[route], drainSeconds).join(" ")} & ${route}=$!`);
  const alive = routes.map((route) => `kill -0 $${route} 2>/dev/null`).join(" || ");
  const [api, ws, app] = [targetOf("api", targets.api), targetOf("ws", targets.ws), targetOf("app", targets.app)];
  const listed = routes.map((route) => `case "$now" in *"${route} * ${paths[route].prefix} ${targetOf(route, targets[route])} "*) ;; *) return 1;; esac`);
  // The services come in any order, and two of them have one target.
  const written = [`*'"${api}"'*'"${ws}"'*`, `*'"${ws}"'*'"${api}"'*`].join("|");
  return [
    // By the kernel's clock, so that it does not count how long whoever reads this was busy.
    'mark() { read -r up rest < /proc/uptime; echo "$1 $up"; }',
    `listed() { now=$(kamal-proxy list | sed 's/\\x1b\\[[0-9;]*m//g' | tr -s ' '); ${listed.join("; ")}; }`,
    `written() { read -r now 2>/dev/null < ${state} || return 1; case "$now" in ${written}) ;; *) return 1;; esac; case "$now" in *'"${app}"'*) ;; *) return 1;; esac; }`,
    // To resume what is not paused changes nothing, and writes everything down.
    `keep() { [ -f ${state} ] || return 0; for try in 1 2 3 4 5; do written && return 0; kamal-proxy resume api; done; written; }`,
    `mark ${begunMark}`,
    ...deploys,
    "looks=0",
    "flipped() { looks=$((looks + 1)); { written || [ $((looks % 5)) = 0 ]; } && listed; }",
    `until flipped && mark ${flippedMark}; do { ${alive}; } || { listed && mark ${flippedMark}; break; }; sleep 0.02; done`,
    "keep",
    "code=0",
    ...routes.map((route) => `wait $${route} || { echo "route ${route}: no deploy"; code=1; }`),
    // Only now has the last deploy written what it will.
    `[ $code = 1 ] || keep || code=${notWritten}`,
    "exit $code",
  ].join("\n");
}
