import { violations } from "./policy";

const good = {
  image: "scani/api:0.17.1",
  securityOpts: ["no-new-privileges:true"],
  capabilities: { drops: ["ALL"], adds: ["CAP_SETUID"] },
  readOnly: true,
  memory: 256,
  memorySwap: 256,
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
  destroyGraceSeconds: 30,
  volumes: [{ volumeName: "scani-data", containerPath: "/data" }],
};

const judged = (change: Record<string, unknown>, name = "api") => violations({ name, inputs: { ...good, ...change } });

test("a container that keeps the policy", () => {
  expect(judged({})).toEqual([]);
  expect(judged({ ports: [{ internal: 80, external: 8080, ip: "0.0.0.0" }] }, "gateway")).toEqual([]);
  expect(judged({ ports: [{ internal: 8025, external: 8026, ip: "127.0.0.1" }] }, "mail")).toEqual([]);
  expect(judged({ image: `registry.example:5000/postgres@sha256:${"a".repeat(64)}` })).toEqual([]);
});

test.each<[string, Record<string, unknown>, string?]>([
  ["is privileged", { privileged: true }],
  ["may gain privileges", { securityOpts: undefined }],
  ["may gain privileges", { securityOpts: ["no-new-privileges:false"] }],
  ["keeps the default capabilities", { capabilities: undefined }],
  ["keeps the default capabilities", { capabilities: { drops: ["CAP_NET_RAW"] } }],
  ["is given CAP_SYS_ADMIN", { capabilities: { drops: ["ALL"], adds: ["CAP_SYS_ADMIN"] } }],
  ["can write to its root file system", { readOnly: false }],
  ["runs an image without a version: postgres", { image: "postgres" }],
  ["runs an image without a version: postgres:latest", { image: "postgres:latest" }],
  ["runs an image without a version: postgres:alpine", { image: "postgres:alpine" }],
  ["runs an image without a version: registry.example:5000/postgres", { image: "registry.example:5000/postgres" }],
  ["has no memory limit", { memory: undefined }],
  ["has no memory limit", { memorySwap: -1 }],
  ["does not rotate its log", { logOpts: { "max-size": "10m" } }],
  ["does not rotate its log", { logDriver: undefined }],
  ["is killed without time to stop", { destroyGraceSeconds: undefined }],
  ["publishes a data port: 5432", { ports: [{ internal: 5432, ip: "127.0.0.1" }] }, "postgres"],
  ["publishes a data port: 9000", { ports: [{ internal: 9000, ip: "127.0.0.1" }] }, "gateway"],
  ["publishes a port: 3001", { ports: [{ internal: 3001, ip: "127.0.0.1" }] }],
  ["publishes 8025 beyond loopback", { ports: [{ internal: 8025, ip: "0.0.0.0" }] }, "mail"],
  ["publishes 8025 beyond loopback", { ports: [{ internal: 8025 }] }, "mail"],
  ["is given a folder of the host: /etc", { volumes: [{ hostPath: "/etc", containerPath: "/x" }] }],
  ["declares networkMode", { networkMode: "host" }],
  ["declares mounts", { mounts: [{ type: "bind", source: "/", target: "/host" }] }],
  ["declares devices", { devices: [{ hostPath: "/dev/mem" }] }],
  ["is given the engine's socket", { command: ["--socket", "/var/run/docker.sock"] }],
])("%s", (violation, ...[change, name]) => {
  expect(judged(change, name)).toEqual([violation]);
});

test("every violation is told, not the first alone", () => {
  expect(
    violations({
      name: "x",
      inputs: { privileged: true, image: "x", volumes: [{ hostPath: "/var/run/docker.sock" }] },
    }),
  ).toHaveLength(10);
});
