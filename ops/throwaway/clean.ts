import type Docker from "dockerode";
import { rmSync } from "node:fs";
import { label } from "../../infra/container/labels";
import { remove } from "../../infra/engine/lifecycle";
import type { Throwaway } from "./place";

/** Removes everything an install of that name has on the engine. What is gone already is fine. */
export async function removeInstall(docker: Docker, install: string): Promise<void> {
  const filters = { label: [`${label.install}=${install}`] };
  const gone = (error: { statusCode?: number }) => { if (error.statusCode !== 404 && error.statusCode !== 409) throw error; };
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => remove(docker.getContainer(Id))));
  const networks = await docker.listNetworks({ filters });
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove().catch(gone)));
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  await Promise.all(volumes.map(({ Name }) => docker.getVolume(Name).remove().catch(gone)));
}

/** Removes a throwaway install, its state and its settings. */
export async function cleanUp(docker: Docker, place: Throwaway): Promise<void> {
  await removeInstall(docker, place.install);
  rmSync(place.workDir, { recursive: true, force: true });
}
