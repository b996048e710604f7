import type Docker from "dockerode";
import { throwawayLabels } from "../../../../lab/throwaway";

/** Error with which an engine refuses to remove a network in use. */
export const activeEndpoints = Object.assign(
  new Error('network n id 1 has active endpoints (name:"left-over" id:"2")'),
  { statusCode: 403 },
);

/** The same where the engine has miscounted: it names nothing that is connected. */
export const miscounted = Object.assign(new Error("network n id 1 has active endpoints"), { statusCode: 403 });

/** A container, network or volume of an install on the engine below. */
export interface FakeItem {
  readonly kind: "container" | "network" | "volume";
  readonly labels: Readonly<Record<string, string>>;
  /** For a network: names of listed endpoints. */
  readonly connected: string[];
  /** For a network: names of endpoints that no list shows. */
  readonly hidden: string[];
  /** For a network: true where the engine counts an endpoint that it cannot name. */
  readonly isMiscounted?: boolean;
}

/** Returns an item of a throwaway install, or with the labels given. */
export function item(kind: FakeItem["kind"], install: string, more: Partial<FakeItem> = {}): FakeItem {
  return { kind, labels: throwawayLabels(install), connected: [], hidden: [], ...more };
}

/** A declared container's label. */
export const declared = { "scani.made": "2026-11-27T00:00:00.000Z" };

/** Returns an engine that can only list items by their labels and remove them. */
export function engineWith(items: Map<string, FakeItem>): Docker {
  const removing = (id: string) => async () => {
    const found = items.get(id);
    if (found === undefined) throw Object.assign(new Error(`no such ${id}`), { statusCode: 404 });
    if (found.connected.length + found.hidden.length > 0) throw activeEndpoints;
    if (found.isMiscounted === true) throw miscounted;
    items.delete(id);
  };
  const network = (id: string) => ({
    remove: removing(id),
    async inspect() {
      return {
        Containers: Object.fromEntries((items.get(id)?.connected ?? []).map((name) => [`ep-${name}`, { Name: name }])),
      };
    },
    async disconnect({ Container, Force }: { Container: string; Force: boolean }) {
      const found = items.get(id) as FakeItem;
      const list = [found.connected, found.hidden].find((names) => names.includes(Container));
      if (list === undefined || !Force) throw Object.assign(new Error("no such endpoint"), { statusCode: 404 });
      list.splice(list.indexOf(Container), 1);
    },
  });
  const listed = (kind: FakeItem["kind"], { filters }: { filters: { label: string[] } }) =>
    [...items]
      .filter(([, { labels }]) =>
        filters.label.every((wanted) => Object.entries(labels).some(([name, value]) => wanted === `${name}=${value}`)),
      )
      .filter(([, one]) => one.kind === kind)
      .map(([id, { labels }]) => ({ Id: id, Name: id, Names: [`/${id}`], Labels: labels }));
  type Asked = { filters: { label: string[] } };
  return {
    listContainers: async (asked: Asked) => listed("container", asked),
    listNetworks: async (asked: Asked) => listed("network", asked),
    listVolumes: async (asked: Asked) => ({ Volumes: listed("volume", asked) }),
    getContainer: (id: string) => ({ remove: removing(id) }),
    getNetwork: network,
    getVolume: (id: string) => ({ remove: removing(id) }),
  } as unknown as Docker;
}
