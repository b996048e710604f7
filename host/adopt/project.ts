import type { Environment } from "../install/environment";
import type { ContainerState, Mount } from "../engine/engine";

/** One container of a compose project, as the engine describes it. Holds secrets. */
export interface ComposeContainer {
  readonly id: string;
  readonly name: string;
  /** Its service in the compose file. */
  readonly service: string;
  readonly state: ContainerState;
  readonly health?: string;
  readonly image: string;
  readonly imageId: string;
  readonly environment: Environment;
  /** Variables its image sets. */
  readonly ofImage: Environment;
  readonly imageLabels: Readonly<Record<string, string>>;
  /** `repository@sha256:…`, where a registry knows the image. */
  readonly digests: readonly string[];
  readonly mounts: readonly Mount[];
  readonly networks: readonly string[];
  /** Addresses of the host its ports are published on, `ip:port`. */
  readonly published: readonly string[];
  readonly restartPolicy: string;
}

/** Everything of one compose project that is on the engine. */
export interface ComposeProject {
  readonly name: string;
  /** Folder of its compose file, on the engine's machine. */
  readonly folder: string;
  readonly containers: readonly ComposeContainer[];
}

/** Scani's own services, by what makes them recognisable: compose may call them anything. */
export interface ScaniParts {
  readonly api?: ComposeContainer;
  readonly worker?: ComposeContainer;
  readonly "data-provider"?: ComposeContainer;
  readonly "frontend-app"?: ComposeContainer;
}

/** Names of Scani's services that a running install has. */
export const scaniServices = ["api", "worker", "data-provider", "frontend-app"] as const;

/** Which of a project's containers are Scani's. Pure. */
export function partsOf({ containers }: Pick<ComposeProject, "containers">): ScaniParts {
  return Object.fromEntries(
    scaniServices.flatMap((service) => {
      const found = containers.find((one) => roleOf(one) === service);
      return found === undefined ? [] : [[service, found]];
    }),
  );
}

/** Scani's services are told by what they refuse to start without. */
function roleOf({ environment, image }: ComposeContainer): string | undefined {
  // The migrator has run and ended; it is declared anew with the release.
  if (/(^|\/)migrate[:@]/.test(image)) return undefined;
  return environment.SERVICE_NAME ?? (environment.API_UPSTREAM === undefined ? undefined : "frontend-app");
}

/** The container of a project that a host name means on its network: compose's service name, or the container's. Pure. */
export function namedBy(
  { containers }: Pick<ComposeProject, "containers">,
  host: string,
): ComposeContainer | undefined {
  return containers.find(({ service, name }) => service === host || name === host);
}

/** As `namedBy`, for the host of a URL; undefined for one that is somewhere else, and for none at all. Pure. */
export function serverOf(
  project: Pick<ComposeProject, "containers">,
  url: string | undefined,
): ComposeContainer | undefined {
  return url === undefined || !URL.canParse(url) ? undefined : namedBy(project, new URL(url).hostname);
}

/** Value of one of a container's variables. Pure. */
export function variableOf(container: ComposeContainer | undefined, name: string): string | undefined {
  return container?.environment[name];
}

/** Image repository and tag: `scani/api:0.17.1` → `scani`, `0.17.1`. Pure. */
export function imageOf({ image }: Pick<ComposeContainer, "image">): { repository: string; tag: string } {
  const [, repository = "", , tag = "latest"] = /^(.*)\/([^/:@]+)(?::([^@]+))?(?:@.*)?$/.exec(image) ?? [];
  return { repository, tag };
}
