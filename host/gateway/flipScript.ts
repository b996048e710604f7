import { gatewayStateFile } from "./state";
import { listedPath, routeCommand, routes, targetOf, writtenPrefixes, type Route, type Targets } from "./routes";

/**
 * Marks the flip script prints before its first gateway command, and once every route points to its new target; each is
 * followed by the machine's uptime in seconds.
 */
export const [begunMark, flippedMark] = ["begun", "flipped"];

/** Returns the uptime in a line with this mark; undefined for any other line. Pure. */
export function markedAt(mark: string, line: string): number | undefined {
  const at = line.startsWith(`${mark} `) ? Number(line.slice(mark.length + 1)) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** Returns the script's output without the lines of its marks. Pure. */
export function withoutMarks(output: string): string {
  return output
    .split("\n")
    .filter((line) => [begunMark, flippedMark].every((mark) => markedAt(mark, line) === undefined))
    .join("\n");
}

/** Exit code of a script that flipped the routes, but whose gateway did not save them. */
export const notWritten = 2;

/**
 * Makes a shell script that flips these routes at once. `deploy` returns only when its old target is drained, so the
 * deploys run concurrently and the script prints a mark when all have flipped; its exit code is non-zero if any deploy
 * failed, and `notWritten` if the gateway did not save its routes.
 *
 * When several deploys end at the same moment, the last to save the routes may not have seen the others' (23 of 2,500
 * flips); a gateway restarted later would then route to a stopped release. So the saved routes are compared with the
 * wanted ones, and saved again where they differ. Whether the flip is done is read from the same file first, since a
 * `list` takes as long as a health check.
 * @param state file with the gateway's routes
 */
export function flipScript(targets: Targets, drainSeconds: number, state: string = gatewayStateFile): string {
  const wanted = routes.flatMap((route) => {
    const container = targets[route];
    return container === undefined ? [] : [{ route, container }];
  });
  const deploys = wanted.map(
    ({ route, container }) => `${routeCommand(route, container, drainSeconds).join(" ")} & ${route}=$!`,
  );
  const alive = wanted.map(({ route }) => `kill -0 $${route} 2>/dev/null`).join(" || ");
  const listed = wanted.map(({ route, container }) =>
    unlessContains(`${route} * ${listedPath(route)} ${targetOf(route, container)} `),
  );
  const written = writtenParts(wanted).map((part) => `case "$now" in ${part}) ;; *) return 1;; esac`);
  return [
    // Uptime, so that the time the reader needs is not counted.
    'mark() { read -r up rest < /proc/uptime; echo "$1 $up"; }',
    `listed() { now=$(kamal-proxy list | sed 's/\\x1b\\[[0-9;]*m//g' | tr -s ' '); ${listed.join("; ")}; }`,
    `written() { read -r now 2>/dev/null < ${state} || return 1; ${written.join("; ")}; }`,
    // Resuming a service that is not paused changes nothing, but saves all routes.
    `keep() { [ -f ${state} ] || return 0; for try in 1 2 3 4 5; do written && return 0; kamal-proxy resume api; done; written; }`,
    `mark ${begunMark}`,
    ...deploys,
    "looks=0",
    "flipped() { looks=$((looks + 1)); { written || [ $((looks % 5)) = 0 ]; } && listed; }",
    `until flipped && mark ${flippedMark}; do { ${alive}; } || { listed && mark ${flippedMark}; break; }; sleep 0.02; done`,
    "keep",
    "code=0",
    ...wanted.map(({ route }) => `wait $${route} || { echo "route ${route}: no deploy"; code=1; }`),
    // Checked again here: only now has the last deploy saved its routes.
    `[ $code = 1 ] || keep || code=${notWritten}`,
    "exit $code",
  ].join("\n");
}

/** Returns shell that makes its function fail unless `$now` contains this text. */
function unlessContains(text: string): string {
  return `case "$now" in *"${text}"*) ;; *) return 1;; esac`;
}

/**
 * Returns shell patterns the saved routes must match: each service's name and prefixes, and each target as often as
 * routes point to it. The file lists services in any order, and several may have the same target.
 */
function writtenParts(wanted: readonly { readonly route: Route; readonly container: string }[]): string[] {
  const services = wanted.map(({ route }) => `*'"name":"${route}"'*`);
  const prefixes = wanted.map(({ route }) => `*'"path_prefixes":${writtenPrefixes(route)}'*`);
  const targets = wanted.map(({ route, container }) => targetOf(route, container));
  const pointed = [...new Set(targets)].map(
    (target) =>
      `*${targets
        .filter((other) => other === target)
        .map(() => `'"${target}"'*`)
        .join("")}`,
  );
  return [...services, ...prefixes, ...pointed];
}
