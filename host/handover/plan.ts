import { servicesOf, type Service } from "../install/services/release";
import { routes, servedBy, type Route } from "../gateway/routes";
import {
  isLost,
  isNameless,
  isOf,
  isUnanswered,
  isUp,
  routedRelease,
  type Facts,
  type ReleaseContainer,
  type Wanted,
} from "../install/facts";
import { areUploadsRouted } from "../install/storage/uploads";
import { OperatorError } from "../../util/operatorError";
import { pulumiCommand, quoted } from "../../util/commands";
import {
  MigrateStep,
  RestartPolicyStep,
  RestartStep,
  StartStep,
  StopMigratorsStep,
  VerifyStep,
} from "./steps/candidate";
import { FlipStep, ResumeStep, RouteUploadsStep, SaveRoutesStep, StartGatewayStep } from "./steps/gateway";
import { PreflightStep } from "./steps/preflight";
import { RetireStep } from "./steps/retire";
import { SoakStep, StartWorkerStep, StopWorkersStep } from "./steps/workers";
import type { Step } from "./steps";

/** Error for services of the wanted release whose container somebody removed; only Pulumi can declare it again. */
export class MissingContainer extends OperatorError {
  constructor(
    readonly services: readonly Service[],
    wanted: Wanted,
  ) {
    super({
      what: `${wanted.tier} has no container for ${services.join(", ")}: somebody removed it.`,
      type: pulumiCommand("up", "--refresh", "--stack", quoted(wanted.stack)),
    });
    this.name = "MissingContainer";
  }
}

const ready: readonly Service[] = ["data-provider", "api", "frontend-app"];

/**
 * Returns the steps that make the wanted release serve, from the facts; empty when there is nothing to do. Pure, and
 * made anew from the facts after every interruption, so it never depends on how far a run came.
 * @throws MissingContainer
 */
export function plan(facts: Facts, wanted: Wanted): Step[] {
  const own = membersOf(facts, wanted);
  const missing = servicesOf(wanted.tier).filter((service) => own[service] === undefined);
  if (missing.length > 0) throw new MissingContainer(missing, wanted);
  const member = (service: Service) => own[service] as ReleaseContainer;

  const steps: Step[] = [];
  const { gateway } = facts;
  if (gateway.state !== undefined && gateway.silent !== undefined) steps.push(new StartGatewayStep(gateway));

  if (facts.paused.length > 0) steps.push(new ResumeStep(facts.paused));
  // The gateway saves its routes with every change of one, a resumption among them.
  else if (facts.unsaved === true) steps.push(new SaveRoutesStep());

  const { uploads } = facts;
  // The gateway accepts no target that does not run, and starting the S3 server is base's task.
  if (uploads?.state === "running" && !areUploadsRouted(uploads)) steps.push(new RouteUploadsStep(uploads));

  const updated = Object.values(own).filter(({ otherPolicy }) => otherPolicy !== undefined);
  if (updated.length > 0) steps.push(new RestartPolicyStep(updated));

  const others = facts.containers.filter(
    (container) => container.id !== wanted.containers[container.service] && isUp(container),
  );
  const migrators = others.filter(({ service }) => service === "migrate");
  if (migrators.length > 0) steps.push(new StopMigratorsStep(migrators));

  const leads = routes.every((route) => facts.routes[route] === member(servedBy(route)).name);
  const asleep = ready
    .filter((service) => own[service] !== undefined && member(service).state !== "running")
    .map(member);
  const worker = member("worker");
  const workerAsleep = worker.state !== "running";
  const unproven = leads && failedLast(facts, wanted);

  if (!leads) steps.push(new PreflightStep(), new MigrateStep(member("migrate")));
  // A page's server goes on asking at the address its api had; whether it still does, only the started api shows.
  const mayBeLost = (one: ReleaseContainer): boolean =>
    leads && one.service === "frontend-app" && asleep.includes(member("api"));
  // In start order, since each looks up the address of those before it.
  const silent = ready
    .flatMap((service) => own[service] ?? [])
    .filter((one) => !asleep.includes(one))
    .filter((one) => isNameless(facts, one) || (leads && isUnanswered(facts, one)) || mayBeLost(one));
  const starts = [
    ...(asleep.length > 0 ? [new StartStep(asleep)] : []),
    ...(silent.length > 0 ? [new RestartStep(silent)] : []),
  ];
  // A page's server does not start while the engine's DNS has lost the api's name, so the api comes first.
  steps.push(...(silent.includes(member("api")) ? starts.toReversed() : starts));
  const verify = new VerifyStep(member("api"), own["data-provider"]);
  if (!leads)
    steps.push(
      verify,
      new FlipStep(
        Object.fromEntries(routes.map((route) => [route, member(servedBy(route))])) as Record<Route, ReleaseContainer>,
      ),
    );

  const workers = others.filter(({ service }) => service === "worker");
  if (workers.length > 0) steps.push(new StopWorkersStep(workers));
  if (workerAsleep) steps.push(new StartWorkerStep(worker));
  if (!leads || workerAsleep || unproven) steps.push(new SoakStep(member("api"), worker));

  // A release that serves already is verified last: even if that fails, its own worker takes the jobs and no other.
  if (leads && (starts.length > 0 || unproven)) steps.push(verify);

  const retiring = others.filter((container) => ready.includes(container.service) && !staysWarm(container, wanted));
  if (retiring.length > 0) steps.push(new RetireStep(retiring));
  return steps;
}

/** Returns true for a switch, which may change the schema and needs a way back; a repair does neither. Pure. */
export function switches(steps: readonly Step[]): boolean {
  return steps.some(({ id }) => id === "flip");
}

/** Groups steps that are carried out concurrently, in the order of the plan. Pure. */
export function stages(steps: readonly Step[]): Step[][] {
  const grouped: Step[][] = [];
  for (const step of steps) {
    const last = grouped.at(-1);
    if (last?.[0] !== undefined && "concurrentWith" in step && step.concurrentWith === last[0].id) last.push(step);
    else grouped.push([step]);
  }
  return grouped;
}

/** Returns the wanted release's containers as they are now; a lost one counts as missing. Pure. */
export function membersOf(facts: Facts, wanted: Wanted): Partial<Record<Service, ReleaseContainer>> {
  const own = facts.containers.filter(
    (container) => container.id === wanted.containers[container.service] && !isLost(container),
  );
  return Object.fromEntries(own.map((container) => [container.service, container]));
}

/** Returns true only for the other tier: an older release of the same tier is about to be removed. */
function staysWarm(container: ReleaseContainer, wanted: Wanted): boolean {
  return wanted.keepWarm && container.tier !== wanted.tier;
}

/**
 * Returns true where the last handover was to this release and failed, and its routes could not be pointed back: it
 * serves without having been watched to the end. So it may have been where the record is unreadable.
 */
function failedLast(facts: Facts, wanted: Wanted): boolean {
  const last = facts.journal.at(-1);
  if (!isOf(routedRelease(facts), wanted)) return false;
  return facts.journalUnreadable === true || (last?.outcome === "failed" && isOf(wanted, last.to));
}
