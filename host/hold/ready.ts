import type { ContainerSummary, Engine } from "../engine/engine";
import { isOfBase } from "../install/names/containerName";
import { readNameless } from "../install/network/hostNames";

/** Reads which of these containers are base's and no longer found by releases by their names. */
export async function namelessServices(
  engine: Engine,
  containers: readonly ContainerSummary[],
): Promise<ContainerSummary[]> {
  const names = await readNameless(engine, containers);
  return containers.filter((one) => isOfBase(one) && names.includes(one.name));
}

/** True while another container has the gateway's port. @param holder undefined where no other is to give it up */
export async function isPortTaken(engine: Engine, holder: string | undefined): Promise<boolean> {
  return holder !== undefined && (await engine.inspect(holder))?.running === true;
}
