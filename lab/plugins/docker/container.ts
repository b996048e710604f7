import type Docker from "dockerode";
import { HalfMade, type ResourceType } from "../protocol/resource";
import { objects, text, texts, type Values } from "../protocol/values";
import { containerProperties as properties } from "./containerProperties";
import { containerRequest, memoryLimits } from "./containerRequest";
import { containerState } from "./containerState";
import { isAlreadySo, isMissing, says, unable } from "./errors";
import { ensureImage } from "./image";

/**
 * Returns the type of a container. Only its restart policy and memory limits change in place, and it is started again
 * if it must run.
 */
export function containerType(docker: Docker, registries: readonly string[] = []): ResourceType {
  const read = async (id: string, known: Values): Promise<Values | undefined> => {
    const container = await docker
      .getContainer(id)
      .inspect()
      .catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
    return container && containerState(container, known);
  };
  return {
    properties,
    named: true,
    deletedFirst: true,
    outputsId: true,
    async create(inputs) {
      await ensureImage(docker, text(inputs, "image"), registries);
      const { id } = await docker.createContainer(containerRequest(inputs)).catch(unable("create container"));
      try {
        await joinNetworks(docker, id, inputs);
        if (inputs.start !== false) await docker.getContainer(id).start().catch(unable("start container"));
        const outputs = await read(id, inputs);
        if (outputs === undefined) throw new Error(`container ${id} went away as it was made`);
        return { id, outputs };
      } catch (error) {
        throw new HalfMade(id, inputs, error as Error);
      }
    },
    read,
    async update(id, olds, inputs) {
      const container = docker.getContainer(id);
      const starts = olds.mustRun === false && inputs.mustRun !== false && inputs.start !== false;
      if (starts)
        await container.start().catch((error: unknown) => {
          if (!isAlreadySo(error)) unable("start container")(error);
        });
      if (["restart", "memory", "memorySwap"].some((name) => olds[name] !== inputs[name])) {
        await container
          .update({
            RestartPolicy: { Name: String(inputs.restart ?? "no"), MaximumRetryCount: 0 },
            ...memoryLimits(inputs),
          })
          .catch(unable("update a container"));
      }
    },
    async delete(id, outputs) {
      const container = docker.getContainer(id);
      await container.stop({ t: Number(outputs.destroyGraceSeconds ?? 0) }).catch((error: unknown) => {
        if (!isAlreadySo(error) && !isMissing(error)) throw error;
      });
      await container.remove({ v: outputs.removeVolumes !== false, force: true }).catch(async (error: unknown) => {
        if (isMissing(error)) return;
        if (!says(error, "is already in progress")) throw error;
        await container.wait({ condition: "removed" }).catch((gone: unknown) => {
          if (!isMissing(gone)) throw gone;
        });
      });
    },
  };
}

/** Connects a container to the requested networks and disconnects it from Docker's default one. */
async function joinNetworks(docker: Docker, id: string, inputs: Values): Promise<void> {
  const networks = objects(inputs, "networksAdvanced");
  if (networks.length === 0) return;
  await docker
    .getNetwork("bridge")
    .disconnect({ Container: id })
    .catch((error: unknown) => {
      if (!says(error, "is not connected to the network bridge")) unable("disconnect the default network")(error);
    });
  for (const network of networks) {
    const name = text(network, "name");
    const { ipv4Address } = network;
    await docker
      .getNetwork(name)
      .connect({
        Container: id,
        EndpointConfig: {
          Aliases: texts(network, "aliases"),
          IPAMConfig: ipv4Address ? { IPv4Address: String(ipv4Address) } : {},
        },
      })
      .catch(unable(`connect to network '${name}'`));
  }
}
