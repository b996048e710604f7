import type { ContainerDetails, ContainerState, ContainerSummary, Engine } from "../engine/engine";
import {
  answeringTargets,
  hasSaved,
  heldIn,
  observeCommand,
  parseObserved,
  routedServices,
  targetsIn,
  writtenServices,
  type Observed,
} from "../gateway/observe";
import { isHeld, listProblem } from "../gateway/deploy";
import { routes } from "../gateway/routes";
import { messageOf } from "../../util/operatorError";
import { containerName, copiesAmong, hasBaseName, isOfBase } from "./names/containerName";
import { lasts, type Facts, type ReleaseContainer, type RoutedContainers } from "./facts";
import { lookUpJournal } from "./journal";
import { label } from "./names/labels";
import { readNameless } from "./network/hostNames";
import { isService, restartPolicy, runsOf } from "./services/release";
import type { Tier } from "../../settings";
import { bucketMadeBy, uploadsPath, uploadsRouteName, type Uploads } from "./storage/uploads";

/** The install to look at. */
export interface Install {
  readonly name: string;
  /** Docker name of its gateway. */
  readonly gateway: string;
}

/** Extent of a reading. */
export interface Reading {
  /**
   * True to read which names are lost, by a command in one of the containers, and which restart policies differ from
   * the declared ones, by an inspection of each. The serving state does not depend on them; unread, none counts as
   * wrong.
   */
  readonly shortcomings: boolean;
}

/**
 * Reads the facts of an install as they are now, whatever state its containers and its gateway are in. Rejects only
 * where the engine itself does not answer.
 */
export async function readFacts(
  engine: Engine,
  install: Install,
  { shortcomings }: Reading = { shortcomings: true },
): Promise<Facts> {
  const [{ containers, nameless, forgotten }, { gateway, storage, observed, unsaved }, journal] = await Promise.all([
    askContainers(engine, install.name, shortcomings),
    askGateway(engine, install, shortcomings),
    lookUpJournal(engine, install.gateway),
  ]);
  const { services, unanswered } = observed;
  const uploads = uploadsOf(install.name, storage, observed);
  // A container that answers is found by name: a look-up that failed by chance is no reason to restart it.
  const answering = answeringTargets(observed);
  return {
    containers,
    nameless: nameless.filter((name) => !answering.includes(name)),
    forgotten,
    ...journal,
    gateway,
    services,
    unsaved,
    routes: targetsIn(services),
    paused: [...heldIn(services), ...(uploads?.route !== undefined && isHeld(uploads.route) ? [uploadsRouteName] : [])],
    unanswered: Object.fromEntries(
      routes.flatMap((route) => (unanswered[route] === undefined ? [] : [[route, unanswered[route]]])),
    ),
    uploads,
  };
}

/**
 * Reads where the routes lead without sending requests there: while the gateway holds requests, this module's own would
 * wait with the others.
 */
export async function readRouted(engine: Engine, install: Install): Promise<RoutedContainers> {
  const [containers, services] = await Promise.all([
    releaseContainers(engine, install.name),
    routedServices(engine, install.gateway),
  ]);
  return { containers, routes: targetsIn(services) };
}

/** Reads the containers of an install's releases, in whatever state. */
export async function releaseContainers(engine: Engine, install: string): Promise<ReleaseContainer[]> {
  return releasesAmong(await engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true }));
}

/** Reads the containers of an install's releases and, on demand, what is wrong with them. */
async function askContainers(
  engine: Engine,
  install: string,
  shortcomings: boolean,
): Promise<Pick<Facts, "containers" | "nameless" | "forgotten">> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`], all: true });
  if (!shortcomings) return { containers: releasesAmong(all), nameless: [] };
  const copies = copiesAmong(all);
  const [nameless, forgotten, containers] = await Promise.all([
    readNameless(
      engine,
      all.filter((one) => !copies.includes(one)),
    ),
    readForgotten(engine, all.filter(hasBaseName)),
    withPolicies(engine, releasesAmong(all)),
  ]);
  return { containers, nameless, forgotten };
}

/** Returns the names of containers that Docker does not start again after a reboot. */
async function readForgotten(engine: Engine, containers: readonly ContainerSummary[]): Promise<string[]> {
  const policies = await Promise.all(containers.map(async ({ id }) => (await engine.inspect(id))?.restartPolicy));
  return containers.flatMap(({ name }, at) => {
    const policy = policies[at];
    return policy === undefined || lasts(policy) ? [] : [name];
  });
}

/** Adds restart policies that differ. The engine lists containers without them, so each is inspected. */
function withPolicies(engine: Engine, containers: readonly ReleaseContainer[]): Promise<ReleaseContainer[]> {
  return Promise.all(
    containers.map(async (one) => {
      const { restartPolicy: policy } = (await engine.inspect(one.id)) ?? {};
      const isDeclared = policy === undefined || policy === restartPolicy[runsOf(one.service)];
      return isDeclared ? one : { ...one, otherPolicy: policy };
    }),
  );
}

/**
 * Returns the releases' containers, newest first. Leaves out copies, except those of workers: they take jobs, whatever
 * their names.
 */
export function releasesAmong(containers: readonly ContainerSummary[]): ReleaseContainer[] {
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

/** Answers of the gateway, or its state file, and the S3 server behind it. */
interface Asked {
  readonly gateway: Facts["gateway"];
  readonly storage: ContainerDetails | undefined;
  readonly observed: Observed;
  readonly unsaved?: boolean;
}

/** Asks the gateway where its routes lead; reads its state file where it cannot answer. */
async function askGateway(engine: Engine, install: Install, shortcomings: boolean): Promise<Asked> {
  const name = install.gateway;
  const [gateway, named] = await Promise.all([
    engine.inspect(name),
    engine.inspect(containerName(install.name, "storage")),
  ]);
  // Somebody else's S3 server may have the name where base has none of its own.
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
  // It may have stopped between the two calls; the engine itself answered a moment ago.
  if (typeof answer === "string") return silent(`the gateway is ${await stateNow(engine, name)}: ${answer}`);
  if (answer.exitCode !== 0)
    return silent(`the gateway does not say where its routes lead: ${listProblem(answer.exitCode, answer.output)}`);
  const observed = parseObserved(answer.output);
  const unsaved = shortcomings ? !(await hasSaved(engine, name, observed.services)) : undefined;
  return { gateway: { name, state }, storage, observed, unsaved };
}

/** Returns the state of the uploads; undefined where base has no S3 server of its own, nor a route to one. */
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
