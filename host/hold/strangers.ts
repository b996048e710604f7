import type { ContainerSummary, Engine } from "../engine/engine";
import { isOfBase } from "../install/names/containerName";
import { isMomentary } from "../install/leftovers";
import { label } from "../install/names/labels";
import { dockerConnect, dockerDisconnect, upCommand } from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import { movedNetworks } from "./plan";

/** Containers that run on a network which is about to be removed, or created again. */
export interface OnNetwork {
  readonly network: string;
  readonly containers: readonly ContainerSummary[];
}

/** Networks of base as they are to be. */
export interface WantedNetworks {
  /** Subnet each gets, by its Docker name. */
  readonly subnets: Readonly<Record<string, string>>;
  /** Docker names of those that base is to have no longer. */
  readonly dropped: readonly string[];
}

/**
 * Returns why networks of base must not be removed or created again yet: Docker removes none that somebody else's
 * container is on, and by then base's services would be gone.
 */
export async function strangerProblems(
  engine: Engine,
  install: string,
  { subnets, dropped }: WantedNetworks,
  stack: string,
): Promise<Problem[]> {
  const networks = await engine.networks([`${label.install}=${install}`]);
  const on = (names: readonly string[]): Promise<OnNetwork[]> =>
    Promise.all(names.map(async (network) => ({ network, containers: await engine.containers({ network }) })));
  const work = { work: "bring base up", command: upCommand(stack) };
  const [moved, removed] = await Promise.all([
    on(movedNetworks({ networks }, { subnets })),
    on(dropped.filter((name) => networks.some((network) => network.name === name))),
  ]);
  return [
    ...strangersOn(moved, install, { fate: "made anew so that base's services keep their addresses", ...work }),
    ...strangersOn(removed, install, { fate: "removed", isGone: true, ...work }),
  ];
}

/** Work that removes networks. */
export interface Removal {
  /** What becomes of them, after "is": `made anew for a reason`. */
  readonly fate: string;
  /** True where they are not created again. */
  readonly isGone?: boolean;
  /** The work as an order: `bring base up`. */
  readonly work: string;
  readonly command: string;
}

/** Returns a problem for each container on these networks that is not the install's own. Pure. */
export function strangersOn(
  networks: readonly OnNetwork[],
  install: string,
  { fate, isGone = false, work, command }: Removal,
): Problem[] {
  return networks.flatMap(({ network, containers }) =>
    containers
      .filter(({ labels }) => !isOwn(labels, install))
      .map(({ name }) => ({
        what: `${name} is on the network ${network}, which is ${fate}.`,
        why: `It is none of this module's. Take it off, ${isGone ? `and ${work}` : `${work}, and put it back`}.`,
        type: [dockerDisconnect(network, name), command, ...(isGone ? [] : [dockerConnect(network, name)])],
      })),
  );
}

function isOwn(labels: ContainerSummary["labels"], install: string): boolean {
  // What a killed command has left is removed before the networks are.
  return (
    labels[label.install] === install && (label.release in labels || isOfBase({ labels }) || isMomentary({ labels }))
  );
}
