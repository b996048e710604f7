import { usualLimits } from "../gateway/hold";
import { readHeld } from "../gateway/resume";
import type { Engine } from "../engine/engine";
import { isConnected } from "../install/network/connections";
import { containerName } from "../install/names/containerName";
import type { HoldInputs } from "../install/resources";
import { readInstall } from "./begin";
import { readEndFacts } from "./endFacts";
import { planChange, type BaseChange, type ChangeFacts, type Declaration } from "./planChange";
import type { HoldPlan } from "./plan";
import { isPortTaken, namelessServices } from "./ready";

/** Previews an `up` of base, as lines for the operator. */
export async function previewBase(engine: Engine, wanted: HoldInputs, declared: Declaration): Promise<string[]> {
  return renderBaseChange(planChange(await readChange(engine, wanted.install, declared), wanted, declared));
}

async function readChange(engine: Engine, install: string, declared: Declaration): Promise<ChangeFacts> {
  const connections = declared.connections ?? [];
  const [{ facts, base }, end, held, isTaken, ...connected] = await Promise.all([
    readInstall(engine, install),
    readEndFacts(engine, install),
    readHeld(engine, containerName(install, "gateway")),
    isPortTaken(engine, declared.portHolder),
    ...connections.map((connection) => isConnected(engine, connection)),
  ]);
  const nameless = await namelessServices(engine, base.containers);
  return {
    facts,
    base,
    end,
    held,
    nameless: nameless.map(({ name }) => name),
    unconnected: connections.filter((_, at) => connected[at] !== true),
    isPortTaken: isTaken,
  };
}

/** Renders a change of base as lines for the operator. Pure. */
function renderBaseChange(change: BaseChange): string[] {
  const { resumes, saves, starts, renames, gateway, services, hold, removes, end, unheld, uploads, connects } = change;
  return [
    ...(resumes === undefined
      ? []
      : [
          `Requests of ${resumes.routes.join(", ")} are held or refused at the gateway: they are let through${resumes.restarted ? ", for which the gateway is restarted: nobody is let in for about a second" : ""}.`,
        ]),
    ...(saves ? ["The gateway has not saved its routes, and would not know them after a restart: it saves them."] : []),
    ...starts.map(({ name, state }) => `${name} is ${state}: it is started.`),
    ...renames.map(({ name }) => `${name} is not found by its name: it joins its networks again.`),
    ...(gateway === undefined ? [] : [gatewayLines[gateway]]),
    ...(hold === undefined ? [] : movedLines(hold)),
    ...(services.length > 0 ? [`Replaced or made anew: ${services.join(", ")}.`] : []),
    ...(hold === undefined ? [] : holdLines(hold, end)),
    ...(removes.length > 0 ? [`Removed: ${removes.map(({ kind, name }) => `${kind} ${name}`).join(", ")}.`] : []),
    ...end.filter((step) => !isStopped(hold, step)).map((step) => step.describe()),
    ...(unheld.length > 0
      ? [`Requests of ${unheld.join(", ")} do not wait for that restart, and fail meanwhile.`]
      : []),
    ...(uploads === undefined
      ? []
      : [
          uploads.bucket === undefined
            ? "The gateway sends uploads to base's own S3 server no longer."
            : `The gateway sends uploads to ${containerName(uploads.install, "storage")}.`,
        ]),
    ...connects.map(({ container, network }) => `${container} joins the network ${network}.`),
  ];
}

const gatewayLines: Readonly<Record<NonNullable<BaseChange["gateway"]>, string>> = {
  replaced: "The gateway is replaced: nobody is let in for about a second, and requests of that second fail.",
  made: "There is no gateway: it is made anew, and nobody is let in until then.",
};

function movedLines({ moved }: HoldPlan): string[] {
  return moved.length === 0
    ? []
    : [
        `${moved.join(", ")} ${moved.length === 1 ? "moves" : "move"} into the install's own subnet, where services keep their addresses.`,
      ];
}

function holdLines({ routes, workers }: HoldPlan, end: BaseChange["end"]): string[] {
  const seconds = end.some(({ id }) => id === "restart") ? 20 : 5;
  const isStarted = ({ id }: HoldPlan["workers"][number]): boolean =>
    end.some((step) => step.id === "start-worker" && step.worker.id === id);
  return [
    ...(routes.length === 0
      ? []
      : [
          `Requests of ${routes.join(", ")} wait at the gateway meanwhile, for about ${seconds} s. Clients that give up sooner see an error, as do those whose request takes longer than ${usualLimits.drain} s to end; after ${usualLimits.hold} s all are let through, whatever is ready by then. Open websockets are cut and connect again.`,
        ]),
    ...workers.map((one) => `${one.title} stops before it${isStarted(one) ? " and starts after it" : ""}.`),
  ];
}

/** True for the start of a worker that this change stops, which is said with its stop. */
function isStopped(hold: HoldPlan | undefined, step: BaseChange["end"][number]): boolean {
  return step.id === "start-worker" && hold?.workers.some(({ id }) => id === step.worker.id) === true;
}
