import type { Engine } from "../engine/engine";
import { allHosts, isForAllHosts, isHeld, listCommand, parseListing, type Listed } from "./deploy";
import { unlessStopped } from "./resume";
import { gatewayStateFile, serviceStates } from "./state";
import { askedPaths, routeNamed, type Route, type Targets } from "./routes";

/** Routes of a gateway, and its answers to requests through them. */
export interface Observed {
  /** Every service it routes to, also those that are no release's. */
  readonly services: readonly Listed[];
  /** Fault of the answer to a request through the gateway, by service; a service that is held has none. */
  readonly unanswered: Readonly<Record<string, string>>;
  /** Names of services that answered well. */
  readonly answered: readonly string[];
}

/** Seconds an answer through the gateway may take. */
const answerSeconds = 3;

/** First word of a line about an answer. */
const answerWord = "answer";

/**
 * Returns the words of a command that lists the routes, and sends a request through the gateway to each backend: the
 * list says where requests are meant to go, the answer that they arrive. kamal-proxy's image has no HTTP client, but
 * bash (Ubuntu); without bash nothing is asked.
 * @param further paths to ask besides those of a release, by the gateway's service
 */
export function observeCommand(further: Readonly<Record<string, string>> = {}): readonly string[] {
  return [
    "sh",
    "-c",
    [
      `${listCommand.join(" ")} || exit`,
      "command -v bash > /dev/null || exit 0",
      ...Object.entries({ ...askedPaths, ...further }).map(
        ([service, path]) => `bash -c '${ask(service, path)}' 2> /dev/null & `,
      ),
      "wait",
    ].join("\n"),
  ];
}

function ask(service: string, path: string): string {
  const request = `GET ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n`;
  return [
    "exec 3<>/dev/tcp/127.0.0.1/80",
    `printf "${request}" >&3`,
    `read -r -t ${answerSeconds} version status words <&3`,
    `echo "${answerWord} ${service} \${status:-none}"`,
  ].join("; ");
}

/** Parses the output of `observeCommand`. Pure. */
export function parseObserved(printed: string): Observed {
  const services = parseListing(printed);
  const answers = printed.split("\n").flatMap((line): [string, string | undefined][] => {
    const [word, name, status] = line.trim().split(" ");
    const asked = services.find((one) => one.name === name && isForAllHosts(one));
    // A service without a route need not answer, and one that is held or refused answers once it is resumed.
    if (word !== answerWord || asked === undefined || isHeld(asked)) return [];
    if (status === "none") return [[asked.name, `no answer within ${answerSeconds} s`]];
    return [[asked.name, Number(status) >= 500 ? `HTTP ${status}` : undefined]];
  });
  const wrong = answers.filter((answer): answer is [string, string] => answer[1] !== undefined);
  return {
    services,
    unanswered: withoutConsequence(Object.fromEntries(wrong)),
    answered: answers.filter(([, why]) => why === undefined).map(([name]) => name),
  };
}

/** Drops the fault of sign-in calls where the api or the page's server has one: the calls pass through both. */
function withoutConsequence({ auth, ...others }: Observed["unanswered"]): Observed["unanswered"] {
  const isOwn = auth !== undefined && others.api === undefined && others.app === undefined;
  return isOwn ? { auth, ...others } : others;
}

/** A service of the gateway that is a route of a release. */
interface ListedRoute {
  readonly route: Route;
  readonly service: Listed;
}

/**
 * Finds routes of a release among the gateway's services. A service that has a route's name and other paths was left by
 * an earlier version of this module, and does not count; nor does one that answers some hosts only.
 */
function listedRoutes(services: readonly Listed[]): ListedRoute[] {
  return services.flatMap((service) => {
    const route = isForAllHosts(service) ? routeNamed(service.name, service.path) : undefined;
    return route === undefined ? [] : [{ route, service }];
  });
}

/** Returns the name of the container each route leads to. Pure. */
export function targetsIn(services: readonly Listed[]): Targets {
  return Object.fromEntries(listedRoutes(services).map(({ route, service }) => [route, containerOf(service.target)]));
}

/** Returns the names of containers that answered a request through the gateway. Pure. */
export function answeringTargets({ services, answered }: Observed): string[] {
  return services.flatMap(({ name, target }) => (answered.includes(name) ? [containerOf(target)] : []));
}

/** Returns routes whose requests are held or refused, by `kamal-proxy pause` or `stop`. Pure. */
export function heldIn(services: readonly Listed[]): Route[] {
  return listedRoutes(services).flatMap(({ route, service }) => (isHeld(service) ? [route] : []));
}

/** Reads the services a gateway has saved, whether or not it runs. */
export async function writtenServices(engine: Engine, gateway: string): Promise<Listed[]> {
  return parseWritten((await engine.readFile(gateway, gatewayStateFile)) ?? "");
}

/**
 * True where a gateway has saved what it routes. Where the two differ, both are read again: somebody may have changed a
 * route in between.
 * @param listed what it routes
 */
export async function hasSaved(engine: Engine, gateway: string, listed: readonly Listed[]): Promise<boolean> {
  if (areSaved(listed, await writtenServices(engine, gateway))) return true;
  return areSaved(await routedServices(engine, gateway), await writtenServices(engine, gateway));
}

/** True where a gateway that restarts would route as it does now. Pure. */
function areSaved(listed: readonly Listed[], written: readonly Listed[]): boolean {
  // Of a service with several targets, which is none of this module's, only the first is read from the file.
  const lines = (services: readonly Listed[]): string[] =>
    services.map(({ name, host, path, target }) => [name, host, path, target.split(",")[0]].join(" ")).sort();
  return lines(listed).join("\n") === lines(written).join("\n");
}

/**
 * Reads the services a gateway routes to without a request through it, which would wait with others while it holds them:
 * from the gateway or, where that does not answer, from what it has saved.
 */
export async function routedServices(engine: Engine, gateway: string): Promise<Listed[]> {
  const answer = await unlessStopped(engine.exec(gateway, listCommand));
  return answer?.exitCode === 0 ? parseListing(answer.output) : writtenServices(engine, gateway);
}

/**
 * Parses services saved by kamal-proxy (its internal/server/service.go); none where the file is cut short. Like
 * kamal-proxy it reads the first line: what follows is left of a longer text. Pure.
 */
export function parseWritten(contents: string): Listed[] {
  try {
    const services = JSON.parse(contents.split("\n", 1)[0] ?? "") as readonly {
      readonly name: string;
      readonly options: { readonly hosts?: readonly string[] | null; readonly path_prefixes: readonly string[] };
      readonly active_targets: readonly string[];
      readonly pause_controller?: { readonly state: number } | null;
    }[];
    return services.flatMap(({ name, options, active_targets: [target], pause_controller: pauses }) =>
      target === undefined
        ? []
        : [
            {
              name,
              host: (options.hosts ?? []).join(",") || allHosts,
              path: options.path_prefixes.join(","),
              target,
              state: serviceStates[pauses?.state ?? 0] ?? "running",
            },
          ],
    );
  } catch {
    return [];
  }
}

/** Returns `container:port` without the port, which somebody else's service may lack. */
function containerOf(target: string): string {
  return target.replace(/:\d+$/, "");
}
