import { containerName } from "../../host/install/names/containerName";
import { gatewayStatePath } from "../../host/gateway/state";
import { exec } from "../../host/engine/docker/exec";
import { routes, type Targets } from "../../host/gateway/routes";
import { readFacts } from "../../host/install/readFacts";
import type { Scene } from "./scene";

/**
 * Reads each route's target by the container's name: those the gateway uses, and those in its state file for a restart.
 */
export async function routesOf({ docker, engine, place }: Scene): Promise<{ does: Targets; wrote: Targets }> {
  const gateway = containerName(place.install, "gateway");
  const [{ routes: does }, { output }] = await Promise.all([
    readFacts(engine, { name: place.install, gateway }),
    exec(docker.getContainer(gateway), ["cat", `${gatewayStatePath}/kamal-proxy.state`]),
  ]);
  const written = JSON.parse(output) as { name: string; active_targets: string[] }[];
  const wrote = Object.fromEntries(
    routes.map((route) => [route, written.find(({ name }) => name === route)?.active_targets[0]?.replace(/:\d+$/, "")]),
  );
  return { does, wrote };
}
