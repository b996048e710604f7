import type Docker from "dockerode";
import { aString, type Properties } from "../protocol/shape";
import type { ResourceType } from "../protocol/resource";
import { text, type Values } from "../protocol/values";
import { isMissing, unable } from "./errors";
import { labels, labelsFrom, labelsOf } from "./labels";
import { removeOnceFree } from "./removal";

const properties: Properties = {
  name: { shape: aString, change: "replace", computed: true },
  labels: { shape: labels, change: "replace" },
};

/** Returns the type of a volume; its id is its name, and an existing one is taken over, as in Docker. */
export function volumeType(docker: Docker): ResourceType {
  const read = async (id: string): Promise<Values | undefined> => {
    const volume = await docker
      .getVolume(id)
      .inspect()
      .catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
    return (
      volume && {
        name: volume.Name,
        driver: volume.Driver,
        mountpoint: volume.Mountpoint,
        labels: labelsFrom(volume.Labels),
      }
    );
  };
  return {
    properties,
    named: true,
    deletedFirst: false,
    outputsId: true,
    async create(inputs) {
      const id = text(inputs, "name");
      await docker.createVolume({ Name: id, Labels: labelsOf(inputs) }).catch(unable("create volume"));
      const outputs = await read(id);
      if (outputs === undefined) throw new Error(`volume ${id} went away as it was made`);
      return { id, outputs };
    },
    read,
    async update() {
      throw new Error("a volume has nothing to update");
    },
    async delete(id) {
      await removeOnceFree(() => docker.getVolume(id).remove({ force: true }), "volume is in use");
    },
  };
}
