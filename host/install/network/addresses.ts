import { addressIn, halvesOf, renderBlock, type Block } from "../../../util/ipv4";

/** A network of base whose services have static addresses. */
export type FixedNetwork = "data" | "mail";

/** A network of base, by role. */
export type BaseNetwork = FixedNetwork | "edge";

/** Networks every engine has from the start, on which containers have no names. */
export const predefinedNetworks: readonly string[] = ["bridge", "host", "none"];

/** Address plan of a network. */
export interface NetworkAddresses {
  readonly subnet: string;
  /** Docker's own address in it. */
  readonly gateway: string;
  /** Block from which Docker gives out addresses to all that has no static one. */
  readonly dynamic: string;
  /** Static address of each service of base, by its name. */
  readonly fixed: Readonly<Record<string, string>>;
}

/** Address plans of base's networks; Docker chooses the addresses of a network that is not in it. */
export type BaseAddresses = Readonly<Record<FixedNetwork, NetworkAddresses>>;

/** Returns the Docker name of one of base's networks. */
export function networkName(install: string, network: BaseNetwork): string {
  return `${install}-${network}`;
}

/** Returns the Docker names of the networks base makes for itself. */
export function baseNetworkNames(install: string): string[] {
  return (["edge", "data", "mail"] as const).map((network) => networkName(install, network));
}

/**
 * Services with a static address, in the order of their addresses: a new one is added at the end. The gateway is not
 * among them: nobody looks it up, it is reached at the port it publishes.
 */
const fixedServices: Readonly<Record<FixedNetwork, readonly string[]>> = {
  data: ["postgres", "redis", "storage"],
  mail: ["mail"],
};

/** Offset of the first service's address in its network; the addresses below it are for what an operator adds. */
const firstFixed = 10;

/**
 * Plans the addresses in an install's subnet: half of it for each network, whose upper half Docker gives out. Api and
 * worker look a service up once and keep its address, so it has to outlive every restart. Pure.
 */
export function addressesIn(subnet: Block): BaseAddresses {
  const [data, mail] = halvesOf(subnet);
  return { data: addressesOf("data", data), mail: addressesOf("mail", mail) };
}

/** Returns the subnet of each network, by its Docker name; none where Docker gives out the addresses. Pure. */
export function subnetsIn(
  install: string,
  subnet: Block | undefined,
  networks: readonly FixedNetwork[] = ["data", "mail"],
): Record<string, string> {
  if (subnet === undefined) return {};
  const addresses = addressesIn(subnet);
  return Object.fromEntries(networks.map((network) => [networkName(install, network), addresses[network].subnet]));
}

function addressesOf(network: FixedNetwork, block: Block): NetworkAddresses {
  return {
    subnet: renderBlock(block),
    gateway: addressIn(block, 1),
    dynamic: renderBlock(halvesOf(block)[1]),
    fixed: Object.fromEntries(
      fixedServices[network].map((service, index) => [service, addressIn(block, firstFixed + index)]),
    ),
  };
}
