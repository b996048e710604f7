import type { ContainerSummary, Engine } from "../engine/engine";
import { isOfBase } from "../install/names/containerName";
import { isMomentary } from "../install/leftovers";
import { label } from "../install/names/labels";
import { dockerConnect, dockerDisconnect, upCommand } from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import { movedNetworks } from "./plan";

/** Containers that run on a network which is about to be created again. */
export interface OnNetwork {
  readonly network: string;
  readonly containers: readonly ContainerSummary[];
}

/**
 * Returns why networks of base must not be created again yet: Docker removes none that somebody else's container is on,
 * and by then base's services would be gone.
 * @param subnets subnet each network of base gets, by its Docker name
 */
export async function strangerProblems(
  engine: Engine,
  install: string,
  subnets: Readonly<Record<string, string>>,
  stack: string,
): Promise<Problem[]> {
  const networks = await engine.networks([`${label.install}=${install}`]);
  const moved = await Promise.all(
    movedNetworks({ networks }, { subnets }).map(async (network): Promise<OnNetwork> => ({
      network,
      containers: await engine.containers({ network }),
    })),
  );
  return strangersOn(moved, install, {
    reason: "so that base's services keep their addresses",
    work: "bring base up",
    command: upCommand(stack),
  });
}

/** Work that creates networks again. */
export interface Recreation {
  /** Why, as the end of a sentence. */
  readonly reason: string;
  /** The work as an order: `bring base up`. */
  readonly work: string;
  readonly command: string;
}

/** Returns a problem for each container on these networks that is not the install's own. Pure. */
export function strangersOn(
  moved: readonly OnNetwork[],
  install: string,
  { reason, work, command }: Recreation,
): Problem[] {
  return moved.flatMap(({ network, containers }) =>
    containers
      .filter(({ labels }) => !isOwn(labels, install))
      .map(({ name }) => ({
        what: `${name} is on the network ${network}, which is made anew ${reason}.`,
        why: `It is none of this module's. Take it off, ${work}, and put it back.`,
        type: [dockerDisconnect(network, name), command, dockerConnect(network, name)],
      })),
  );
}

function isOwn(labels: ContainerSummary["labels"], install: string): boolean {
  // What a killed command has left is removed before the networks are.
  return (
    labels[label.install] === install && (label.release in labels || isOfBase({ labels }) || isMomentary({ labels }))
  );
}
