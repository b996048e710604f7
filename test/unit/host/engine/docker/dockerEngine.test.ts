import type Docker from "dockerode";
import { once } from "node:events";
import { remove } from "../../../../../host/engine/docker/lifecycle";
import { detailsOf, engineOver, requestOf } from "../../../../../host/engine/docker/dockerEngine";
import { isSystemService } from "../../../../../host/engine/connection/systemService";
import { folder } from "../../../lab/setup/folder";
import { OperatorError } from "../../../../../util/operatorError";
import { details, isConflict, isNotFound } from "../../../../../host/engine/engine";

const refusal = (statusCode: number, message = "no") => Object.assign(new Error(message), { statusCode });

/** Returns a dockerode whose container refuses every call with this status. */
const refusing = (statusCode: number): Docker => {
  const refuse = async () => {
    throw refusal(statusCode, `(HTTP code ${statusCode}) no such container - No such container: x `);
  };
  const thing = {
    inspect: refuse,
    start: refuse,
    stop: refuse,
    restart: refuse,
    remove: refuse,
    getArchive: refuse,
    exec: refuse,
    wait: refuse,
  };
  return {
    getContainer: () => thing,
    getImage: () => thing,
    getVolume: () => thing,
    getNetwork: () => thing,
  } as unknown as Docker;
};

test("a network that a restarting container will be on counts as joined, whatever the engine says", async () => {
  const said = "network sandbox for container 1 not found";
  const joins = (networks: object, message = said) =>
    engineOver({
      getNetwork: () => ({ connect: () => Promise.reject(refusal(404, message)) }),
      getContainer: () => ({
        inspect: async () => ({
          Name: "/x",
          State: {},
          Config: {},
          HostConfig: {},
          NetworkSettings: { Networks: networks },
        }),
      }),
    } as unknown as Docker).connectNetwork("data", "x");
  await joins({ data: {} });
  await expect(joins({ edge: {} })).rejects.toThrow(said);
  await expect(joins({ data: {} }, "network data not found")).rejects.toThrow("network data not found");
});

test("what is not there is undefined, and whatever else is refused is thrown", async () => {
  const gone = engineOver(refusing(404));
  expect(await gone.inspect("x")).toBeUndefined();
  expect(await gone.image("x")).toBeUndefined();
  expect(await gone.hasVolume("x")).toBe(false);
  expect(await gone.readFile("x", "/f")).toBeUndefined();
  expect(await gone.fileNames("x", "/f")).toEqual([]);
  expect(await gone.hold("x", ["true"])).toBeUndefined();
  await gone.stop("x");
  await gone.remove("x");
  await gone.removeNetwork("x");
  await expect(gone.restart("x")).rejects.toThrow("No such container: x");
  await expect(gone.start("x")).rejects.toThrow("No such container: x");
  await expect(gone.exec("x", ["true"])).rejects.toThrow("No such container: x");
  const broken = engineOver(refusing(500));
  for (const call of [
    broken.inspect("x"),
    broken.image("x"),
    broken.hasVolume("x"),
    broken.readFile("x", "/f"),
    broken.stop("x"),
    broken.remove("x"),
    broken.removeNetwork("x"),
  ]) {
    await expect(call).rejects.toMatchObject({ statusCode: 500 });
  }
});

test("a container that has to be there is refused in the engine's words", async () => {
  const error: unknown = await details(engineOver(refusing(404)), "x").catch((thrown: unknown) => thrown);
  expect([isNotFound(error), isConflict(error), (error as Error).message]).toEqual([
    true,
    false,
    "(HTTP code 404) no such container - No such container: x ",
  ]);
});

test.each([
  [{ LocalNodeState: "active", ControlAvailable: false }, true],
  [{ LocalNodeState: "active", ControlAvailable: true }, false],
  [{ LocalNodeState: "inactive", ControlAvailable: false }, false],
  [undefined, false],
])("an engine whose swarm is %j is a worker: %s", async (Swarm, isWorker) => {
  const docker = { info: async () => ({ ID: "a", Swarm }) } as unknown as Docker;
  expect((await engineOver(docker).info()).isSwarmWorker).toBe(isWorker);
});

test("no container has the empty name, and Docker is not asked for it", async () => {
  const docker = { getContainer: () => ({ inspect: () => Promise.reject(refusal(301)) }) } as unknown as Docker;
  expect(await engineOver(docker).inspect("")).toBeUndefined();
  await expect(engineOver(docker).inspect("a")).rejects.toMatchObject({ statusCode: 301 });
});

