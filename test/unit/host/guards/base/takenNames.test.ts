import type { ContainerSummary, NetworkSummary } from "../../../../../host/engine/engine";
import { takenNames } from "../../../../../host/guards/base/takenNames";
import { label } from "../../../../../host/install/names/labels";
import type { NamedNetwork } from "../../../../../host/install/drift/unknown";

const declared = { install: "scani", stack: "base", services: ["gateway", "postgres", "redis"] };
const container = (name: string, labels: Record<string, string> = {}) =>
  ({ id: name, name, labels }) as unknown as ContainerSummary;
const network = (name: string, users: string[] = [], labels: Record<string, string> = {}): NamedNetwork => ({
  network: { id: name, name, labels } as unknown as NetworkSummary,
  users,
});
const own = { [label.install]: "scani", [label.service]: "redis" };

const told = (containers: ContainerSummary[], networks: NamedNetwork[] = []) =>
  takenNames({ containers, networks }, declared).map(({ what, type }) => [what, type]);

test("what has base's labels has base's names", () =>
  expect(told([container("scani-redis", own)], [network("scani-data", ["x"], own)])).toEqual([]));

test("a container that somebody has made under a name of base's is named, with how to rename it", () =>
  expect(told([container("scani-redis")])).toEqual([
    [
      "A container that is none of this module's is called scani-redis, which is the name of one of base's.",
      ["docker rename scani-redis scani-redis-other", "npm run up -- base"],
    ],
  ]));

test("a name of a service that base has none of may be anybody's", () =>
  expect(told([container("scani-mail")], [network("scani-mail")])).toEqual([]));

test("another install's container is somebody else's", () =>
  expect(told([container("scani-redis", { ...own, [label.install]: "other" })])).toHaveLength(1));

test("a network made by hand is named, with who has to leave it before it can be removed", () =>
  expect(told([], [network("scani-data", ["scani-postgres", "other"]), network("scani-edge")])).toEqual([
    [
      "The network scani-data was made by somebody else, under the name of one of base's.",
      [
        "docker network disconnect scani-data scani-postgres",
        "docker network disconnect scani-data other",
        "docker network rm scani-data",
        "npm run up -- base",
      ],
    ],
    [
      "The network scani-edge was made by somebody else, under the name of one of base's.",
      ["docker network rm scani-edge", "npm run up -- base"],
    ],
  ]));
