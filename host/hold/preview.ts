import type { ContainerSummary, Engine } from "../engine/engine";
import { usualLimits } from "../gateway/hold";
import { hasBaseName } from "../install/names/containerName";
import { label } from "../install/names/labels";
import { readInstall } from "./begin";
import { planHold, replacedServices, type BasePresence, type HoldPlan } from "./plan";
import type { HoldInputs } from "../install/resources";

/** Effects of an `up` of base that users of Scani may notice. */
export interface BaseChange {
  /** Undefined where no release would notice. */
  readonly hold?: HoldPlan;
  /** True where an existing gateway is replaced. */
  readonly gateway: boolean;
  /** Containers of base that do not run as they should, and are not replaced. */
  readonly ailing: readonly ContainerSummary[];
  /** Containers of base that releases cannot find by their names any more, and that are not replaced. */
  readonly nameless: readonly ContainerSummary[];
}

/** Previews an `up` of base, as lines for the operator. @param gateway true where an existing gateway is replaced */
export async function previewBase(engine: Engine, wanted: HoldInputs, gateway: boolean): Promise<string[]> {
  const { facts, base } = await readInstall(engine, wanted.install);
  const replaced = replacedServices(base, wanted);
  return renderBaseChange({
    hold: planHold(facts, base, wanted),
    gateway,
    ailing: ailingServices(base, replaced),
    nameless: stayingServices(base, replaced).filter(({ name }) => facts.nameless.includes(name)),
  });
}

/** Returns containers of base that do not run, and are not about to be replaced. Pure. */
function ailingServices(base: BasePresence, replaced: readonly string[]): ContainerSummary[] {
  return stayingServices(base, replaced).filter(({ state }) => state !== "running");
}

function stayingServices({ containers }: BasePresence, replaced: readonly string[]): ContainerSummary[] {
  return containers.filter((one) => hasBaseName(one) && !replaced.includes(one.labels[label.service] ?? ""));
}

/** Renders a change of base as lines for the operator. Pure. */
function renderBaseChange({ hold, gateway, ailing, nameless }: BaseChange): string[] {
  return [
    ...ailing.map(({ name, state }) => `${name} is ${state}: it is started.`),
    ...nameless.map(({ name }) => `${name} is not found by its name: it joins its networks again.`),
    ...(gateway
      ? ["The gateway is replaced: nobody is let in for about a second, and requests of that second fail."]
      : []),
    ...(hold === undefined ? [] : holdLines(hold)),
  ];
}

function holdLines({ services, moved, routes, workers }: HoldPlan): string[] {
  const seconds = moved.length > 0 ? 20 : 5;
  return [
    ...(moved.length > 0
      ? [
          `${moved.join(", ")} ${moved.length === 1 ? "moves" : "move"} into the install's own subnet, where services keep their addresses; the api that serves is restarted for it.`,
        ]
      : []),
    ...(services.length > 0 ? [`Replaced or made anew: ${services.join(", ")}.`] : []),
    ...(routes.length === 0
      ? []
      : [
          `Requests of ${routes.join(", ")} wait at the gateway meanwhile, for about ${seconds} s. Clients that give up sooner see an error, as do those whose request takes longer than ${usualLimits.drain} s to end; after ${usualLimits.hold} s all are let through, whatever is ready by then. Open websockets are cut and connect again.`,
        ]),
    ...(workers.length > 0
      ? [`${workers.map(({ title }) => title).join(", ")} stops before it and starts after it.`]
      : []),
  ];
}