test("one that is on its way out is waited for; one that runs is refused without force", async () => {
  const waited: string[] = [];
  const docker = {
    getContainer: (id: string) => ({
      remove: async () => {
        throw refusal(409);
      },
      inspect: async () => ({ State: { Running: id === "runs" } }),
      wait: async () => {
        waited.push(id);
      },
    }),
  } as unknown as Docker;
  await engineOver(docker).remove("a");
  await engineOver(docker).remove("b", { force: false, volumes: false });
  await expect(engineOver(docker).remove("runs", { force: false })).rejects.toMatchObject({ statusCode: 409 });
  expect(waited).toEqual(["a", "b"]);
});

describe("a removal in progress", () => {
  /** Returns a container the engine is removing, dead or not there once that has ended. */
  const removing = (wait: (options: { abortSignal: AbortSignal }) => Promise<unknown>, left?: string) =>
    ({
      remove: () => Promise.reject(refusal(409, "removal of container a is already in progress")),
      wait,
      inspect: async () => {
        if (left === undefined) throw refusal(404);
        return { State: { Running: false, Status: left, Dead: left === "dead" } };
      },
    }) as unknown as Docker.Container;
  const hanging = ({ abortSignal }: { abortSignal: AbortSignal }) =>
    once(abortSignal, "abort").then(() => Promise.reject(new Error("aborted")));
  const failed = async () => ({ StatusCode: 0, Error: { Message: "busy" } });

  test("that fails is no removal", async () => {
    await expect(remove(removing(failed, "dead"))).rejects.toMatchObject({
      statusCode: 409,
      message: "it is dead: busy",
    });
    await expect(remove(removing(async () => ({ StatusCode: 0 }), "dead"))).rejects.toThrow("it is dead");
  });

  test("that does not end is waited for within its limit", async () => {
    await expect(remove(removing(hanging, "removing"), {}, 20)).rejects.toThrow(
      "it is still being removed after 0.02 s",
    );
  });

  test("of a container that is gone all the same is one", async () => {
    await remove(removing(failed));
    await remove(removing(hanging), {}, 20);
  });

  test("that has failed is said with the container's name and what to type", async () => {
    const docker = {
      getContainer: () => removing(failed, "dead"),
      listContainers: async () => [{ Id: "1f", Names: ["/scani-redis"], State: "dead" }],
    } as unknown as Docker;
    await expect(engineOver(docker).remove("1f")).rejects.toThrow(
      /^The engine has begun to remove scani-redis and has not ended: it is dead: busy\.\n[^]*type: docker rm -f scani-redis$/,
    );
  });
});

describe("a network the engine does not remove", () => {
  const sentence = "error while removing network: network scani-data id 1f has active endpoints";
  const engine = (connected: object, socketPath: string) =>
    engineOver({
      modem: { socketPath },
      getNetwork: () => ({
        remove: () => Promise.reject(refusal(403, sentence)),
        inspect: async () => ({ Name: "scani-data", Containers: connected }),
      }),
    } as unknown as Docker);

  test("is said to be miscounted where nothing is on it, and its status stays", async () => {
    const failed = engine({}, "/another.sock").removeNetwork("1f");
    await expect(failed).rejects.toBeInstanceOf(OperatorError);
    await expect(failed).rejects.toMatchObject({
      statusCode: 403,
      message: `The network scani-data cannot be removed: the engine counts a container on it that is not there (moby issue 42119).
  Restart the engine, which interrupts every container on it, and type the same again.`,
    });
  });

  test("is said with what is on it", async () => {
    await expect(engine({ e: { Name: "mine" } }, "/another.sock").removeNetwork("1f")).rejects.toThrow(
      "type: docker network disconnect -f scani-data mine",
    );
  });
});

test("a volume the engine does not remove is said with the containers that have it", async () => {
  const docker = {
    getVolume: () => ({ remove: () => Promise.reject(refusal(409, "remove v: volume is in use - [1f]")) }),
    listContainers: async ({ all, filters }: { all: boolean; filters: { volume: string[] } }) =>
      all && filters.volume[0] === "v" ? [{ Id: "1f", Names: ["/old"], State: "dead" }] : [],
  } as unknown as Docker;
  await expect(engineOver(docker).removeVolume("v")).rejects.toThrow(
    "The volume v cannot be removed: old has it mounted.",
  );
});

test("a container whose address is taken is said with who has it", async () => {
  const on = (endpoint: object) => ({ NetworkSettings: { Networks: { "scani-data": endpoint } } });
  const docker = {
    getContainer: () => ({
      start: () => Promise.reject(refusal(403, "Address already in use")),
    }),
    listContainers: async () => [
      { Id: "1f", Names: ["/scani-redis"], State: "exited", ...on({ IPAMConfig: { IPv4Address: "10.0.0.4" } }) },
      { Id: "2f", Names: ["/home-redis"], State: "running", ...on({ IPAddress: "10.0.0.4" }) },
      { Id: "3f", Names: ["/another"], State: "running", ...on({ IPAddress: "10.0.0.5" }) },
    ],
  } as unknown as Docker;
  await expect(engineOver(docker).start("1f")).rejects.toThrow(
    "scani-redis does not start: home-redis has its address on the network scani-data.",
  );
});

