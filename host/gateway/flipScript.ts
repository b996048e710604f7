import { gatewayStateFile } from "./state";
import { listedPath, routeCommand, routes, targetOf, writtenPrefixes, type Route, type Targets } from "./routes";

/**
 * Words the flip script prints before its first gateway command, and once every route answers with its new target;
 * after each the seconds the machine is up.
 */
export const [begunMark, flippedMark] = ["begun", "flipped"];

/** When a line says that one of these was, in seconds; undefined when it does not. Pure. */
export function markedAt(mark: string, line: string): number | undefined {
  const at = line.startsWith(`${mark} `) ? Number(line.slice(mark.length + 1)) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** What a script said beside its marks. Pure. */
export function besideMarks(output: string): string {
  return output
    .split("\n")
    .filter((line) => [begunMark, flippedMark].every((mark) => markedAt(mark, line) === undefined))
    .join("\n");
}

/** Exit code of a script that flipped the routes, and whose gateway would not know them again. */
export const notWritten = 2;

/**
 * One shell script that flips these routes at once. `deploy` returns only when its old target is drained, so they run
 * side by side and the script says when all have flipped; its exit code is non-zero if any deploy failed, and
 * `notWritten` if the gateway did not write down what it does.
 *
 * Of deploys that end at the same moment, the last to write the gateway's routes down may be one that had not seen the
 * others' (23 of 2,500 flips): a gateway restarted later would send people to a release that is stopped. So what is
 * written is held against what was wanted, and written again where it differs. The same file is asked first whether the
 * flip is done, since a `list` takes as long as a health check.
 * @param state the file of the gateway's routes
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
    // By the kernel's clock, so that it does not count how long whoever reads this was busy.
    'mark() { read -r up rest < /proc/uptime; echo "$1 $up"; }',
    `listed() { now=$(kamal-proxy list | sed 's/\\x1b\\[[0-9;]*m//g' | tr -s ' '); ${listed.join("; ")}; }`,
    `written() { read -r now 2>/dev/null < ${state} || return 1; ${written.join("; ")}; }`,
    // To resume what is not paused changes nothing, and writes everything down.
    `keep() { [ -f ${state} ] || return 0; for try in 1 2 3 4 5; do written && return 0; kamal-proxy resume api; done; written; }`,
    `mark ${begunMark}`,
    ...deploys,
    "looks=0",
    "flipped() { looks=$((looks + 1)); { written || [ $((looks % 5)) = 0 ]; } && listed; }",
    `until flipped && mark ${flippedMark}; do { ${alive}; } || { listed && mark ${flippedMark}; break; }; sleep 0.02; done`,
    "keep",
    "code=0",
    ...wanted.map(({ route }) => `wait $${route} || { echo "route ${route}: no deploy"; code=1; }`),
    // Only now has the last deploy written what it will.
    `[ $code = 1 ] || keep || code=${notWritten}`,
    "exit $code",
  ].join("\n");
}

/** Shell: the function it stands in fails unless `$now` holds this text. */
function unlessContains(text: string): string {
  return `case "$now" in *"${text}"*) ;; *) return 1;; esac`;
}

/**
 * Shell patterns which what is written down must match. Its services come in any order, and some have one target: each
 * service by its name and prefixes, each target as often as routes point to it.
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
