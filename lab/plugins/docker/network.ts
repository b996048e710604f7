import type Docker from "dockerode";
import { aBoolean, aString, type Properties } from "../protocol/shape";
import type { ResourceType } from "../protocol/resource";
import { text, type Values } from "../protocol/values";
import { isMissing, unable } from "./errors";
import { labels, labelsFrom, labelsOf } from "./labels";
import { removeOnceFree } from "./removal";

const properties: Properties = {
  name: { shape: aString, change: "replace" },
  driver: { shape: aString, change: "replace", computed: true },
  internal: { shape: aBoolean, change: "replace", computed: true },
  labels: { shape: labels, change: "replace" },
};

/** A network; nothing about it can be changed. */
export function networkType(docker: Docker): ResourceType {
  const read = async (id: string): Promise<Values | undefined> => {
    const network = await docker
      .getNetwork(id)
      .inspect()
      .catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
    return (
      network && {
        name: network.Name,
        driver: network.Driver,
        internal: network.Internal,
        labels: labelsFrom(network.Labels),
      }
    );
  };
  return {
    properties,
    named: true,
    deletedFirst: false,
    async create(inputs) {
      const { id } = await docker
        .createNetwork({
          Name: text(inputs, "name"),
          // Docker would make a second one of the same name without a word.
          CheckDuplicate: true,
          Driver: String(inputs.driver ?? "bridge"),
          Internal: inputs.internal === true,
          Labels: labelsOf(inputs),
          IPAM: { Driver: "default" },
        })
        .catch(unable("create network"));
      const outputs = await read(id);
      if (outputs === undefined) throw new Error(`network ${id} went away as it was made`);
      return { id, outputs };
    },
    read,
    async update() {
      throw new Error("a network has nothing to update");
    },
    async delete(id) {
      await removeOnceFree(() => docker.getNetwork(id).remove(), "has active endpoints");
    },
  };
}
