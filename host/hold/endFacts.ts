import type { ContainerSummary, Engine, NetworkSummary } from "../engine/engine";
import { routedServices, targetsIn } from "../gateway/observe";
import { containerName } from "../install/names/containerName";
import { isLost, type ReleaseContainer, type RoutedContainers } from "../install/facts";
import { label } from "../install/names/labels";
import { releasesAmong } from "../install/readFacts";
import { namesOwn } from "../install/services/bundled";
import { environmentIn } from "../install/services/environment";
import { readStopped, type Noted, type StoppedWorker } from "../install/stoppedWorkers";

/** A release's container, with what the end of a change of base does to it depends on. */
export interface Member extends ReleaseContainer {
  readonly networks: ContainerSummary["networks"];
  /** By the engine's clock, ISO 8601; year 1 if it has never started. Empty for a lost one. */
  readonly startedAt: string;
  /** True where it sends its mails to base's own catcher. */
  readonly sendsToCatcher: boolean;
}

/** What the end of a change of base follows from. */
export interface EndFacts extends RoutedContainers {
  readonly install: string;
  readonly containers: readonly Member[];
  /** All networks of the engine. */
  readonly networks: readonly NetworkSummary[];
  /** Workers that a change of base has stopped and nobody has started since. */
  readonly noted: readonly Noted[];
}

/** Reads them, without a request through the gateway: it would wait with the others while requests are held. */
export async function readEndFacts(engine: Engine, install: string): Promise<EndFacts> {
  const gateway = containerName(install, "gateway");
  const [listed, services, networks, noted] = await Promise.all([
    engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true }),
    routedServices(engine, gateway),
    engine.networks([]),
    readStopped(engine, gateway),
  ]);
  const containers = await Promise.all(
    releasesAmong(listed).map(async (one): Promise<Member> => {
      const { startedAt = "", environment = [] } = (isLost(one) ? undefined : await engine.inspect(one.id)) ?? {};
      return {
        ...one,
        networks: listed.find(({ id }) => id === one.id)?.networks ?? {},
        startedAt,
        sendsToCatcher: namesOwn(environmentIn(environment), "mail"),
      };
    }),
  );
  return { install, containers, routes: targetsIn(services), networks, noted };
}

/** What a change of base does before its end. */
export interface Before {
  /** Docker names of networks that are created, or created again. */
  readonly made: readonly string[];
  /** Docker names of networks that are removed. */
  readonly dropped: readonly string[];
  /** Workers that are stopped. */
  readonly stopped: readonly StoppedWorker[];
}

/** Creation time of a network that does not exist yet. */
const later = "9999-12-31T23:59:59Z";

/** Returns the facts as they will be at the end of a change of base. Pure. */
export function afterChange(facts: EndFacts, { made, dropped, stopped }: Before): EndFacts {
  const anew = made.map((name) => ({ id: `new ${name}`, name, labels: {}, subnets: [], dynamic: [], created: later }));
  return {
    ...facts,
    networks: [...facts.networks.filter(({ name }) => ![...made, ...dropped].includes(name)), ...anew],
    containers: facts.containers.map((one) => ({
      ...one,
      state: stopped.some(({ id }) => id === one.id) ? "exited" : one.state,
      networks: Object.fromEntries(Object.entries(one.networks).filter(([name]) => !made.includes(name))),
    })),
    noted: [...facts.noted, ...stopped],
  };
}
