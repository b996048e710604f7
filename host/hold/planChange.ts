import type { ContainerSummary } from "../engine/engine";
import type { Resumed } from "../gateway/resume";
import { isLost, isRouted, isUp, type Facts } from "../install/facts";
import { hasBaseName, isOfBase } from "../install/names/containerName";
import { label } from "../install/names/labels";
import { baseNetworkNames, networkName } from "../install/network/addresses";
import type { BaseReadyInputs, Connection, HoldInputs } from "../install/resources";
import { isUploadsRouteIn, type UploadsRoute } from "../install/storage/uploads";
import { afterChange, type EndFacts } from "./endFacts";
import { movedNetworks, planHold, replacedServices, type BasePresence, type HoldPlan } from "./plan";
import { isDue, planEnd } from "./planEnd";
import type { EndStep } from "./steps";

/** What the program declares of base besides the Hold's inputs. */
export interface Declaration extends Pick<BaseReadyInputs, "bucket" | "connections" | "portHolder"> {
  /** True where an existing gateway is replaced. */
  readonly replacesGateway: boolean;
  /** Docker names of networks that are removed and made again, since Pulumi's state does not hold them. */
  readonly remade: readonly string[];
}

/** What is true of an install before its base is changed. */
export interface ChangeFacts {
  readonly facts: Facts;
  readonly base: BasePresence;
  readonly end: EndFacts;
  /** Routes that `resumeAll` would let through now. */
  readonly held: Resumed;
  /** Names of base's services that releases no longer find. */
  readonly nameless: readonly string[];
  /** Declared connections that are not there. */
  readonly unconnected: readonly Connection[];
  /** True while the container that is to give the gateway its port still has it. */
  readonly isPortTaken: boolean;
}

/** Everything an `up` of base does that users of Scani may notice, in the order it is done. */
export interface BaseChange {
  /** Requests that are held or refused now and are let through. */
  readonly resumes?: Resumed;
  /** True where the gateway saves its routes, which it has not. */
  readonly saves: boolean;
  /** Containers of base that do not run, and are started as they are. */
  readonly starts: readonly ContainerSummary[];
  /** Containers of base that join their networks again, to be found by their names. */
  readonly renames: readonly ContainerSummary[];
  /** `made` where there is none although there was an install. */
  readonly gateway?: "replaced" | "made";
  /** Services that are created, or created again. */
  readonly services: readonly string[];
  /** Undefined where no release would notice the replacement. */
  readonly hold?: HoldPlan;
  /** Containers and networks that base is to have no longer. */
  readonly removes: readonly { readonly kind: "container" | "network"; readonly name: string }[];
  readonly end: readonly EndStep[];
  /** Names of routes to containers that are restarted, whose requests are not held meanwhile. */
  readonly unheld: readonly string[];
  /** Present where the gateway's route of the uploads changes. */
  readonly uploads?: UploadsRoute;
  readonly connects: readonly Connection[];
}

/**
 * Plans an `up` of base. What is read while it is carried out decides it again by the same functions: `planHold` for
 * the Hold, `planEnd` for BaseReady. Pure.
 */
export function planChange(known: ChangeFacts, wanted: HoldInputs, declared: Declaration): BaseChange {
  const { facts, base, nameless, unconnected } = known;
  const services = isInstalled(base) ? replacedServices(base, wanted) : [];
  const hold = planHold(facts, base, wanted);
  const staying = stayingServices(base, wanted, declared);
  const networks = networkChanges(known.end, wanted, declared);
  const work = {
    starts: staying.filter((one) => one.state !== "running" && !(isGateway(one) && waitsForPort(known, one))),
    renames: staying.filter(({ name }) => nameless.includes(name)),
    gateway: gatewayChange(base, declared),
    services,
    hold,
    removes: removals(base, wanted, networks.dropped),
    uploads: uploadsChange(known, wanted, declared),
    connects: unconnected,
  };
  const planned = planEnd(afterChange(known.end, { ...networks, stopped: hold?.workers ?? [] }));
  // BaseReady ends a change only where it has anything else to do.
  const ends = planned.some(isDue) || Object.values(work).some((one) => (Array.isArray(one) ? one.length > 0 : one));
  const end = planned.filter((step) => ends || step.id !== "start-worker");
  const resumes = resumption(known, declared);
  const saves = resumes === undefined && facts.unsaved === true;
  return { ...work, resumes, saves, end, unheld: unheldRoutes(facts, hold, end) };
}

