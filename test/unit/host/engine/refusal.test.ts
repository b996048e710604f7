import { EngineError } from "../../../../host/engine/engine";
import {
  EngineRefusal,
  endpointsNamed,
  explained,
  notStarted,
  refusalProblem,
  type Subject,
} from "../../../../host/engine/refusal";
import { commandsOf } from "../../../../util/operatorError";

const redis: Subject = { kind: "container", name: "scani-redis" };
const data: Subject = { kind: "network", name: "scani-data" };
const restart = "sudo systemctl restart docker";

/** Sentences of moby and of Pulumi's plugin, with what is said of them and what to type. */
const table: [string, Subject, string, string[]][] = [
  [
    "error while removing network: network scani-data id 1f has active endpoints",
    { ...data, holders: [] },
    "counts a container on it that is not there",
    [restart],
  ],
  [
    'error while removing network: network scani-data has active endpoints (name:"left-over" id:"2f")',
    { ...data, holders: ["mine"] },
    "mine, left-over are on it",
    ["docker network disconnect -f scani-data mine", "docker network disconnect -f scani-data left-over", restart],
  ],
  [
    "1 error occurred:\n\t* timeout while waiting for state to become 'removed' (last state: 'pending', timeout: 30s)",
    { kind: "network", name: "data" },
    "The network data has not been removed",
    [
      "docker network inspect -f '{{.Name}}: {{range .Containers}}{{.Name}} {{end}}' $(docker network ls -q --filter name=data)",
      restart,
    ],
  ],
  [
    "Unable to create network: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
    { kind: "network", name: "tier1-net" },
    "no block of addresses left for the network tier1-net",
    ["docker network ls", "docker network rm NAME"],
  ],
  [
    "Unable to create network: all predefined address pools have been fully subnetted",
    { kind: "network", name: "edge" },
    "no block of addresses left for the network edge",
    ["docker network ls", "docker network rm NAME"],
  ],
  [
    "remove scani-ca: volume is in use - [1f, 2f]",
    { kind: "volume", name: "scani-ca", holders: ["a", "b"] },
    "a, b have it mounted",
    ["docker rm a b"],
  ],
  [
    "endpoint with name scani-redis already exists in network scani-data",
    { ...redis, recreate: "npm run up -- base" },
    "scani-redis does not start: on the network scani-data",
    ["docker rm scani-redis", "docker network disconnect -f scani-data scani-redis", "npm run up -- base", restart],
  ],
  [
    "endpoint with name scani-redis already exists in network scani-data",
    redis,
    "scani-redis does not start: on the network scani-data",
    [restart],
  ],
  [
    "failed to set up container networking: Address already in use",
    redis,
    "scani-redis does not start: the engine counts its address as another container's",
    [restart],
  ],
  [
    "Address already in use",
    { ...redis, joins: { network: "scani-data", address: "10.0.0.2" }, network: "scani-data", holders: ["home-redis"] },
    "scani-redis cannot be connected to the network scani-data: home-redis has its address on the network scani-data",
    ["docker network disconnect scani-data home-redis"],
  ],
  [
    "Error deleting container 1f: driver overlay2 failed to remove root filesystem: device or resource busy",
    { kind: "container", name: "redis", isResource: true },
    "has begun to remove redis",
    ["docker ps -a --filter name=redis", restart],
  ],
  [
    'network 1f has active endpoints (name:"web" id:"2f")',
    { kind: "network", name: "data", isResource: true },
    "The network data has not been removed",
    [
      "docker network inspect -f '{{.Name}}: {{range .Containers}}{{.Name}} {{end}}' $(docker network ls -q --filter name=data)",
      restart,
    ],
  ],
  [
    "Address already in use",
    { ...redis, network: "scani-data", holders: ["home-redis"] },
    "home-redis has its address on the network scani-data",
    ["docker network disconnect scani-data home-redis"],
  ],
  ...[
    "driver failed programming external connectivity on endpoint g (1f): Bind for 0.0.0.0:8080 failed: port is already allocated",
    "driver failed programming external connectivity on endpoint g (1f): Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
    "driver failed programming external connectivity on endpoint g (1f): failed to bind host port for 0.0.0.0:8080:172.18.0.2:80/tcp: address already in use",
    "driver failed programming external connectivity on endpoint g (1f): failed to bind host port [::]:8080/tcp: address already in use",
  ].map((sentence): [string, Subject, string, string[]] => [
    sentence,
    { kind: "container", name: "scani-gateway" },
    "scani-gateway does not start: port 8080 of the engine's host is taken",
    ["docker ps --filter publish=8080", "ss -ltnp 'sport = :8080'", restart],
  ]),
  [
    '(HTTP code 500) server error - driver "overlay2" failed to remove root filesystem: unlinkat /m: device or resource busy ',
    redis,
    'has begun to remove scani-redis and has not ended: driver "overlay2" failed to remove root filesystem: unlinkat /m: device or resource busy.',
    ["docker rm -f scani-redis", restart],
  ],
  [
    "(HTTP code 409) conflict - container 1f is marked for removal and cannot be started ",
    { ...redis, recreate: "npm run up -- base" },
    "has not ended: container 1f is marked for removal and cannot be started.",
    ["docker rm -f scani-redis", "npm run up -- base", restart],
  ],
];

test.each(table)("%s", (sentence, subject, words, commands) => {
  const problem = refusalProblem(sentence, { ...subject, isSystemService: true });
  expect(problem?.what).toContain(words);
  expect(problem && commandsOf(problem)).toEqual(commands);
  // A restart is typed only where the command would restart this engine; elsewhere it is said.
  const elsewhere = refusalProblem(sentence, subject);
  expect(elsewhere && commandsOf(elsewhere)).toEqual(commands.filter((command) => command !== restart));
  if (commands.includes(restart)) expect(elsewhere?.why).toMatch(/estart the engine, which interrupts/);
});

test("another sentence, and the same one of something else, is not explained", () => {
  expect(refusalProblem("permission denied", redis)).toBeUndefined();
  // A start may find something else busy: then nothing is being removed.
  expect(refusalProblem("runc: error mounting /x to rootfs: device or resource busy", redis)).toBeUndefined();
  expect(refusalProblem("has active endpoints", redis)).toBeUndefined();
  const failed = new Error("network n has active endpoints");
  expect(explained(failed, data)).toBe(failed);
});

test("a refusal keeps its status, and more may be said of it later", () => {
  const refused = explained(new EngineError(403, "endpoint with name r already exists in network n"), redis);
  expect(refused).toMatchObject({ statusCode: 403, name: "OperatorError" });
  expect(String((refused as EngineRefusal).message)).not.toContain("docker rm");
  const more = explained(refused, { ...redis, recreate: "npm run up -- base" }) as EngineRefusal;
  expect([more.statusCode, more.message]).toEqual([403, expect.stringContaining("docker rm scani-redis")]);
});

test("endpoints are read from a refusal, where it names some", () => {
  expect(
    endpointsNamed(
      'error while removing network: network n id 1 has active endpoints (name:"a" id:"1", name:"b-c" id:"2")',
    ),
  ).toEqual(["a", "b-c"]);
  expect(endpointsNamed("network n id 1 has active endpoints")).toEqual([]);
});

test("a failure that is no refusal of the engine's stays what it is", () => {
  const gone = new Error("connect ECONNREFUSED /var/run/docker.sock");
  expect(notStarted(gone, redis)).toBe(gone);
  expect(String(notStarted(new EngineError(500, "no such device"), redis))).toContain("scani-redis does not start");
});
