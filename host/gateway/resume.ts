import { details, isConflict, isNotFound, type Engine } from "../engine/engine";
import { OperatorError } from "../../util/operatorError";
import { isHeld, listCommand, parseListing, resumeCommand } from "./deploy";
import { forgetPauses, gatewayStateFile, withoutPauses } from "./state";

/**
 * Lets requests through that are held at the gateway; a route whose requests are not held stays as it is.
 * @throws OperatorError when the gateway refuses
 */
export async function resume(engine: Engine, gateway: string, routes: readonly string[]): Promise<void> {
  for (const route of routes) {
    const { exitCode, output } = await engine.exec(gateway, resumeCommand(route));
    if (exitCode !== 0) throw new OperatorError({ what: `The gateway does not resume the route ${route}: ${output}` });
  }
}

/** Routes that are held or refused until `resumeAll` lets their requests through. */
export interface Resumed {
  /** Names of routes. */
  readonly routes: readonly string[];
  /** True if the gateway has to be restarted for it, which ends everything that runs in it. */
  readonly restarted: boolean;
}

const nothingHeld: Resumed = { routes: [], restarted: false };

/**
 * Lets every request through that is held or refused, whoever paused or stopped its route: neither ends by itself, so a
 * run that begins ends what a dead one has left. Does nothing where no gateway runs.
 * @returns what it let through
 */
export async function resumeAll(engine: Engine, gateway: string): Promise<Resumed> {
  const resumed = async (): Promise<Resumed> => {
    const held = await readHeld(engine, gateway);
    if (held.restarted) await restartUnpaused(engine, gateway);
    else await resume(engine, gateway, held.routes);
    return held;
  };
  return (await unlessStopped(resumed())) ?? nothingHeld;
}

/** Reads what `resumeAll` would let through, and how. Nothing is held where no gateway runs. */
export async function readHeld(engine: Engine, gateway: string): Promise<Resumed> {
  const read = async (): Promise<Resumed> => {
    const { exitCode, output } = await engine.exec(gateway, listCommand);
    const held = exitCode === 0 ? parseListing(output).filter(isHeld) : [];
    const isEndless = held.some(({ state }) => state === "paused") && (await startedPaused(engine, gateway));
    return { routes: held.map(({ name }) => name), restarted: isEndless };
  };
  return (await unlessStopped(read())) ?? nothingHeld;
}

/** Returns what work in a gateway does; undefined where the gateway is gone or does not run. */
export async function unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return undefined;
    throw error;
  }
}

/**
 * True where the gateway has its pauses from its state file, which it has not written since it started. It cannot end
 * those: kamal-proxy 0.9.2 makes no channel for them and crashes when it closes it (its pause_controller.go), and does
 * so again after each start.
 */
async function startedPaused(engine: Engine, gateway: string): Promise<boolean> {
  const { exitCode, output } = await engine.exec(gateway, ["stat", "-c", "%Y", gatewayStateFile]);
  const { startedAt } = await details(engine, gateway);
  return exitCode === 0 && Number(output) * 1000 < Date.parse(startedAt);
}

/**
 * Starts a gateway, or unpauses it; leaves a running one alone. One that starts lets every request through: it could not
 * end pauses it starts with, and would have to be restarted.
 */
export async function startGateway(engine: Engine, gateway: string): Promise<void> {
  const { state } = await details(engine, gateway);
  if (state !== "running" && state !== "paused") await forgetWrittenPauses(engine, gateway);
  await engine.start(gateway);
}

/** Makes a stopped gateway let every request through when it starts, since it cannot end pauses it starts with. */
export async function forgetWrittenPauses(engine: Engine, gateway: string): Promise<void> {
  const saved = await engine.readFile(gateway, gatewayStateFile);
  if (saved === undefined) return;
  const unpaused = withoutPauses(saved);
  if (unpaused !== saved) await engine.writeFile(gateway, gatewayStateFile, unpaused);
}

async function restartUnpaused(engine: Engine, gateway: string): Promise<void> {
  await engine.exec(gateway, ["sh", "-c", forgetPauses(gatewayStateFile)]);
  await engine.restart(gateway);
}
