import type { Engine } from "../engine/engine";
import { label } from "./labels";
import { isService } from "./services";
import type { Tier } from "../../settings";
import { HostFailure } from "../../util/failure";
import { listCommand } from "../gateway/deploy";
import { parseRoutes } from "../gateway/routes";
import type { Live, LiveContainer } from "./live";

/** Which install to look at. */
export interface Install {
  readonly name: string;
  /** Docker name of its gateway. */
  readonly gateway: string;
}

/** Reads what is true on the host now. A gateway that does not run has no routes. */
export async function survey(engine: Engine, install: Install): Promise<Live> {
  const [containers, routes] = await Promise.all([
    releaseContainers(engine, install.name),
    gatewayRoutes(engine, install.gateway),
  ]);
  return { routes, containers };
}

async function releaseContainers(engine: Engine, install: string): Promise<LiveContainer[]> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true });
  return all.flatMap((container) => {
    const service = container.labels[label.service];
    if (!isService(service)) return [];
    return [
      {
        id: container.id,
        name: container.name,
        service,
        tier: container.labels[label.tier] as Tier,
        title: `${container.labels[label.tier]} ${service}`,
        release: container.labels[label.release] ?? "",
        // A container Docker keeps restarting is not one that runs: it has to be started, watched and judged.
        running: container.state === "running",
      },
    ];
  });
}

async function gatewayRoutes(engine: Engine, gateway: string) {
  const found = await engine.inspect(gateway);
  if (found?.running !== true) return {};
  const listed = await engine.exec(gateway, listCommand);
  if (listed.exitCode !== 0) throw new HostFailure(`The gateway ${gateway} does not answer: ${listed.output}`);
  return parseRoutes(listed.output);
}