test.each([
  ["/var/run/docker.sock", true, true],
  ["/var/run/docker.sock", false, false],
  ["/home/me/.docker/run/docker.sock", true, false],
  [undefined, true, false],
])("an engine at %s, on a machine with systemd: %s, is restarted by it: %s", (socketPath, hasSystemd, isService) => {
  expect(isSystemService(socketPath, () => hasSystemd)).toBe(isService);
});

test.each([
  ["runs", { Running: true, Restarting: false }, ["start"]],
  ["is about to be restarted by Docker", { Running: true, Restarting: true }, ["start", "stop", "start"]],
])("one that %s is started", async (_how, State, calls) => {
  const made: string[] = [];
  const docker = {
    getContainer: () => ({
      start: async () => {
        made.push("start");
        if (!made.includes("stop")) throw refusal(304);
      },
      stop: async () => {
        made.push("stop");
      },
      inspect: async () => ({ State }),
    }),
  } as unknown as Docker;
  await engineOver(docker).start("x");
  expect(made).toEqual(calls);
});

test("a log is both streams in their order, a letter split over two frames and many thousand lines too", async () => {
  const frame = (stream: 1 | 2, data: Buffer) => {
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(data.length, 4);
    return Buffer.concat([header, data]);
  };
  const split = Buffer.from("größe\n");
  const many = Array.from({ length: 20_000 }, (_, index) => frame(1, Buffer.from(`${index}\n`)));
  const log = Buffer.concat([
    ...many,
    frame(1, split.subarray(0, 3)),
    frame(1, split.subarray(3)),
    frame(2, Buffer.from("failed\n")),
  ]);
  const docker = { getContainer: () => ({ logs: async () => log }) } as unknown as Docker;
  const lines = await engineOver(docker).lastLines("x", 20_003);
  expect([lines.length, ...lines.slice(-3)]).toEqual([20_002, "19999", "größe", "failed"]);
  expect(await engineOver(docker).logSince("x", 0)).toBe(`${lines.join("\n")}\n`);
});

test("details of a container, with what Docker leaves out", () => {
  const info = {
    Id: "1",
    Name: "/scani-api",
    Image: "sha256:1",
    RestartCount: 2,
    State: { Status: "restarting", Running: true, ExitCode: 1, StartedAt: "2026-01-01T00:00:00Z" },
    Config: { Image: "api:1", Env: null },
    HostConfig: {
      Memory: 5,
      NetworkMode: "edge",
      Dns: null,
      PortBindings: {
        "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }, { HostPort: "81" }],
        "443/tcp": null,
        "9000/tcp": [{ HostPort: "" }],
      },
    },
    NetworkSettings: {
      Networks: {
        data: { NetworkID: "1f", Aliases: ["api", "1"] },
        edge: { NetworkID: "", Aliases: null, IPAMConfig: { IPv4Address: "10.213.7.4" } },
      },
      Ports: { "9000/tcp": [{ HostIp: "0.0.0.0", HostPort: "32768" }] },
    },
  } as unknown as Docker.ContainerInspectInfo;
  expect(detailsOf(info)).toEqual({
    id: "1",
    name: "scani-api",
    state: "restarting",
    running: true,
    exitCode: 1,
    startedAt: "2026-01-01T00:00:00Z",
    restarts: 2,
    image: "api:1",
    imageId: "sha256:1",
    environment: [],
    healthCheck: [],
    labels: {},
    entrypoint: [],
    arguments: [],
    networks: ["data", "edge"],
    endpoints: { data: { networkId: "1f", names: ["api", "1"] }, edge: { names: [], address: "10.213.7.4" } },
    aliases: ["api", "1"],
    links: [],
    mounts: [],
    restartPolicy: "no",
    published: ["127.0.0.1:8080", "0.0.0.0:81", "0.0.0.0:32768"],
    confinement: { Memory: 5, Dns: null },
    options: ["--ip 10.213.7.4"],
  });
});

