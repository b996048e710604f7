import type Docker from "dockerode";
import { aBoolean, anObject, aString, setOf, type Properties } from "../protocol/shape";
import type { ResourceType } from "../protocol/resource";
import { objects, text, type Values } from "../protocol/values";
import { isMissing, unable } from "./errors";
import { labels, labelsFrom, labelsOf } from "./labels";
import { removeOnceFree } from "./removal";

const properties: Properties = {
  name: { shape: aString, change: "replace" },
  driver: { shape: aString, change: "replace", computed: true },
  internal: { shape: aBoolean, change: "replace", computed: true },
  labels: { shape: labels, change: "replace" },
  ipamConfigs: {
    shape: setOf(anObject({ subnet: aString, gateway: aString, ipRange: aString })),
    change: "replace",
    computed: true,
  },
};

/** Addresses of a network, in Docker's form. */
interface AddressRange {
  readonly Subnet?: string;
  readonly Gateway?: string;
  readonly IPRange?: string;
}

function addressesOf({ Subnet = "", Gateway = "", IPRange = "" }: AddressRange): Values {
  return { subnet: Subnet, gateway: Gateway, ipRange: IPRange };
}

/** Returns the declared addresses in Docker's form; without any, Docker chooses. */
function addresses(inputs: Values): { Config?: AddressRange[] } {
  const ranges = objects(inputs, "ipamConfigs");
  if (ranges.length === 0) return {};
  return {
    Config: ranges.map(({ subnet, gateway, ipRange }) => ({
      Subnet: String(subnet),
      ...(gateway ? { Gateway: String(gateway) } : {}),
      ...(ipRange ? { IPRange: String(ipRange) } : {}),
    })),
  };
}

/** Returns the type of a network, of which nothing can be changed. */
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
        ipamConfigs: (network.IPAM?.Config ?? []).map(addressesOf),
      }
    );
  };
  return {
    properties,
    named: true,
    deletedFirst: false,
    outputsId: true,
    async create(inputs) {
      const { id } = await docker
        .createNetwork({
          Name: text(inputs, "name"),
          // Docker would otherwise silently create a second network of the same name.
          CheckDuplicate: true,
          Driver: String(inputs.driver ?? "bridge"),
          Internal: inputs.internal === true,
          Labels: labelsOf(inputs),
          IPAM: { Driver: "default", ...addresses(inputs) },
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
