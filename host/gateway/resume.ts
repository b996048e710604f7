import { isConflict, isNotFound, type Engine } from "../engine/engine";
import { OperatorError } from "../../util/operatorError";
import { listCommand, parseListing, resumeCommand } from "./deploy";

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

/**
 * Lets every held request through, whoever holds it: a pause survives a restart of the gateway and does not end by
 * itself, so a run that begins ends what a run that died has left.
 * @returns names of the routes that were held; none where no gateway runs
 */
export async function resumeAll(engine: Engine, gateway: string): Promise<string[]> {
  try {
    const { exitCode, output } = await engine.exec(gateway, listCommand);
    if (exitCode !== 0) return [];
    const paused = parseListing(output).flatMap(({ name, state }) => (state === "paused" ? [name] : []));
    await resume(engine, gateway, paused);
    return paused;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return [];
    throw error;
  }
}
