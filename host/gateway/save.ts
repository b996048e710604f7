import type { Engine } from "../engine/engine";
import { dockerExec } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import { isHeld } from "./deploy";
import { hasSaved, routedServices } from "./observe";
import { resume } from "./resume";
import { gatewayStateFile, gatewayStatePath } from "./state";

/**
 * Has a gateway save where its routes lead, where it has not: on a full disk kamal-proxy 0.9.2 empties its file, says
 * nothing and goes on, and after a restart routes nothing. Does nothing where no gateway runs or answers.
 * @returns true where it had not saved them
 * @throws OperatorError where it cannot
 */
export async function saveRoutes(engine: Engine, gateway: string): Promise<boolean> {
  const routed = await routedServices(engine, gateway);
  if (await hasSaved(engine, gateway, routed)) return false;
  // Resuming a service that is not held changes nothing, but saves all routes.
  const through = routed.filter((one) => !isHeld(one)).map(({ name }) => name);
  await resume(engine, gateway, through.slice(0, 1));
  if (await hasSaved(engine, gateway, routed)) return true;
  throw new OperatorError({
    what: `The gateway ${gateway} does not save its routes in ${gatewayStateFile}: it serves on, and after a restart would not know where requests go.`,
    why: "Its disk may be full. This says what is free there; make room, and go on:",
    type: dockerExec(gateway, `df -h ${gatewayStatePath}`),
  });
}