test("a port without an address is where the engine has bound it: IPv6 beside IPv4, or IPv6 alone", () => {
  const published = (asked: object[], now: object[]) =>
    detailsOf({
      Name: "/page",
      State: {},
      Config: {},
      HostConfig: { PortBindings: { "80/tcp": asked } },
      NetworkSettings: { Ports: { "80/tcp": now } },
    } as unknown as Docker.ContainerInspectInfo).published;
  const dual = ["0.0.0.0", "::"].map((HostIp) => ({ HostIp, HostPort: "8080" }));
  expect(published([{ HostIp: "", HostPort: "8080" }], dual)).toEqual(["0.0.0.0:8080", "[::]:8080"]);
  expect(published([{ HostIp: "::1", HostPort: "8080" }], [])).toEqual(["[::1]:8080"]);
  expect(published([{ HostIp: "0.0.0.0", HostPort: "8080" }], dual)).toEqual(["0.0.0.0:8080"]);
});

test.each([
  ["container:abc", "abc"],
  ["home_default", undefined],
])("with the network mode %s it has the network of %s", (NetworkMode, owner) => {
  const info = { Name: "/page", State: {}, Config: {}, HostConfig: { NetworkMode }, NetworkSettings: {} };
  expect(detailsOf(info as unknown as Docker.ContainerInspectInfo).networkOwner).toBe(owner);
});

test("of a mounted folder of a volume both are known", () => {
  const { mounts } = detailsOf({
    Name: "/postgres",
    State: {},
    Config: {},
    HostConfig: {
      Mounts: [
        { Type: "volume", Source: "shared", Target: "/data/", VolumeOptions: { Subpath: "pg" } },
        { Type: "volume", Source: "own", Target: "/own", VolumeOptions: {} },
      ],
    },
    NetworkSettings: {},
    Mounts: [
      { Type: "volume", Name: "own", Source: "/var/lib/docker/volumes/own/_data", Destination: "/own" },
      { Type: "volume", Name: "shared", Source: "/var/lib/docker/volumes/shared/_data", Destination: "/data" },
    ],
  } as unknown as Docker.ContainerInspectInfo);
  expect(mounts).toEqual([
    { type: "volume", source: "own", path: "/own" },
    { type: "volume", source: "shared", path: "/data", subpath: "pg" },
  ]);
});

test("what is sent to make a container: nothing that was not asked for", () => {
  expect(requestOf({ image: "a", labels: { b: "c" } })).toEqual({ Image: "a", Labels: { b: "c" } });
  expect(requestOf({ name: "n", image: "a", labels: {} })).toEqual({ name: "n", Image: "a", Labels: {} });
  expect(
    requestOf({ image: "a", labels: {}, network: "none", volumes: [{ name: "v", path: "/data" }] }).HostConfig,
  ).toEqual({
    NetworkMode: "none",
    Mounts: [
      {
        Type: "volume",
        Source: "v",
        Target: "/data",
        ReadOnly: true,
        VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: "local", Options: {} } },
      },
    ],
  });
  expect(
    requestOf({
      image: "a",
      labels: {},
      entrypoint: ["sleep"],
      command: [],
      environment: ["A=b"],
      noHealthCheck: true,
      autoRemove: true,
      init: true,
      log: { driver: "none", options: {} },
      confinement: { CapDrop: ["ALL"] },
    }),
  ).toEqual({
    Image: "a",
    Labels: {},
    Entrypoint: ["sleep"],
    Cmd: [],
    Env: ["A=b"],
    Healthcheck: { Test: ["NONE"] },
    HostConfig: { CapDrop: ["ALL"], AutoRemove: true, Init: true, LogConfig: { Type: "none", Config: {} } },
  });
});

test("a registry is asked, and an image pulled, with the login docker login has kept for it", async () => {
  const kept = folder();
  kept.file("config.json", JSON.stringify({ auths: { "ghcr.io": { auth: Buffer.from("u:p").toString("base64") } } }));
  const asked: unknown[] = [];
  const docker = {
    pull: async (image: string, options: object) => asked.push([image, options]),
    modem: {
      followProgress: (_stream: unknown, done: () => void) => done(),
      dial: ({ path, authconfig }: { path: string; authconfig?: object }, done: () => void) => {
        asked.push([path, { authconfig }]);
        done();
      },
    },
  } as unknown as Docker;
  const engine = engineOver(docker, { DOCKER_CONFIG: kept.path });
  const login = { authconfig: { username: "u", password: "p", serveraddress: "ghcr.io" } };
  try {
    await engine.pull("ghcr.io/a:1");
    await engine.pull("quay.io/a:1");
    await engine.askRegistry("ghcr.io/a:1", new AbortController().signal);
    await engine.askRegistry("quay.io/a:1", new AbortController().signal);
  } finally {
    kept.remove();
  }
  expect(asked).toEqual([
    ["ghcr.io/a:1", login],
    ["quay.io/a:1", {}],
    ["/distribution/ghcr.io/a:1/json", login],
    ["/distribution/quay.io/a:1/json", { authconfig: undefined }],
  ]);
});
