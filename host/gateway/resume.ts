import type { Engine } from "../engine/engine";
import { OperatorError } from "../../util/operatorError";
import type { Route } from "./routes";

/**
 * Lets requests through that are held at the gateway; a route whose requests are not held stays as it is.
 * @throws OperatorError when the gateway refuses
 */
export async function resume(engine: Engine, gateway: string, routes: readonly Route[]): Promise<void> {
  for (const route of routes) {
    const { exitCode, output } = await engine.exec(gateway, ["kamal-proxy", "resume", route]);
    if (exitCode !== 0) throw new OperatorError({ what: `The gateway does not resume the route ${route}: ${output}` });
  }
}
