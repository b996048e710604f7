import { discard } from "../../engine/containers/helper";
import { isRefused, type Engine, type NetworkSummary } from "../../engine/engine";
import { setCommand } from "../../../util/commands";
import { OperatorError, type Problem } from "../../../util/operatorError";
import { overlap, parentOf, parseBlock, renderBlock, type Block } from "../../../util/ipv4";
import { addressesIn, networkName, subnetsIn } from "./addresses";
import { label } from "../names/labels";

/** Input to the choice of an install's subnet. */
export interface SubnetOrder {
  readonly install: string;
  /** Base's stack, for commands. */
  readonly stack: string;
  /** Subnet the operator has named. */
  readonly named?: string;
  /** Subnet the last `up` chose. */
  readonly remembered?: string;
  /** Image in which the engine's host can be asked for its routes. */
  readonly image: string;
  /** Labels of the container that is created for that. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A block that is in use, and the name of its user for the operator. */
export interface TakenBlock {
  readonly block: Block;
  readonly by: string;
}

/**
 * Ranges searched for a free block, in this order: first those outside Docker's own address pools, since the pools run
 * out; then the other private ranges, for a host where a VPN has taken the first.
 */
export const subnetRanges = ["10.213.0.0/16", "10.97.0.0/16", "172.31.0.0/16", "192.168.0.0/16"].map(
  (text) => parseBlock(text) as Block,
);

/**
 * An install's own subnet; or a free one it may move to, where its networks were created before installs had subnets
 * and Docker gives out the addresses. The move takes longer than some clients wait, so the operator has to ask for it.
 */
export type SubnetChoice = { readonly own: Block } | { readonly free: Block };

/**
 * Chooses the subnet of an install: the named one, else the one it has, for as long as it lives, else one that is free.
 * @throws OperatorError where the named one is in use
 */
export async function subnetOf(engine: Engine, order: SubnetOrder): Promise<SubnetChoice> {
  const networks = await engine.networks([]);
  const own = networks.filter(({ labels }) => labels[label.install] === order.install);
  const named = order.named === undefined ? undefined : parseBlock(order.named);
  const current = subnetInUse(order.install, own);
  if (current !== undefined && (named === undefined || renderBlock(named) === renderBlock(current)))
    return { own: current };
  if (named === undefined && own.some(({ name }) => name === networkName(order.install, "data")))
    return { free: freeSubnet(order.install, takenBy(networks)) };
  const routes = await routesOf(engine, order);
  if (named !== undefined) {
    const problem = subnetProblem(order, networks, routes);
    if (problem === undefined) return { own: named };
    throw new OperatorError({ ...problem, what: `${problem.what} Nothing has been touched.` });
  }
  const remembered = order.remembered === undefined ? undefined : parseBlock(order.remembered);
  if (remembered !== undefined && conflictOf(order.install, remembered, networks, routes) === undefined)
    return { own: remembered };
  return { own: freeSubnet(order.install, [...takenBy(networks), ...routes]) };
}

/**
 * Returns why an install cannot have the subnet that is named; undefined where it can, and where none is. Pure.
 * @param networks all of the engine's
 * @param routes blocks the engine's host has routes to
 */
export function subnetProblem(
  { install, stack, named }: Pick<SubnetOrder, "install" | "stack" | "named">,
  networks: readonly NetworkSummary[],
  routes: readonly TakenBlock[] = [],
): Problem | undefined {
  const subnet = parseBlock(named ?? "");
  const conflict = subnet && conflictOf(install, subnet, networks, routes);
  if (conflict === undefined) return undefined;
  const free = freeSubnet(install, [...takenBy(networks), ...routes]);
  return {
    what: `SCANI_SUBNET is ${named}, and ${conflict.by} has ${renderBlock(conflict.block)}.`,
    type: setCommand("subnet", stack, { value: renderBlock(free) }),
  };
}

/** Finds what has addresses of a subnet that an install is to have. Pure. */
function conflictOf(
  install: string,
  subnet: Block,
  networks: readonly NetworkSummary[],
  routes: readonly TakenBlock[],
): TakenBlock | undefined {
  const taken = [...takenBy(networksToAvoid(install, subnet, networks)), ...routes];
  return taken.find(({ block }) => overlap(block, subnet));
}

/** Returns the subnet an install's data network is part of; undefined where Docker chose its addresses. Pure. */
export function subnetInUse(install: string, own: readonly NetworkSummary[]): Block | undefined {
  const data = own.find(({ name }) => name === networkName(install, "data"));
  const block = parseBlock(data?.subnets[0] ?? "");
  if (data === undefined || block === undefined) return undefined;
  const subnet = parentOf(block);
  const planned = addressesIn(subnet).data;
  return planned.subnet === data.subnets[0] && planned.dynamic === data.dynamic[0] ? subnet : undefined;
}

/**
 * Returns the networks an install's subnet must not overlap: all but those of base that are where the subnet has them.
 * One that is elsewhere may still be there while the new ones are created, and those of the gateway and of releases
 * stay where Docker put them. Pure.
 */
function networksToAvoid(install: string, subnet: Block, networks: readonly NetworkSummary[]): NetworkSummary[] {
  const planned = subnetsIn(install, subnet);
  return networks.filter(({ name, subnets }) => planned[name] === undefined || !subnets.includes(planned[name]));
}

/**
 * Finds the first /24 that overlaps nothing. Starts at an offset derived from the install's name, so that installs
 * created at the same moment do not choose the same. Pure.
 * @throws OperatorError where everything is taken
 */
export function freeSubnet(install: string, taken: readonly TakenBlock[]): Block {
  const start = [...install].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 256, 0);
  for (const range of subnetRanges)
    for (let n = 0; n < 256; n += 1) {
      const block = { first: range.first + ((start + n) % 256) * 256, prefix: 24 };
      if (!taken.some((other) => overlap(other.block, block))) return block;
    }
  throw new OperatorError({
    what: `No free subnet is left on this engine for base's services: ${subnetRanges.map(renderBlock).join(", ")} are all in use.`,
    why: "Set SCANI_SUBNET to a private block that is free, such as 10.20.30.0/24.",
  });
}

