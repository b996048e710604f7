import { setTimeout as pause } from "node:timers/promises";
import type { ContainerDetails, Engine } from "../../engine/engine";
import { publishedAt } from "../../engine/containers/published";
import { notStarted } from "../../engine/refusal";
import { untilReady } from "../../engine/containers/ready";
import { isLost } from "../../install/facts";
import { adoptCommand } from "../../../util/commands";
import { OperatorError } from "../../../util/operatorError";
import { seconds } from "../../../util/progress/progress";
import { isTakenOver } from "./files";
import { isRetired, startAgain, type AdoptRun, type Phase } from "./phase";

/** Milliseconds compose's page gets to finish open requests: its websockets would last until it is killed anyway. */
const drainMs = 300;

/** Seconds the gateway gets to answer on the port. */
const gatewaySeconds = 10;

/**
 * Phase that gives the gateway the page's own port. The gateway is recreated with it while compose still serves, so
 * that nobody is let in only during one stop and one start.
 */
export class PortPhase implements Phase {
  readonly title = "port";

  describe({ scani, port }: AdoptRun["record"]): string {
    return `stop ${scani["frontend-app"]}, and serve on its port ${port.then}: nobody is let in for about a second, and connections of that second are refused`;
  }

  async done(run: AdoptRun): Promise<boolean> {
    const { engine, install, record } = run;
    const [gateway, page] = await Promise.all([
      engine.inspect(install.gateway),
      engine.inspect(record.scani["frontend-app"] ?? ""),
    ]);
    return gateway?.state === "running" && page?.state !== "running" && (await isOnPort(run, gateway));
  }

  async perform(run: AdoptRun): Promise<void> {
    const { record, stacks, progress } = run;
    const page = record.scani["frontend-app"];
    await stacks.set("base", { publishGateway: "true", portHolder: page });
    await progress.step("make the gateway with the port, not started", () => stacks.up("base"));
    const gap = await progress.step(`change port ${record.port.then} over`, () => changeOver(run));
    run.closing.push(`Port ${record.port.then} changed over: nobody was let in for ${seconds(gap)}.`);
  }

  /** Gives compose's page its port back. */
  async undo(run: AdoptRun): Promise<void> {
    const { engine, install, record } = run;
    const page = record.scani["frontend-app"] ?? "";
    const there = await engine.inspect(page);
    if (there === undefined || there.running || isLost(there)) return;
    await engine.stop(install.gateway);
    await startAgain(run, page);
  }
}

/**
 * True where a gateway is published on the port it was to have or, since all is this module's, on one its operator has
 * chosen.
 */
export async function isOnPort(run: AdoptRun, { published }: Pick<ContainerDetails, "published">): Promise<boolean> {
  return portsOf({ published }).includes(run.record.port.then) || (published.length > 0 && (await isTakenOver(run)));
}

/** Returns the ports of the host a container is published on. Pure. */
export function portsOf({ published }: Pick<ContainerDetails, "published">): number[] {
  return published.map((address) => Number(publishedAt(address).port));
}

/** @returns milliseconds from the page's end until the gateway answers */
async function changeOver(run: AdoptRun): Promise<number> {
  const { engine, install, record } = run;
  const page = record.scani["frontend-app"] ?? "";
  const gateway = await engine.inspect(install.gateway);
  if (gateway === undefined || !(await isOnPort(run, gateway)))
    throw new OperatorError({
      what: `${install.gateway} is published on ${gateway?.published.join(", ") || "no port"}, and is to take port ${record.port.then}. ${page} has not been stopped.`,
      type: adoptCommand(record.project, "--back", "--yes"),
    });
  if (!isRetired(await engine.inspect(page))) await engine.setRestartPolicy(page, "no");
  const began = performance.now();
  await endPage(engine, page);
  await startGateway(run);
  return performance.now() - began;
}

/** Ends a page's server, which is nginx and from this signal on lets nobody in. */
async function endPage(engine: Engine, page: string): Promise<void> {
  const ended = engine.exec(page, ["sh", "-c", "kill -QUIT 1"]).then(() => engine.wait(page));
  // A failure does not matter, since the page is stopped next.
  await Promise.race([ended.catch(() => undefined), pause(drainMs)]);
  await engine.stop(page, 0);
}

/** @throws OperatorError with the reason; for a port that is taken, with how to find out who has it */
async function startGateway({ engine, install, watch }: AdoptRun): Promise<void> {
  const { gateway } = install;
  try {
    await engine.start(gateway);
  } catch (error) {
    throw notStarted(error, { kind: "container", name: gateway });
  }
  await untilReady(
    engine,
    { id: gateway, name: gateway, title: "gateway" },
    { ...watch, timeoutSeconds: gatewaySeconds },
  );
}

/**
 * Starts the gateway where a run was killed between the page's end and the gateway's start: nothing listens on the port
 * then, so this comes before anything else.
 */
export async function startStoppedGateway(run: AdoptRun): Promise<void> {
  const { engine, install, record, progress } = run;
  const [gateway, page] = await Promise.all([
    engine.inspect(install.gateway),
    engine.inspect(record.scani["frontend-app"] ?? ""),
  ]);
  if (gateway === undefined || gateway.running || page?.running === true) return;
  await progress.step("start the gateway: nobody is let in", () => startGateway(run));
}
