import type { Engine } from "../engine/engine";
import { isHeld, listCommand, parseListing } from "./deploy";
import { gatewayStateFile } from "./state";
import { askedPaths, routeNamed, type Route, type Targets } from "./routes";

/** What a gateway says of its routes. */
export interface Observed {
  /** Names of all that it routes, also of what is no release's. */
  readonly names: readonly string[];
  /** Name of the container each route leads to. */
  readonly routes: Targets;
  /** Routes whose requests are held or refused, by `kamal-proxy pause` or `stop`. */
  readonly paused: readonly Route[];
  /** What is wrong with the answer to a request through the gateway, by route; what is held has none to be wrong. */
  readonly unanswered: Readonly<Partial<Record<Route, string>>>;
}

/** Seconds an answer through the gateway may take. */
const answerSeconds = 3;

/** Word a line about an answer begins with. */
const answerWord = "answer";

/**
 * Lists the routes, and sends a request through the gateway to each backend: the list says where requests are meant to
 * go, the answer that they arrive. kamal-proxy's image has no HTTP client, but bash (Ubuntu); without one nothing is
 * asked. As words.
 */
export const observeCommand: readonly string[] = [
  "sh",
  "-c",
  [
    `${listCommand.join(" ")} || exit`,
    "command -v bash > /dev/null || exit 0",
    ...Object.entries(askedPaths).map(([route, path]) => `bash -c '${ask(route, path)}' 2> /dev/null & `),
    "wait",
  ].join("\n"),
];

function ask(route: string, path: string): string {
  const request = `GET ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n`;
  return [
    "exec 3<>/dev/tcp/127.0.0.1/80",
    `printf "${request}" >&3`,
    `read -r -t ${answerSeconds} version status words <&3`,
    `echo "${answerWord} ${route} \${status:-none}"`,
  ].join("; ");
}

/**
 * Reads what `observeCommand` printed. A service of a route's name that answers other paths is another route's
 * predecessor, as an earlier version of this module left it, and counts as none; so does one that answers some hosts
 * only. Pure.
 */
export function parseObserved(printed: string): Observed {
  const all = parseListing(printed);
  const listed = all.flatMap((one) => {
    const route = one.host === "*" ? routeNamed(one.name, one.path) : undefined;
    return route === undefined ? [] : [{ route, container: containerOf(one.target), held: isHeld(one) }];
  });
  const answers = printed.split("\n").flatMap((line): [Route, string][] => {
    const [word, name, status] = line.trim().split(" ");
    const asked = listed.find((one) => one.route === name);
    // Without a route there is nobody who should answer, and what is held or refused waits for its resume.
    if (word !== answerWord || asked === undefined || asked.held) return [];
    const { route } = asked;
    if (status === "none") return [[route, `no answer within ${answerSeconds} s`]];
    return Number(status) >= 500 ? [[route, `HTTP ${status}`]] : [];
  });
  return {
    names: all.map(({ name }) => name),
    routes: Object.fromEntries(listed.map(({ route, container }) => [route, container])),
    paused: listed.filter(({ held }) => held).map(({ route }) => route),
    unanswered: Object.fromEntries(answers),
  };
}

/** Reads the routes a gateway has written down, running or not. */
export async function writtenRoutes(engine: Engine, gateway: string): Promise<Targets> {
  return parseWritten((await engine.readFile(gateway, gatewayStateFile)) ?? "");
}

/** Routes in what kamal-proxy writes down (its internal/server/service.go); none where that is cut short. Pure. */
export function parseWritten(contents: string): Targets {
  try {
    const services = JSON.parse(contents) as readonly {
      readonly name: string;
      readonly options: { readonly hosts?: readonly string[] | null; readonly path_prefixes: readonly string[] };
      readonly active_targets: readonly string[];
    }[];
    return Object.fromEntries(
      services.flatMap(({ name, options, active_targets: [target] }) => {
        const forAllHosts = (options.hosts ?? []).join("") === "";
        const route = forAllHosts ? routeNamed(name, options.path_prefixes.join(",")) : undefined;
        return route === undefined || target === undefined ? [] : [[route, containerOf(target)]];
      }),
    );
  } catch {
    return {};
  }
}

/** `container:port` without the port. */
function containerOf(target: string): string {
  return target.slice(0, target.lastIndexOf(":"));
}
