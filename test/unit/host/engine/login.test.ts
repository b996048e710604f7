import { keptLogin, loginFor, registryOf } from "../../../../host/engine/login";
import { pulumiProvider } from "../../../../host/engine/connection/pulumiProvider";
import { folder } from "../../lab/setup/folder";

const encoded = (text: string): string => Buffer.from(text).toString("base64");

test.each([
  ["postgres:16", "docker.io"],
  ["scani/api:1", "docker.io"],
  ["ghcr.io/scani/api:1", "ghcr.io"],
  ["localhost/api", "localhost"],
  ["10.0.0.1:5000/a/b@sha256:0", "10.0.0.1:5000"],
])("%s comes from %s", (image, registry) => expect(registryOf(image)).toBe(registry));

const hub = "https://index.docker.io/v1/";

test.each([
  ["none", {}, "ghcr.io", undefined],
  [
    "one, with a colon in its password",
    { auths: { "ghcr.io": { auth: encoded("u:p:q") } } },
    "ghcr.io",
    { login: { username: "u", password: "p:q", serveraddress: "ghcr.io" } },
  ],
  [
    "one kept by address",
    { auths: { "https://r.example/v2/": { auth: encoded("u:p") } } },
    "r.example",
    { login: { username: "u", password: "p", serveraddress: "r.example" } },
  ],
  [
    "Docker's own",
    { auths: { [hub]: { auth: encoded("u:p") } } },
    "docker.io",
    { login: { username: "u", password: "p", serveraddress: hub } },
  ],
  [
    "a token",
    { auths: { "ghcr.io": { identitytoken: "t" } } },
    "ghcr.io",
    { login: { identitytoken: "t", serveraddress: "ghcr.io" } },
  ],
  ["an empty one", { auths: { "ghcr.io": {} } }, "ghcr.io", undefined],
  ["a helper's", { credsStore: "pass", auths: { "ghcr.io": {} } }, "ghcr.io", { helper: "pass", address: "ghcr.io" }],
  [
    "the registry's own helper's",
    { credsStore: "pass", credHelpers: { "gcr.io": "gcloud" } },
    "gcr.io",
    { helper: "gcloud", address: "gcr.io" },
  ],
  ["another registry's", { auths: { "ghcr.io": { auth: encoded("u:p") } } }, "quay.io", undefined],
])("the login that is kept: %s", (_what, config, registry, kept) => {
  expect(keptLogin(config, registry)).toEqual(kept);
});

/** Creates a folder with Docker's config.json, and a credential helper named `here` that runs a script. */
function home(config: object, script?: string) {
  const place = folder();
  place.file("config.json", JSON.stringify(config));
  if (script !== undefined) place.program("docker-credential-here", script);
  const environment = { DOCKER_CONFIG: place.path, PATH: `${place.path}:/usr/bin:/bin` };
  return { ...place, environment };
}

test.each([
  [
    `read address; echo '{"Username":"u","Secret":"'"$address"'"}'`,
    { username: "u", password: "ghcr.io", serveraddress: "ghcr.io" },
  ],
  [`echo '{"Username":"<token>","Secret":"t"}'`, { identitytoken: "t", serveraddress: "ghcr.io" }],
  ["echo credentials not found in native keychain; exit 1", undefined],
])("a helper is asked: %s", async (script, login) => {
  const place = home({ credsStore: "here" }, script);
  try {
    expect(await loginFor("ghcr.io/a:1", place.environment)).toEqual(login);
  } finally {
    place.remove();
  }
});

test.each([
  ["here", "echo geheim; exit 1", "it ended with 1"],
  ["here", "echo geheim", "its answer cannot be read"],
  ["nowhere", "", "ENOENT"],
])("the helper %s that does not work is named, and shows nothing: %s", async (name, script, why) => {
  const place = home({ credsStore: name }, script);
  try {
    const asked = loginFor("ghcr.io/a:1", place.environment);
    await expect(asked).rejects.toThrow(/type: docker login ghcr\.io/);
    await expect(asked).rejects.toThrow(why);
    await expect(asked).rejects.not.toThrow("geheim");
  } finally {
    place.remove();
  }
});

test("Pulumi's provider is told which registries have a login, and no login", async () => {
  const place = home({ auths: { "ghcr.io": { auth: encoded("u:p") }, [hub]: { auth: encoded("u:p") } } });
  try {
    const told = pulumiProvider(undefined, ["ghcr.io/a:1", "ghcr.io/b:1", "c:1", "quay.io/d:1"], place.environment);
    expect(await told.registryAuth).toEqual([{ address: "registry-1.docker.io" }, { address: "ghcr.io" }]);
    expect(await pulumiProvider(undefined, ["quay.io/d:1"], place.environment).registryAuth).toBeUndefined();
  } finally {
    place.remove();
  }
});

test("Pulumi's provider is on the same engine", () => {
  expect(pulumiProvider("ssh://far", [], { DOCKER_CONFIG: "/none" })).toMatchObject({
    host: "ssh://far",
    sshOpts: ["-o", "BatchMode=yes"],
  });
  expect(
    pulumiProvider("tcp://far:1", [], {
      DOCKER_CONFIG: "/none",
      DOCKER_CERT_PATH: "/certificates",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CONTEXT: "other",
    }),
  ).toMatchObject({ host: "tcp://far:1", certPath: "/certificates", context: "" });
  expect(pulumiProvider("unix:///a", [], { DOCKER_CONFIG: "/none", DOCKER_CERT_PATH: "/c" })).not.toHaveProperty(
    "certPath",
  );
});