function takenBy(networks: readonly NetworkSummary[]): TakenBlock[] {
  return networks.flatMap(({ name, subnets }) =>
    subnets.flatMap((text) => {
      const block = parseBlock(text);
      return block === undefined ? [] : [{ block, by: `the Docker network ${name}` }];
    }),
  );
}

/**
 * Asks the engine's host for its routes, such as a VPN's. Returns none where the image for that is missing, or the
 * engine lets no container on its host's network: the routes improve the choice of a block, and are not needed.
 */
async function routesOf(engine: Engine, { image, labels }: SubnetOrder): Promise<TakenBlock[]> {
  if ((await engine.image(image)) === undefined) return [];
  let reader: string | undefined;
  try {
    reader = await engine.create({
      image,
      labels,
      network: "host",
      // A container with remapped users may not be on the host's network.
      hostUsers: true,
      noHealthCheck: true,
      entrypoint: ["cat"],
      command: ["/proc/net/route"],
    });
    await engine.start(reader);
    await engine.wait(reader);
    return parseRoutes(await engine.logSince(reader, 0));
  } catch (error) {
    if (isRefused(error)) return [];
    throw error;
  } finally {
    if (reader !== undefined) await discard(engine, reader);
  }
}

/**
 * Reads Linux' `/proc/net/route`, whose addresses are hexadecimal, the last byte first. Leaves out default routes, and
 * those to bridges, which Docker lists as networks. Pure.
 */
export function parseRoutes(text: string): TakenBlock[] {
  const number = (hex: string): number => Buffer.from(hex, "hex").readUInt32LE(0);
  return text.split("\n").flatMap((line) => {
    const [device, destination, , , , , , mask] = line.trim().split(/\s+/);
    if (device === undefined || !/^[0-9A-F]{8}$/.test(destination ?? "") || !/^[0-9A-F]{8}$/.test(mask ?? ""))
      return [];
    const prefix = number(mask).toString(2).replaceAll("0", "").length;
    if (prefix === 0 || /^(br-|docker)/.test(device)) return [];
    return [{ block: { first: number(destination), prefix }, by: `a route of the engine's host (${device})` }];
  });
}
