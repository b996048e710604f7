import type Docker from "dockerode";
import { containerRequest } from "../../../../lab/plugins/docker/containerRequest";
import { containerState } from "../../../../lab/plugins/docker/containerState";
import type { Values } from "../../../../lab/plugins/protocol/values";
import { without } from "./without";

const inputs: Values = {
  name: "c",
  image: "a:1",
  command: ["run"],
  envs: ["A=1"],
  labels: [{ label: "l", value: "1" }],
  networksAdvanced: [{ name: "n", aliases: ["q"] }],
  healthcheck: {
    tests: ["CMD-SHELL", "true"],
    interval: "1m0s",
    timeout: "5s",
    startPeriod: "1s",
    startInterval: "0s",
    retries: 3,
  },
  memory: 64,
  memorySwap: 64,
  capabilities: { adds: ["CAP_KILL"], drops: ["ALL"] },
  securityOpts: ["no-new-privileges:true"],
  readOnly: true,
  tmpfs: { "/tmp": "rw" },
  logDriver: "json-file",
  logOpts: { "max-size": "10m" },
  volumes: [{ volumeName: "v", containerPath: "/data" }],
  ports: [{ internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" }],
  init: true,
  restart: "no",
  start: true,
  mustRun: true,
  stopTimeout: 3,
  destroyGraceSeconds: 3,
  removeVolumes: false,
  __defaults: ["name"],
};

/** Returns Docker's inspection of the container made with these inputs. */
function inspected(
  running: boolean,
  change: { HostConfig?: object; Config?: object } = {},
): Docker.ContainerInspectInfo {
  const { HostConfig, name, ...Config } = containerRequest(inputs);
  return {
    Name: `/${name}`,
    Image: "sha256:0123",
    State: { Running: running },
    Config: { ...Config, Entrypoint: ["entry"], ...change.Config },
    HostConfig: { ...HostConfig, ...change.HostConfig },
    // Docker forgets the ports of a container that does not run.
    NetworkSettings: {
      Ports: running ? { "80/tcp": [{ HostPort: "8080", HostIp: "127.0.0.1" }], "443/tcp": null } : {},
    },
  } as unknown as Docker.ContainerInspectInfo;
}

test("a container that runs is read back as it was declared", () => {
  expect(containerState(inspected(true), inputs)).toEqual({ ...without(inputs, "__defaults"), entrypoints: ["entry"] });
});

test("a container that must run and does not shows a difference and has no ports", () => {
  expect(containerState(inspected(false), inputs)).toMatchObject({ mustRun: false, ports: [], start: true });
});

test("a container that need not run shows no difference", () => {
  expect(containerState(inspected(false), { ...inputs, mustRun: false })).toMatchObject({
    mustRun: false,
    ports: inputs.ports,
  });
});

test("limits and policies are read back from Docker", () => {
  const state = containerState(
    inspected(true, {
      HostConfig: { Memory: 128 * 1024 * 1024, MemorySwap: -1, RestartPolicy: { Name: "always" }, Init: null },
    }),
    inputs,
  );
  expect(state).toMatchObject({ memory: 128, memorySwap: -1, restart: "always", init: false });
});

test("an image given by its id is compared by its id", () => {
  expect(containerState(inspected(true), { ...inputs, image: "sha256:4567" }).image).toBe("sha256:0123");
  expect(containerState(inspected(true), inputs).image).toBe("a:1");
});

test("what the program left out and Docker filled in is known, except log options", () => {
  const docker = inspected(true, { Config: { Cmd: ["from the image"], Healthcheck: undefined } });
  const state = containerState(docker, without(inputs, "logOpts", "command", "healthcheck"));
  expect(state.command).toEqual(["from the image"]);
  expect(state).not.toHaveProperty("logOpts");
  expect(state).not.toHaveProperty("healthcheck");
});

test("the request holds everything declared, in Docker's units", () => {
  expect(containerRequest(inputs)).toEqual({
    name: "c",
    Image: "a:1",
    Cmd: ["run"],
    Env: ["A=1"],
    Labels: { l: "1" },
    StopTimeout: 3,
    Volumes: { "/data": {} },
    ExposedPorts: { "80/tcp": {} },
    Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 60e9, Timeout: 5e9, StartPeriod: 1e9, Retries: 3 },
    HostConfig: {
      NetworkMode: "bridge",
      Binds: ["v:/data:rw"],
      PortBindings: { "80/tcp": [{ HostPort: "8080", HostIp: "127.0.0.1" }] },
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      ReadonlyRootfs: true,
      Init: true,
      LogConfig: { Type: "json-file", Config: { "max-size": "10m" } },
      SecurityOpt: ["no-new-privileges:true"],
      Tmpfs: { "/tmp": "rw" },
      CapAdd: ["CAP_KILL"],
      CapDrop: ["ALL"],
      Memory: 67108864,
      MemorySwap: 67108864,
    },
  });
});
