import { networkName } from "../install/network/addresses";
import { isOn, networksOf } from "../install/drift/alteration";
import { isLost, isOf, isUp, targetOf } from "../install/facts";
import type { Service } from "../install/services/release";
import { workerToStart } from "../install/stoppedWorkers";
import { inStartOrder } from "../scani/restart";
import type { EndFacts, Member } from "./endFacts";
import { JoinStep, NameStoppedStep, RestartStep, StartWorkerStep, type EndStep } from "./steps";

/**
 * Returns the steps that end a change of base, from the facts, also after a run that died half way; empty when there is
 * nothing to do. Those that requests wait for come first. Pure, and made anew from the facts after every interruption.
 */
export function planEnd(facts: EndFacts): EndStep[] {
  const joins = joinsOf(facts);
  return [...joins, ...inStartOrder(outdated(facts, joins)).map((group) => new RestartStep(group)), ...workers(facts)];
}

/** True where a step does not wait for another change of base to be carried out. Pure. */
export function isDue(step: EndStep): boolean {
  return step.isHeld || (step.id === "start-worker" && step.isNoted);
}

/**
 * Plans which containers join which networks of base. Docker connects no lost container to a network, and it needs
 * none: only a new one can be started. A copy is somebody's own.
 */
function joinsOf({ install, containers, networks }: EndFacts): JoinStep[] {
  const own = containers.filter((one) => one.copy !== true && !isLost(one));
  return networks
    .map((network) => ({
      network,
      lacking: own.filter(
        (one) => networksOfBase(install, one, one.service).includes(network.name) && !isOn(one.networks, network),
      ),
    }))
    .filter(({ lacking }) => lacking.length > 0)
    .map(({ network, lacking }) => new JoinStep(network.name, lacking));
}

/**
 * Returns running containers that keep addresses of before: api and data-provider look base's services up when they
 * start, and a page's server its api, without which it does not start. Workers do so too, and are started later.
 */
function outdated(facts: EndFacts, joins: readonly JoinStep[]): Member[] {
  const up = facts.containers.filter(isUp);
  const hasApi = (page: Member): boolean => up.some((one) => one.service === "api" && isOf(one, page));
  const running = up.filter(
    (one) => (isPage(one) && hasApi(one)) || one.service === "api" || one.service === "data-provider",
  );
  const joined = joins.flatMap(({ containers }) => containers);
  // A run that died may have joined some already, so that only their start still shows what they have looked up.
  const found = running.filter((one) => (!isPage(one) && joined.includes(one)) || startedBeforeNetworks(facts, one));
  return running.filter(
    (one) => found.includes(one) || (isPage(one) && found.some((other) => other.service === "api" && isOf(one, other))),
  );
}

function isPage({ service }: Member): boolean {
  return service === "frontend-app";
}

/**
 * True for a container that was started before one of its networks of base was created; for a page, before one of its
 * api's, which was restarted since.
 */
function startedBeforeNetworks({ install, networks }: EndFacts, one: Member): boolean {
  const names = networksOfBase(install, one, isPage(one) ? "api" : one.service);
  return networks.some(({ name, created }) => names.includes(name) && Date.parse(one.startedAt) < Date.parse(created));
}

/**
 * Returns the names of the networks of base that a container of a service belongs on: on the mail network only one that
 * sends to the catcher, which base may have kept for another release and be about to give up.
 */
function networksOfBase(install: string, { sendsToCatcher }: Member, service: Service): string[] {
  return networksOf[service]
    .filter((role) => role !== "release")
    .filter((role) => role !== "mail" || sendsToCatcher)
    .map((role) => networkName(install, role));
}

/** Plans which worker starts, and which that were stopped for the change stay so. */
function workers(facts: EndFacts): EndStep[] {
  const { containers, noted } = facts;
  const isNoted = ({ id }: Member): boolean => noted.some((one) => one.id === id);
  const worker = containers.find(({ id }) => id === workerToStart(facts, noted)?.id);
  const resting = containers.filter((one) => one.state === "exited" && one !== worker && isNoted(one));
  const api = targetOf(facts, "api");
  return [
    ...(worker === undefined ? [] : [new StartWorkerStep(worker, isNoted(worker))]),
    ...resting.map(
      (one) =>
        new NameStoppedStep(
          one,
          api !== undefined && isOf(one, api) ? `${api.title} is ${api.state}` : "no requests lead to its release",
        ),
    ),
  ];
}
