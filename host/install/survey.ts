import type Docker from "dockerode";
import { label } from "./labels";
import { exec } from "../engine/exec";
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
export async function survey(docker: Docker, install: Install): Promise<Live> {
  const [containers, routes] = await Promise.all([releaseContainers(docker, install.name), gatewayRoutes(docker, install.gateway)]);
  return { routes, containers };
}

async function releaseContainers(docker: Docker, install: string): Promise<LiveContainer[]> {
  const all = await docker.listContainers({ all: true, filters: { label: [`${label.install}=${install}`, label.release] } });
  return all.flatMap((container) => {
    const service = container.Labels[label.service];
    if (!isService(service)) return [];
    return [{
      id: container.Id,
      name: (container.Names[0] ?? "").replace(/^\//, ""),
      service,
      tier: container.Labels[label.tier] as Tier,
      title: `${container.Labels[label.tier]} ${service}`,
      release: container.Labels[label.release] ?? "",
      // A container Docker keeps restarting is not one that runs: it has to be started, watched and judged.
      running: container.State === "running",
    }];
  });
}

async function gatewayRoutes(docker: Docker, gateway: string) {
  const container = docker.getContainer(gateway);
  const state = await container.inspect().then((found) => found.State, (error: { statusCode?: number }) => {
    if (error.statusCode === 404) return undefined;
    throw error;
  });
  if (!state?.Running) return {};
  const listed = await exec(container, listCommand);
  if (listed.exitCode !== 0) throw new HostFailure(`The gateway ${gateway} does not answer: ${listed.output}`);
  return parseRoutes(listed.output);
}