/** Returns containers of base that are neither replaced nor removed, nor lost. */
function stayingServices(
  base: BasePresence,
  wanted: HoldInputs,
  { replacesGateway }: Declaration,
): readonly ContainerSummary[] {
  const replaced = replacedServices(base, wanted);
  const stays = (service: string): boolean => service in wanted.contents && !replaced.includes(service);
  return base.containers.filter(
    (one) =>
      hasBaseName(one) && !isLost(one) && (isGateway(one) ? !replacesGateway : stays(one.labels[label.service] ?? "")),
  );
}

function isGateway({ labels }: ContainerSummary): boolean {
  return labels[label.service] === "gateway";
}

function gatewayChange(base: BasePresence, { replacesGateway }: Declaration): BaseChange["gateway"] {
  if (replacesGateway) return "replaced";
  const isThere = base.containers.some((one) => isOfBase(one) && isGateway(one));
  return isInstalled(base) && !isThere ? "made" : undefined;
}

/** True where anything of base or of a release is there. */
function isInstalled({ containers }: BasePresence): boolean {
  return containers.some((one) => isOfBase(one) || label.release in one.labels);
}

/**
 * Returns how what is held is let through: at once by a gateway that runs. One that is started is started without the
 * pauses it has saved, and one that replaces it starts with them, so that it has to be restarted.
 */
function resumption({ facts, held }: ChangeFacts, { replacesGateway }: Declaration): Resumed | undefined {
  const { state } = facts.gateway;
  const resumed =
    state === "running" ? held : { routes: state === undefined ? [] : facts.paused, restarted: replacesGateway };
  return resumed.routes.length > 0 ? resumed : undefined;
}

/** Returns networks of base that are created, or created again, and those it is to have no longer. */
function networkChanges(
  { install, networks }: EndFacts,
  wanted: HoldInputs,
  { remade }: Declaration,
): { readonly made: readonly string[]; readonly dropped: readonly string[] } {
  const roles = ["edge", "data", ...("mail" in wanted.contents ? (["mail"] as const) : [])] as const;
  const declared = roles.map((role) => networkName(install, role));
  const there = (name: string): boolean => networks.some((one) => one.name === name);
  const moved = movedNetworks({ networks }, wanted);
  return {
    made: declared.filter((name) => !there(name) || moved.includes(name) || remade.includes(name)),
    dropped: networks
      .filter(({ labels }) => labels[label.install] === install)
      .map(({ name }) => name)
      .filter((name) => baseNetworkNames(install).includes(name) && !declared.includes(name)),
  };
}

function removals(
  { containers }: BasePresence,
  wanted: HoldInputs,
  networks: readonly string[],
): BaseChange["removes"] {
  const dropped = containers.filter(
    (one) => hasBaseName(one) && !isGateway(one) && !((one.labels[label.service] ?? "") in wanted.contents),
  );
  return [
    ...dropped.map(({ name }) => ({ kind: "container", name }) as const),
    ...networks.map((name) => ({ kind: "network", name }) as const),
  ];
}

/** True for a stopped gateway while another container has its port. */
function waitsForPort(
  { isPortTaken }: Pick<ChangeFacts, "isPortTaken">,
  gateway: Pick<ContainerSummary, "state">,
): boolean {
  return isPortTaken && !isUp(gateway);
}

/** A gateway that waits for its port has no route changed. */
function uploadsChange(
  { facts, isPortTaken }: ChangeFacts,
  { install }: HoldInputs,
  { bucket }: Declaration,
): UploadsRoute | undefined {
  const { state } = facts.gateway;
  if (state === undefined || waitsForPort({ isPortTaken }, { state })) return undefined;
  return isUploadsRouteIn(facts.services, { install, bucket }) ? undefined : { install, bucket };
}

function unheldRoutes(facts: Facts, hold: HoldPlan | undefined, end: readonly EndStep[]): string[] {
  const restarted = end.flatMap((step) => (step.id === "restart" ? step.containers : []));
  return restarted
    .filter((one) => isRouted(facts, one))
    .flatMap(({ name }) => Object.entries(facts.routes).flatMap(([route, target]) => (target === name ? [route] : [])))
    .filter((route) => hold?.routes.includes(route) !== true);
}
