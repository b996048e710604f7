import { container } from "../host";
import type { Scene } from "../scene";

/**
 * Recreates a container of base as tools that update containers do: everything as before, including its labels and its
 * address.
 * @returns ids of the container before and of its copy, which runs
 */
export async function remake(scene: Scene, service: string): Promise<{ before: string; copy: string }> {
  const { id, info } = await container(scene, undefined, service);
  const network = `${scene.place.install}-data`;
  const { IPAMConfig, Aliases } = info.NetworkSettings.Networks[network] ?? {};
  await scene.docker.getContainer(id).remove({ force: true });
  const copy = await scene.docker.createContainer({
    ...info.Config,
    name: `${scene.place.install}-${service}`,
    HostConfig: info.HostConfig,
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases, IPAMConfig } } },
  });
  await copy.start();
  return { before: id, copy: copy.id };
}
