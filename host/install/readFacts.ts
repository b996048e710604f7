import type { ContainerState, Engine } from "../engine/engine";
import { observeCommand, parseObserved, writtenRoutes, type Observed } from "../gateway/observe";
import { messageOf } from "../../util/operatorError";
import type { Facts, ReleaseContainer, RoutedContainers } from "./facts";
import { readJournal } from "./journal";
import { label } from "./labels";
import { isService } from "./services";
import type { Tier } from "../../settings";

/** Which install to look at. */
export interface Install {
  readonly name: string;
  /** Docker name of its gateway. */
  readonly gateway: string;
}

/**
 * Reads what is true of an install now. Whatever state its containers and its gateway are in, that is what it says; it
 * rejects only where the engine itself does not answer.
 */
export async function readFacts(engine: Engine, install: Install): Promise<Facts> {
  const [containers, gateway, journal] = await Promise.all([
    releaseContainers(engine, install.name),
    askGateway(engine, install.gateway),
    readJournal(engine, install.gateway),
  ]);
  return { containers, journal, ...gateway };
}

/**
 * Reads where the routes lead, without asking what is there: for when requests are held at the gateway, and this
 * module's own would wait with the others.
 */
export async function readRouted(engine: Engine, install: Install): Promise<RoutedContainers> {
  const [containers, routes] = await Promise.all([
    releaseContainers(engine, install.name),
    writtenRoutes(engine, install.gateway),
  ]);
  return { containers, routes };
}

/** Containers of an install's releases, in whatever state. */
export async function releaseContainers(engine: Engine, install: string): Promise<ReleaseContainer[]> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true });
  return all.flatMap(({ id, name, labels, state }) => {
    const service = labels[label.service];
    if (!isService(service)) return [];
    const tier = labels[label.tier] as Tier;
    return [{ id, name, service, tier, title: `${tier} ${service}`, release: labels[label.release] ?? "", state }];
  });
}

/** Asks the gateway where its routes lead; one that cannot say has written it down. */
async function askGateway(engine: Engine, name: string): Promise<Observed & Pick<Facts, "gateway">> {
  const state = (await engine.inspect(name))?.state;
  if (state === undefined) {
    const silent = `there is no gateway (container ${name})`;
    return { gateway: { name, state, silent }, names: [], routes: {}, paused: [], unanswered: {} };
  }
  const silent = (why: string) => async (): Promise<Observed & Pick<Facts, "gateway">> => ({
    gateway: { name, state, silent: why },
    names: [],
    routes: await writtenRoutes(engine, name),
    paused: [],
    unanswered: {},
  });
  if (state !== "running") return silent(`the gateway is ${state}`)();
  const answer = await engine.exec(name, observeCommand).catch((error: unknown) => messageOf(error));
  // It may have stopped between the two questions; whether the engine answers at all was asked a moment ago.
  if (typeof answer === "string") return silent(`the gateway ${await stateNow(engine, name)}: ${answer}`)();
  if (answer.exitCode !== 0) return silent(`the gateway does not say where its routes lead: ${answer.output}`)();
  return { gateway: { name, state }, ...parseObserved(answer.output) };
}

async function stateNow(engine: Engine, gateway: string): Promise<ContainerState | "is gone"> {
  return (await engine.inspect(gateway))?.state ?? "is gone";
}
