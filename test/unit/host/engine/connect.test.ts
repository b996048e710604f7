import { createHash } from "node:crypto";
import { dockerOptions, engineHost } from "../../../../host/engine/connect";
import { answeringEngine } from "../../../../host/engine/connection/answering";
import { OperatorError } from "../../../../util/operatorError";
import { folder } from "../../lab/setup/folder";

test.each([
  ["unix:///run/other.sock", {}, { socketPath: "/run/other.sock", host: undefined }],
  ["tcp://10.0.0.1:2375", {}, { host: "10.0.0.1", port: "2375", protocol: "http", socketPath: undefined }],
  ["10.0.0.1:2375", {}, { host: "10.0.0.1", port: "2375", protocol: "http" }],
  ["tcp://10.0.0.1:2376", {}, { port: "2376", protocol: "https" }],
])("the host %s", (host, environment, options) => {
  expect(dockerOptions(host, environment)).toMatchObject(options);
});

const tls = { ca: "ca of it", cert: "cert of it", key: "key of it" };

/** Creates Docker's folder with a context that has certificates; others are in the folder itself. */
function dockerHome(host: string) {
  const place = folder();
  const id = createHash("sha256").update("far").digest("hex");
  place.file(`contexts/meta/${id}/meta.json`, JSON.stringify({ Name: "far", Endpoints: { docker: { Host: host } } }));
  for (const [name, text] of Object.entries(tls)) {
    place.file(`contexts/tls/${id}/docker/${name}.pem`, text);
    place.file(`${name}.pem`, `${text} in the folder`);
  }
  return place;
}

test("certificates: a context's for its own engine, the environment's for any other, none without TLS", () => {
  const host = "tcp://10.0.0.1:99";
  const place = dockerHome(host);
  try {
    const environment = { DOCKER_CONFIG: place.path, DOCKER_CONTEXT: "far" };
    expect(engineHost(environment)).toBe(host);
    expect(dockerOptions(host, environment)).toMatchObject({ protocol: "https", ...tls });
    const other = dockerOptions("tcp://10.0.0.2:99", environment);
    expect(other).toMatchObject({ protocol: "http", ca: undefined });
    const named = { DOCKER_CONFIG: "/none", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: place.path };
    expect(dockerOptions(host, named)).toMatchObject({ protocol: "https", ca: "ca of it in the folder" });
    const byDefault = { DOCKER_CONFIG: place.path, DOCKER_TLS_VERIFY: "1" };
    expect(dockerOptions(host, byDefault)).toMatchObject({ protocol: "https", key: "key of it in the folder" });
    expect(dockerOptions("unix:///a", named)).toMatchObject({ socketPath: "/a", key: undefined });
  } finally {
    place.remove();
  }
});

test("a certificate that is not there is named", () => {
  const environment = { DOCKER_CONFIG: "/none", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/nowhere" };
  expect(() => dockerOptions("tcp://far:1", environment)).toThrow("/nowhere/ca.pem cannot be read (ENOENT)");
});

test("a context that does not exist is refused, unless DOCKER_HOST goes before it", () => {
  const environment = { DOCKER_CONFIG: "/none", DOCKER_CONTEXT: "gone" };
  expect(() => engineHost(environment)).toThrow(/context gone[^]*type: docker context use default/);
  expect(engineHost({ ...environment, DOCKER_HOST: "tcp://a:1" })).toBe("tcp://a:1");
  expect(dockerOptions("tcp://a:1", environment)).toMatchObject({ protocol: "http" });
});

test("a file of Docker's that somebody has spoiled is named", () => {
  const place = dockerHome("tcp://far:1");
  try {
    place.file("config.json", '{"currentContext": "far"');
    expect(() => engineHost({ DOCKER_CONFIG: place.path })).toThrow(`${place.path}/config.json is not valid JSON`);
    const id = createHash("sha256").update("far").digest("hex");
    place.file(`contexts/meta/${id}/meta.json`, "[]");
    expect(() => engineHost({ DOCKER_CONFIG: place.path, DOCKER_CONTEXT: "far" })).toThrow(
      `${place.path}/contexts/meta/${id}/meta.json holds no JSON object`,
    );
  } finally {
    place.remove();
  }
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
