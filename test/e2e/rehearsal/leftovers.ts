import type Docker from "dockerode";
import { readdirSync } from "node:fs";
import { label } from "../../../host/install/names/labels";

/**
 * Lists everything that installs of rehearsals have left on the engine and in their temporary folder.
 * @param installs names of the installs
 */
export async function leftovers(docker: Docker, folder: string, installs: ReadonlySet<string>): Promise<string[]> {
  const filters = { label: [label.install] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  const ours = (labels: Record<string, string> | undefined) => installs.has(labels?.[label.install] ?? "");
  return [
    ...containers.filter(({ Labels }) => ours(Labels)).map(({ Names }) => `container ${Names[0]}`),
    ...networks.filter(({ Labels }) => ours(Labels)).map(({ Name }) => `network ${Name}`),
    ...volumes.Volumes.filter(({ Labels }) => ours(Labels)).map(({ Name }) => `volume ${Name}`),
    ...readdirSync(folder)
      .filter((name) => name !== "owner.json")
      .map((name) => `file ${name}`),
  ];
}
