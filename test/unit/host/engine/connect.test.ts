import { dockerOptions, engineHost } from "../../../../host/engine/connect";
import { answeringEngine } from "../../../../host/engine/answering";
import { OperatorError } from "../../../../util/operatorError";
import { folder } from "../../lab/setup/folder";

test.each([
  ["unix:///run/other.sock", {}, { socketPath: "/run/other.sock", host: undefined }],
  ["tcp://10.0.0.1:2375", {}, { host: "10.0.0.1", port: "2375", protocol: "http", socketPath: undefined }],
  ["10.0.0.1:2375", {}, { host: "10.0.0.1", port: "2375", protocol: "http" }],
  ["tcp://10.0.0.1:2376", {}, { port: "2376", protocol: "https" }],
  ["tcp://10.0.0.1:99", { DOCKER_TLS_VERIFY: "1" }, { port: "99", protocol: "https" }],
  [
    "ssh://root@far",
    { SSH_AUTH_SOCK: "/run/agent" },
    { host: "far", username: "root", protocol: "ssh", sshOptions: { agent: "/run/agent" } },
  ],
])("the host %s", (host, environment, options) => {
  expect(dockerOptions(host, environment)).toMatchObject(options);
});

test("a host that is none is refused by name", () => {
  expect(() => dockerOptions("tcp://:x", {})).toThrow("tcp://:x");
});

test("the environment that is given decides, not this process's own", () => {
  expect(engineHost({ DOCKER_HOST: "tcp://10.0.0.1:1" })).toBe("tcp://10.0.0.1:1");
});

test("an engine that does not answer is an operator's error, and nothing is left in this process's environment", async () => {
  const place = folder();
  const before = { ...process.env };
  try {
    const asked = answeringEngine(undefined, { DOCKER_HOST: `unix://${place.path}/none.sock` });
    await expect(asked).rejects.toThrow(OperatorError);
    await expect(asked).rejects.toThrow(/does not answer \(ENOENT\).*\n.*dockerHost, DOCKER_HOST/);
    expect(process.env).toEqual(before);
  } finally {
    place.remove();
  }
});
