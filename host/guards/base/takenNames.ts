import { dockerDisconnect, dockerRemoveNetwork, dockerRename, upCommand } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import { networkName } from "../../install/network/addresses";
import { containerName, isOfBase } from "../../install/names/containerName";
import { label } from "../../install/names/labels";
import type { NamedNetwork, Namesakes } from "../../install/drift/unknown";

/** Names base is about to be declared with. */
export interface DeclaredNames {
  readonly install: string;
  /** Base's stack, for commands. */
  readonly stack: string;
  /** Services that base has containers of. */
  readonly services: readonly string[];
}

/**
 * Returns why base must not be brought up: something outside this module has a name it needs, and Docker gives a name
 * once. Pulumi would find that out only when the services before it are gone. Pure.
 */
export function takenNames({ containers, networks }: Namesakes, declared: DeclaredNames): Problem[] {
  const { install, stack, services } = declared;
  const isOurs = (labels: Readonly<Record<string, string>>): boolean => labels[label.install] === install;
  const needed = services.map((service) => containerName(install, service));
  const onNetworks = ["edge", "data", ...(services.includes("mail") ? ["mail" as const] : [])] as const;
  const needsNetwork = onNetworks.map((role) => networkName(install, role));
  return [
    ...containers
      .filter(({ name, labels }) => needed.includes(name) && !(isOurs(labels) && isOfBase({ labels })))
      .map(({ name }) => ({
        what: `A container that is none of this module's is called ${name}, which is the name of one of base's.`,
        why: "Docker gives each name once. Give that container another, or remove it.",
        type: [dockerRename(name, `${name}-other`), upCommand(stack)],
      })),
    ...networks
      .filter(({ network }) => needsNetwork.includes(network.name) && !isOurs(network.labels))
      .map((taken) => takenNetwork(taken, stack)),
  ];
}

/** Returns why base cannot make a network of its own: one of its name exists that Pulumi does not know. Pure. */
export function takenNetwork({ network: { name }, users }: NamedNetwork, stack: string): Problem {
  return {
    what: `The network ${name} was made by somebody else, under the name of one of base's.`,
    why:
      users.length === 0
        ? "Base makes its own, with addresses that stay."
        : `Base makes its own, with addresses that stay, and puts releases on it. On this one ${users.length === 1 ? "is" : "are"} ${users.join(", ")}, which ${users.length === 1 ? "reaches" : "reach"} nothing there meanwhile.`,
    type: [...users.map((user) => dockerDisconnect(name, user)), dockerRemoveNetwork(name), upCommand(stack)],
  };
}
