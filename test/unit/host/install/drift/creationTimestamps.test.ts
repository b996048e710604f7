import type { ContainerSummary, Labelled } from "../../../../../host/engine/engine";
import {
  baseContainerTimestamp,
  baseNetworkTimestamp,
  creationTimestamps,
  isMadeAnew,
  releaseContainerTimestamp,
  releaseNetworkTimestamp,
  releaseVolumeTimestamp,
} from "../../../../../host/install/drift/creationTimestamps";
import { label } from "../../../../../host/install/names/labels";
import type { Presence } from "../../../../../host/install/presence";

const thing = (name: string, labels: Record<string, string>): Labelled => ({ id: `id-of-${name}`, name, labels });
const container = (name: string, created: number, labels: Record<string, string>) =>
  ({ ...thing(name, labels), created }) as ContainerSummary;

const api = { [label.service]: "api", [label.release]: "r1" };
const redis = { [label.service]: "redis" };

const presence: Presence = {
  engine: { id: "E", address: "unix:///e" },
  containers: [
    container("new-api", 2, { ...api, [label.made]: "second" }),
    container("old-api", 1, { ...api, [label.made]: "first" }),
    container("scani-redis", 1, { ...redis, [label.made]: "third" }),
  ],
  networks: [
    thing("scani-edge", {}),
    thing("scani-data", { [label.made]: "fourth" }),
    thing("scani-tier1-net-1", { [label.release]: "r1", [label.made]: "fifth" }),
  ],
  allNetworks: [],
  volumes: [thing("scani-tier1-ca-1", { [label.release]: "r1", [label.made]: "sixth" })],
};
const known = new Set(presence.containers.map(({ id }) => id));

test("what is there keeps its timestamp; of two of a kind the newest counts", () => {
  const timestamps = creationTimestamps(presence, known);
  expect(releaseContainerTimestamp(timestamps, "api", "r1")).toEqual({ [label.made]: "second" });
  expect(baseContainerTimestamp(timestamps, "redis")).toEqual({ [label.made]: "third" });
  expect(baseNetworkTimestamp(timestamps, "scani-data")).toEqual({ [label.made]: "fourth" });
  expect(releaseNetworkTimestamp(timestamps, "r1")).toEqual({ [label.made]: "fifth" });
  expect(releaseVolumeTimestamp(timestamps, "r1")).toEqual({ [label.made]: "sixth" });
});

test("a network that an earlier version made without one stays without: it is no change", () =>
  expect(baseNetworkTimestamp(creationTimestamps(presence, known), "scani-edge")).toEqual({}));

test("what is gone gets a new one, so that Pulumi makes it again", () => {
  const before = new Date().toISOString();
  const timestamps = creationTimestamps({ ...presence, containers: [], networks: [], volumes: [] }, known);
  for (const made of [
    baseContainerTimestamp(timestamps, "redis"),
    releaseContainerTimestamp(timestamps, "api", "r1"),
    baseNetworkTimestamp(timestamps, "scani-edge"),
    releaseNetworkTimestamp(timestamps, "r1"),
    releaseVolumeTimestamp(timestamps, "r1"),
  ])
    expect((made as Record<string, string>)[label.made] >= before).toBe(true);
});

test("the containers of a release whose network is gone are made again with it", () =>
  expect(releaseContainerTimestamp(creationTimestamps({ ...presence, networks: [] }, known), "api", "r1")).not.toEqual({
    [label.made]: "second",
  }));

test("what Pulumi does not know, such as a copy with every label, has none of its own, so that Pulumi makes it again", () => {
  const timestamps = creationTimestamps(presence, new Set(["id-of-new-api"]));
  expect(baseContainerTimestamp(timestamps, "redis")).not.toEqual({ [label.made]: "third" });
  expect(releaseContainerTimestamp(timestamps, "api", "r1")).toEqual({ [label.made]: "second" });
  expect([isMadeAnew(timestamps, "redis"), isMadeAnew(creationTimestamps(presence, known), "redis")]).toEqual([
    true,
    false,
  ]);
});

test.each<[string, Partial<ContainerSummary>, Record<string, string>]>([
  ["whose image was built anew under its name", { imageId: "old" }, { redis: "new" }],
  ["that can never be started again", { state: "dead" }, {}],
])("a container of base %s gets a new one, and is made again", (_title, change, imageIds) => {
  const containers = [{ ...container("scani-redis", 1, { ...redis, [label.made]: "third" }), ...change }];
  const timestamps = creationTimestamps({ ...presence, containers }, known, imageIds);
  expect(baseContainerTimestamp(timestamps, "redis")).not.toEqual({ [label.made]: "third" });
});

test("a container of base whose image is the same, or not on the engine any more, keeps its timestamp", () => {
  const containers = [{ ...container("scani-redis", 1, { ...redis, [label.made]: "third" }), imageId: "old" }];
  for (const imageIds of [{ redis: "old" }, {}] as Record<string, string>[])
    expect(baseContainerTimestamp(creationTimestamps({ ...presence, containers }, known, imageIds), "redis")).toEqual({
      [label.made]: "third",
    });
});
