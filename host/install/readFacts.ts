import type { ContainerDetails, ContainerState, ContainerSummary, Engine } from "../engine/engine";
import {
  answeringTargets,
  heldIn,
  observeCommand,
  parseObserved,
  targetsIn,
  writtenServices,
  type Observed,
} from "../gateway/observe";
import { isHeld, listProblem } from "../gateway/deploy";
import { routes } from "../gateway/routes";
import { messageOf } from "../../util/operatorError";
import { containerName, copiesAmong, isOfBase } from "./names/containerName";
import type { Facts, ReleaseContainer, RoutedContainers } from "./facts";
import { readJournal } from "./journal";
import { label } from "./names/labels";
import { readNameless } from "./network/hostNames";
import { isService, restartPolicy, runsOf } from "./services/release";
import type { Tier } from "../../settings";
import { bucketMadeBy, uploadsPath, uploadsRouteName, type Uploads } from "./storage/uploads";

/** Which install to look at. */
export interface Install {
  readonly name: string;
  /** Docker name of its gateway. */
  readonly gateway: string;
}

/** What is asked of an install. */
export interface Reading {
  /**
   * Which names are lost, by a command in one of its containers, and which restart policies are others than declared, by
   * a look at each. What serves does not depend on it; where it is not asked, none counts as amiss.
   */
  readonly shortcomings: boolean;
}

/**
 * Reads what is true of an install now. Whatever state its containers and its gateway are in, that is what it says; it
 * rejects only where the engine itself does not answer.
 */
export async function readFacts(
  engine: Engine,
  install: Install,
  { shortcomings }: Reading = { shortcomings: true },
): Promise<Facts> {
  const [{ containers, nameless }, { gateway, storage, observed }, journal] = await Promise.all([
    askContainers(engine, install.name, shortcomings),
    askGateway(engine, install),
    readJournal(engine, install.gateway),
  ]);
  const { services, unanswered } = observed;
  const uploads = uploadsOf(install.name, storage, observed);
  // What answers is found: a look-up that failed by chance is no reason to restart it.
  const answering = answeringTargets(observed);
  return {
    containers,
    nameless: nameless.filter((name) => !answering.includes(name)),
    journal,
    gateway,
    services,
    routes: targetsIn(services),
    paused: [...heldIn(services), ...(uploads?.route !== undefined && isHeld(uploads.route) ? [uploadsRouteName] : [])],
    unanswered: Object.fromEntries(
      routes.flatMap((route) => (unanswered[route] === undefined ? [] : [[route, unanswered[route]]])),
    ),
    uploads,
  };
}

/**
 * Reads where the routes lead, without asking what is there: for when requests are held at the gateway, and this
 * module's own would wait with the others.
 */
export async function readRouted(engine: Engine, install: Install): Promise<RoutedContainers> {
  const [containers, services] = await Promise.all([
    releaseContainers(engine, install.name),
    writtenServices(engine, install.gateway),
  ]);
  return { containers, routes: targetsIn(services) };
}

/** Containers of an install's releases, in whatever state. */
export async function releaseContainers(engine: Engine, install: string): Promise<ReleaseContainer[]> {
  return releasesAmong(await engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true }));
}

/** Reads the containers of an install's releases and, where it is asked, what is amiss with them. */
async function askContainers(
  engine: Engine,
  install: string,
  shortcomings: boolean,
): Promise<Pick<Facts, "containers" | "nameless">> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`], all: true });
  if (!shortcomings) return { containers: releasesAmong(all), nameless: [] };
  const copies = copiesAmong(all);
  const nameless = await readNameless(
    engine,
    all.filter((one) => !copies.includes(one)),
  );
  return { containers: await withPolicies(engine, releasesAmong(all)), nameless };
}

/** The engine lists containers without their restart policies, so each is looked at. */
function withPolicies(engine: Engine, containers: readonly ReleaseContainer[]): Promise<ReleaseContainer[]> {
  return Promise.all(
    containers.map(async (one) => {
      const { restartPolicy: policy } = (await engine.inspect(one.id)) ?? {};
      const isDeclared = policy === undefined || policy === restartPolicy[runsOf(one.service)];
      return isDeclared ? one : { ...one, otherPolicy: policy };
    }),
  );
}

/** Newest first. A copy counts as none, but for a worker's: that takes jobs, whatever its name. */
function releasesAmong(containers: readonly ContainerSummary[]): ReleaseContainer[] {
  const copies = copiesAmong(containers);
  return containers
    .toSorted((one, other) => other.created - one.created)
    .flatMap((one) => {
      const { id, name, labels, state } = one;
      const service = labels[label.service];
      if (!(label.release in labels) || !isService(service)) return [];
      const copy = copies.includes(one);
      if (copy && service !== "worker") return [];
      const tier = labels[label.tier] as Tier;
      return [
        {
          id,
          name,
          service,
          tier,
          title: `${tier} ${service}`,
          release: labels[label.release] ?? "",
          state,
          ...(copy ? { copy } : {}),
        },
      ];
    });
}

/** What the gateway says, or has written down, and the S3 server behind it. */
interface Asked {
  readonly gateway: Facts["gateway"];
  readonly storage: ContainerDetails | undefined;
  readonly observed: Observed;
}

/** Asks the gateway where its routes lead; one that cannot say has written it down. */
async function askGateway(engine: Engine, install: Install): Promise<Asked> {
  const name = install.gateway;
  const [gateway, named] = await Promise.all([
    engine.inspect(name),
    engine.inspect(containerName(install.name, "storage")),
  ]);
  // Another's S3 server may have the name where base has none of its own.
  const storage = named !== undefined && isOfBase(named) ? named : undefined;
  const state = gateway?.state;
  const silent = async (why: string): Promise<Asked> => ({
    gateway: { name, state, silent: why },
    storage,
    observed: {
      services: state === undefined ? [] : await writtenServices(engine, name),
      unanswered: {},
      answered: [],
    },
  });
  if (state === undefined) return silent(`there is no gateway (container ${name})`);
  if (state !== "running") return silent(`the gateway is ${state}`);
  const bucket = storage && bucketMadeBy(storage.entrypoint);
  const command = observeCommand(bucket === undefined ? {} : { [uploadsRouteName]: uploadsPath(bucket) });
  const answer = await engine.exec(name, command).catch((error: unknown) => messageOf(error));
  // It may have stopped between the two questions; whether the engine answers at all was asked a moment ago.
  if (typeof answer === "string") return silent(`the gateway is ${await stateNow(engine, name)}: ${answer}`);
  if (answer.exitCode !== 0)
    return silent(`the gateway does not say where its routes lead: ${listProblem(answer.exitCode, answer.output)}`);
  return { gateway: { name, state }, storage, observed: parseObserved(answer.output) };
}

/** What is true of the uploads; undefined where there is no S3 server of base's own, nor a route to one. */
function uploadsOf(
  install: string,
  storage: ContainerDetails | undefined,
  { services, unanswered }: Observed,
): Uploads | undefined {
  const route = services.find(({ name }) => name === uploadsRouteName);
  if (storage === undefined && route === undefined) return undefined;
  return {
    container: containerName(install, "storage"),
    state: storage?.state,
    bucket: storage && bucketMadeBy(storage.entrypoint),
    route,
    unanswered: unanswered[uploadsRouteName],
  };
}

async function stateNow(engine: Engine, gateway: string): Promise<ContainerState | "gone"> {
  return (await engine.inspect(gateway))?.state ?? "gone";
}
