import type Docker from "dockerode";

/** How an engine refuses a network with something on it. */
export const activeEndpoints = Object.assign(
  new Error('network n id 1 has active endpoints (name:"left-over" id:"2")'),
  { statusCode: 403 },
);

/** A network of the engine below. */
export interface FakeNetwork {
  readonly install: string;
  /** Names of what is connected to it, and lists. */
  readonly connected: string[];
  /** Names of what is connected, and no list shows. */
  readonly hidden: string[];
}

/** As much of an engine as has networks with things on them. */
export function engineWith(networks: Map<string, FakeNetwork>): Docker {
  const network = (id: string) => ({
    async remove() {
      const found = networks.get(id);
      if (found === undefined) throw Object.assign(new Error("no such network"), { statusCode: 404 });
      if (found.connected.length + found.hidden.length > 0) throw activeEndpoints;
      networks.delete(id);
    },
    async inspect() {
      return {
        Containers: Object.fromEntries(
          (networks.get(id)?.connected ?? []).map((name) => [`ep-${name}`, { Name: name }]),
        ),
      };
    },
    async disconnect({ Container, Force }: { Container: string; Force: boolean }) {
      const found = networks.get(id) as FakeNetwork;
      const list = [found.connected, found.hidden].find((names) => names.includes(Container));
      if (list === undefined || !Force) throw Object.assign(new Error("no such endpoint"), { statusCode: 404 });
      list.splice(list.indexOf(Container), 1);
    },
  });
  const ofInstall = ({ filters }: { filters: { label: string[] } }) =>
    [...networks].filter(([, { install }]) => filters.label[0]?.endsWith(`=${install}`));
  return {
    listContainers: async () => [],
    listNetworks: async (asked: { filters: { label: string[] } }) => ofInstall(asked).map(([Id]) => ({ Id, Name: Id })),
    listVolumes: async () => ({ Volumes: [] }),
    getNetwork: network,
  } as unknown as Docker;
}
