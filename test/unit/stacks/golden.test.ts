import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import * as runtimeSettings from "@pulumi/pulumi/runtime/settings";
import type { ContainerSummary } from "../../../host/engine/engine";
import { label } from "../../../host/install/names/labels";
import { resolveSettings, type Settings } from "../../../settings";
import type { Namesakes } from "../../../host/install/drift/unknown";
import type { MissingImage } from "../../../host/preflight/images";
import type { Presence } from "../../../host/install/presence";
import type { Facts, ReleaseContainer } from "../../../host/install/facts";
import type { Host } from "../../../stacks/host";
import type { BaseNow } from "../../../host/guards/base/baseNow";
import type { ContainerInUse } from "../../../host/guards/inUse";
import { factsOf, release, routedTo } from "../host/handover/model";
import { violations } from "./policy";

/** One declared resource, as registered with the engine. */
interface Declared {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** Function that resolves once every resource has been registered; the SDK's types omit it. */
const { waitForRPCs } = runtimeSettings as unknown as { waitForRPCs(): Promise<void> };

let declared: Declared[] = [];

// The declared resources must not depend on the engine that this machine's environment names.
beforeAll(() => {
  delete process.env.DOCKER_HOST;
  process.env.DOCKER_CONFIG = "/nonexistent";
});

const sockets = {
  install: "scani",
  gateway: "scani-gateway",
  address: "http://localhost:8080",
  networks: { edge: "scani-edge", data: "scani-data", mail: "scani-mail" },
  services: [
    { service: "postgres", container: "scani-postgres", volume: "scani-postgres-data" },
    { service: "storage", container: "scani-storage", volume: "scani-storage-data" },
  ],
  stack: "base",
  uploads: "http://localhost:8080",
  backups: {
    directory: "backups",
    maxAge: 24,
    kept: 7,
    postgres: "scani-postgres",
    image: "postgres:16-alpine",
    network: "scani-edge",
  },
};

const platform = {
  DATABASE_URL: "postgres://scani:DBPASSWORD@postgres:5432/scani?sslmode=disable",
  REDIS_URL: "redis://:REDISPASSWORD@redis:6379",
  S3_ENDPOINT: "http://storage:9000",
  S3_PUBLIC_ENDPOINT: "http://localhost:8080",
  S3_ACCESS_KEY_ID: "ACCESSKEY",
  S3_SECRET_ACCESS_KEY: "SECRETKEY",
  S3_BUCKET: "job-uploads",
  S3_REGION: "auto",
  SMTP_URL: "smtp://mailpit:1025",
  SMTP_FROM: "no-reply@scani.local",
  FRONTEND_URL: "http://localhost:8080",
  BACKEND_URL: "http://localhost:8080",
  ENCRYPTION_KEY: "ENCRYPTIONKEY",
  BETTER_AUTH_SECRET: "AUTHSECRET",
  JOBS_HMAC_SECRET: "JOBSSECRET",
  LOG_ID_PEPPER: "LOGPEPPER",
  DATA_PROVIDER_API_KEY: "LOCALPROVIDERKEY",
};

/** Replaces creation timestamps and digests in inputs, which differ between runs. */
function timeless({ contents, ...inputs }: Record<string, unknown>): Record<string, unknown> {
  if (contents !== undefined) return { ...inputs, contents: Object.keys(contents as object) };
  const labels = (inputs.labels as { label: string; value: string }[] | undefined)?.map(({ label: name, value }) => ({
    label: name,
    value: name === label.made ? "(when)" : name === label.contents ? "(digest)" : value,
  }));
  return labels === undefined ? inputs : { ...inputs, labels };
}

void pulumi.runtime.setMocks(
  {
    newResource({ type, name, inputs, id }) {
      if (type === "pulumi:pulumi:StackReference")
        return { id: name, state: { ...inputs, outputs: { platform, sockets }, secretOutputNames: ["platform"] } };
      declared.push({ type, name, inputs: timeless(inputs) });
      return { id: id ?? `${name}-id`, state: { name, ...inputs, hex: `hex-of-${name}` } };
    },
    // Returns another stack's outputs, and the content of this stack's state.
    call: ({ token }) => {
      if (token === "pulumi:pulumi:readStackOutputs") return { outputs: { sockets: remembered } };
      const held = { "urn:stack": { type: "pulumi:pulumi:Stack", outputs: { sockets: remembered } } };
      return { outputs: remembered === undefined ? {} : { ...held, ...idsInState() } };
    },
  },
  "scani",
  "tier2",
  false,
  "organization",
);

/** Registration of each resource besides its inputs: its parent, its dependencies and its options. */
let registered: Record<string, unknown>[] = [];

/** Returns the end of a URN, without the stack and the project. */
const typeAndName = (urn: string): string => urn.split("::").slice(2).join(" ");

const monitor = pulumi.runtime.getMonitor() as unknown as {
  registerResource(request: RegisterResourceRequest, callback: unknown): unknown;
};
const register = monitor.registerResource.bind(monitor);
monitor.registerResource = (request, callback) => {
  const options = {
    parent: typeAndName(request.getParent()),
    dependsOn: request.getDependenciesList().map(typeAndName).sort(),
    provider: request.getProvider().split("::")[3],
    protect: request.getProtect(),
    retainOnDelete: request.getRetainondelete(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    aliases: request.getAliasesList().length,
  };
  const isGiven = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  registered.push({
    resource: `${request.getType()} ${request.getName()}`,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => isGiven(value))),
  });
  return register(request, callback);
};

// Load after setMocks, as Pulumi requires.
/* eslint-disable @typescript-eslint/no-require-imports */
const { baseStack } = require("../../../stacks/base") as typeof import("../../../stacks/base.js");
const { tierStack } = require("../../../stacks/tier") as typeof import("../../../stacks/tier.js");
/* eslint-enable @typescript-eslint/no-require-imports */

/** Returns the resources in the state: one for each id on the engine, except those of orphans. */
function idsInState(): Record<string, object> {
  const networks = Object.values(sockets.networks);
  const made = releases.containers.map(({ id }) => id).filter((id) => !orphans.some((one) => one.id === id));
  return Object.fromEntries(
    [...there, ...made, ...networks].map((id) => [`urn:${id}`, { type: "docker", outputs: { id } }]),
  );
}

let missing: MissingImage[] = [];
let namesakes: Namesakes = { containers: [], networks: [] };
let unbrought: MissingImage[] = [];
/** Port on which a program of the host listens. */
let heldPort: number | undefined;
/** Images that have been pulled. */
const brought: string[] = [];
/** Facts of the install that differ from an empty host's. */
let facts: Partial<Facts> = {};
/** Ids of images on the engine. */
let imageIds: Record<string, string> = {};
/** Containers and networks of releases on the engine. */
let releases: Pick<Presence, "containers" | "networks"> = { containers: [], networks: [] };
/** Containers of releases that are not in the state. */
let orphans: ReleaseContainer[] = [];
/** Containers of releases in use. */
let inUse: ContainerInUse[] = [];
const noBase: BaseNow = { services: {}, releases: [], images: {} };
let baseNow = noBase;
let projects: { name: string; folder: string }[] = [];
/** Version of Postgres that made the data in the install's volume; undefined without data. */
let volumeMajor: string | undefined;
/** Names of the install's objects on the engine. */
let there: string[] = sockets.services.map(({ container: name }) => name);
/** Outputs the last `up` of base left. */
let remembered: object | undefined = sockets;

const host: Host = {
  projectFolder: "rootDirectory",
  dockerProvider: () => ({}),
  lock: async () => undefined,
  composeProjects: async () => projects,
  presence: async () => ({
    engine: { id: "ENGINE", address: "unix:///var/run/docker.sock" },
    containers: [...there.map((name) => ({ id: name, name, labels: {} }) as ContainerSummary), ...releases.containers],
    networks: [
      ...Object.values(sockets.networks).map((name) => ({ id: name, name, labels: {} })),
      ...releases.networks,
    ],
    allNetworks: ["home_proxy", "home_default", "proxy"].map((name) => ({ id: name, name })),
    volumes: [],
  }),
  facts: async () => ({ ...factsOf([], {}), ...facts }),
  takenPorts: async (_install, ports) => ports.filter(({ port }) => port === heldPort),
  strangers: async () => [],
  subnet: async () => ({ own: { first: 0x0ad50700, prefix: 24 } }),
  missingVolumes: async () => [],
  volumesOf: async () => undefined,
  baseNow: async () => baseNow,
  inUse: async () => inUse,
  makeVolumes: async () => undefined,
  routed: async () => ({ routes: {}, containers: orphans }),
  namesakes: async () => namesakes,
  removeContainers: async () => undefined,
  removeUnneeded: async (containers) => containers.map(({ name }) => ({ what: `${name} cannot be removed` })),
  removeNetworks: async () => undefined,
  evidence: async () => ({ strangers: [], volumeMajor }),
  missing: async () => missing,
  bring: async (images) => {
    brought.push(...images);
    return unbrought;
  },
  imageIds: async () => imageIds,
  fingerprints: async (_before, _role, { encryptionKey, databasePassword }) =>
    `(made with ${encryptionKey} and ${databasePassword})`,
  previewBase: async () => [],
  previewSwitch: async () => "",
};

function settingsOf(config: Record<string, string>, environment: Record<string, string> = {}): Settings {
  return resolveSettings({ config: (name) => config[name], environment, dotenv: {} }, "s");
}

const issued = { SCANI_CLOUD_URL: "https://data.example.org", SCANI_CLOUD_API_KEY: "ISSUEDKEY-0123456789" };

/** Declares a stack. @returns its resources in a stable order */
async function declare(config: Record<string, string>, environment: Record<string, string> = {}): Promise<Declared[]> {
  declared = [];
  const settings = settingsOf(config, environment);
  // An adoption begins with a base that has no Postgres of its own.
  if (remembered === sockets && ("postgresVolume" in config || "borrowedPostgres" in config))
    remembered = { ...sockets, services: sockets.services.slice(1) };
  await (settings.tier === "base" ? baseStack(settings, host) : tierStack(settings, host));
  await waitForRPCs();
  if (remembered !== undefined) remembered = sockets;
  return declared.sort((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`));
}

const of = (resources: Declared[], type: string) => resources.filter((resource) => resource.type === type);
const container = "docker:index/container:Container";

test.each([
  ["base", { tier: "base" }],
  [
    "base with everything external",
    {
      tier: "base",
      DATABASE_URL: "postgres://u:p@db.example.org/scani?sslmode=verify-full",
      REDIS_URL: "rediss://:p@redis.example.org",
      S3_ENDPOINT: "https://s3.example.org",
      S3_ACCESS_KEY_ID: "AKEXAMPLE",
      S3_SECRET_ACCESS_KEY: "SKEXAMPLE-0123",
      SMTP_URL: "smtps://u:p@mail.example.org:465",
    },
  ],
  ["tier1", { tier: "tier1" }],
  ["tier2", { tier: "tier2", ...issued }],
])("golden resources of %s", async (_name, config) => {
  expect(await declare(config as Record<string, string>)).toMatchSnapshot();
});

test.each([
  ["base", { tier: "base" }],
  [
    "base on a compose install's Postgres",
    { tier: "base", postgresVolume: "home_pg", postgresFolder: "scani-data", frontNetworks: "home_proxy" },
  ],
  ["base that borrows a compose install's Postgres", { tier: "base", borrowedPostgres: "home-postgres-1" }],
  ["tier1", { tier: "tier1" }],
])("golden order of %s: parents, what each resource waits for, and options", async (_name, config) => {
  registered = [];
  await declare(config);
  expect(registered.sort((a, b) => String(a.resource).localeCompare(String(b.resource)))).toMatchSnapshot();
});

test("external services are not declared", async () => {
  const names = of(
    await declare({
      tier: "base",
      DATABASE_URL: "postgres://u:p@db.example.org/scani?sslmode=verify-full",
      REDIS_URL: "rediss://:p@redis.example.org",
      S3_ENDPOINT: "https://s3.example.org",
      S3_ACCESS_KEY_ID: "AKEXAMPLE",
      S3_SECRET_ACCESS_KEY: "SKEXAMPLE-0123",
      FASTMAIL_API_TOKEN: "fmu1-abcdefgh",
    }),
    container,
  ).map(({ name }) => name);
  expect(names).toEqual(["gateway"]);
});

test("a mail catcher that a release sends to stays as it runs, and the next release has the mail server", async () => {
  const catcher = { container: "scani-mail", image: "axllent/mailpit:v1", environment: [], published: [] };
  baseNow = {
    services: { mail: { ...catcher, limits: { memory: 128, restartPolicy: "unless-stopped" } } },
    releases: [{ tier: "tier1", environment: ["SMTP_URL=smtp://mailpit:1025"] }],
    images: {},
  };
  const config = { tier: "base", SMTP_URL: "smtp://mail.example.org" };
  const resources = await declare(config);
  expect(of(resources, container).find(({ name }) => name === "mail")?.inputs).toMatchObject({ image: catcher.image });
  expect(of(resources, "docker:index/network:Network").map(({ name }) => name)).toEqual(["data", "edge", "mail"]);
  baseNow = noBase;
  expect(of(await declare(config), container).map(({ name }) => name)).not.toContain("mail");
});

test("tier 2 declares no data-provider and names no local key", async () => {
  const resources = await declare({ tier: "tier2", ...issued });
  expect(of(resources, container).map(({ name }) => name)).toEqual([
    "scani-tier2-api",
    "scani-tier2-frontend-app",
    "scani-tier2-migrate",
    "scani-tier2-worker",
  ]);
  expect(JSON.stringify(resources)).not.toContain("LOCALPROVIDERKEY");
});

/** Rules for every container of every stack. */
describe("policy", () => {
  let containers: Declared[];
  beforeAll(async () => {
    containers = [];
    for (const config of [{ tier: "base" }, { tier: "tier1" }, { tier: "tier2", ...issued }]) {
      containers.push(...of(await declare(config), container));
    }
  });

  test("every container of both tiers keeps it", () => {
    expect(containers).toHaveLength(14);
    expect(containers.flatMap((one) => violations(one).map((violation) => `${one.name} ${violation}`))).toEqual([]);
  });

  test("only the gateway publishes a port to the network; the mail page is on loopback", () => {
    const published = containers.flatMap(({ name, inputs }) =>
      ((inputs.ports ?? []) as { ip: string }[]).map(({ ip }) => `${name} ${ip}`),
    );
    expect(published).toEqual(["gateway 0.0.0.0", "mail 127.0.0.1"]);
  });

  test("data services are on the data network alone; the gateway reaches storage, to which browsers upload", () => {
    for (const [name, expected] of [
      ["postgres", ["scani-data"]],
      ["redis", ["scani-data"]],
      ["storage", ["scani-data", "scani-edge"]],
    ] as const) {
      const networks = containers.find((declaredOne) => declaredOne.name === name)?.inputs.networksAdvanced as {
        name: string;
      }[];
      expect(networks.map(({ name: network }) => network)).toEqual(expected);
    }
  });

  test("the data network has no way out", async () => {
    const networks = of(await declare({ tier: "base" }), "docker:index/network:Network");
    expect(networks.map(({ name, inputs }) => `${name} ${inputs.internal}`)).toEqual([
      "data true",
      "edge false",
      "mail false",
    ]);
  });
});

test.each([
  [
    { tier: "tier1" },
    "scani/api:0.17.1",
    /^These images are not on the engine and cannot be pulled\. Nothing has been touched\.\n {2}scani\/api:0\.17\.1: no such host\n.*\n {2}type: npm run pulumi -- config set --stack tier2 SCANI_IMAGE_TAG \S+$/,
  ],
  [
    { tier: "base" },
    "redis:7-alpine",
    /\n {2}redis:7-alpine: no such host\n.*\n {2}type: npm run pulumi -- config set --stack tier2 redisImage redis:7-alpine$/,
  ],
])("an image that cannot be had stops %j before a container is declared", async (config, image, message) => {
  missing = [{ image, why: "no such host" }];
  try {
    await expect(declare(config)).rejects.toThrow(message);
    expect(of(declared, container)).toEqual([]);
  } finally {
    missing = [];
  }
});

test("an image of base's that cannot be brought, although its registry knew it, stops it before a container is declared", async () => {
  unbrought = [{ image: "redis:7-alpine", why: "no space left on device" }];
  try {
    await expect(declare({ tier: "base" })).rejects.toThrow(/redis:7-alpine: no space left on device/);
    expect(of(declared, container)).toEqual([]);
  } finally {
    unbrought = [];
  }
});

test("a port that something else has stops base before anything is declared, unless the gateway gets it later", async () => {
  heldPort = 8080;
  try {
    await expect(declare({ tier: "base" })).rejects.toThrow(
      /^Stack tier2 does not fit what is on this engine\. Nothing has been touched\.\n {2}FRONTEND_PORT is 8080, and another program/,
    );
    expect(of(declared, container)).toEqual([]);
    const later = [
      ["publishGateway", "false"],
      ["portHolder", "home_frontend-app_1"],
    ] as const;
    for (const [name, value] of later)
      expect(of(await declare({ tier: "base", [name]: value }), container)).toHaveLength(5);
  } finally {
    heldPort = undefined;
  }
});

test("a name of base's that somebody else has stops it before anything is declared", async () => {
  namesakes = {
    containers: [{ id: "x", name: "scani-redis", labels: {} } as unknown as ContainerSummary],
    networks: [],
  };
  try {
    await expect(declare({ tier: "base" })).rejects.toThrow(
      /^Stack tier2 does not fit what is on this engine\. Nothing has been touched\.\n {2}A container that is none of this module's is called scani-redis,[^]*type: docker rename scani-redis scani-redis-other/,
    );
    expect(declared).toEqual([]);
    const outside = await declare({ tier: "base", REDIS_URL: "rediss://:p@redis.example.org" });
    expect(of(outside, container)).not.toEqual([]);
  } finally {
    namesakes = { containers: [], networks: [] };
  }
});

describe("images of a tier", () => {
  const lost = "scani/api:0.17.1";
  const others = ["migrate", "data-provider", "worker", "frontend-app"].map((service) => `scani/${service}:0.17.1`);
  const idOf = (image: string) => `sha256:${image}`;

  beforeEach(() => {
    brought.length = 0;
    imageIds = Object.fromEntries(others.map((image) => [image, idOf(image)]));
  });
  afterEach(() => {
    [missing, unbrought, imageIds, releases] = [[], [], {}, { containers: [], networks: [] }];
  });

  test("one that lost its name is brought before a container is declared", async () => {
    await declare({ tier: "tier1" });
    expect(brought).toEqual([lost]);
  });

  test("one that cannot be brought stops it before a container is declared", async () => {
    unbrought = [{ image: lost, why: "no such host" }];
    await expect(declare({ tier: "tier1" })).rejects.toThrow(
      /cannot be pulled\. Nothing has been touched\.\n {2}scani\/api/,
    );
    expect(of(declared, container)).toEqual([]);
  });

  test("what is made already needs none", async () => {
    const [network] = of(await declare({ tier: "tier1" }), "docker:index/network:Network");
    const release = (network?.inputs.labels as { label: string; value: string }[]).find(
      ({ label: name }) => name === label.release,
    )?.value as string;
    const labels = { [label.install]: "scani", [label.release]: release, [label.tier]: "tier1", [label.made]: "when" };
    releases = {
      networks: [{ id: "n", name: "scani-tier1-net", labels }],
      containers: [lost, ...others].map((image) => {
        const service = image.slice("scani/".length, -":0.17.1".length);
        const networks = Object.fromEntries(
          ["scani-tier1-net", "scani-edge", "scani-data", "scani-mail"].map((n) => [n, {}]),
        );
        const own = { ...labels, [label.service]: service };
        return {
          id: service,
          name: service,
          labels: own,
          image,
          imageId: idOf(image),
          networks,
        } as unknown as ContainerSummary;
      }),
    };
    brought.length = 0;
    missing = [{ image: lost, why: "no such host" }];
    await declare({ tier: "tier1" });
    expect(brought).toEqual([]);
  });
});

test("a container of a killed run that the engine does not remove is said, and the release is declared", async () => {
  const warned: string[] = [];
  jest.spyOn(pulumi.log, "warn").mockImplementation(async (message) => void warned.push(message));
  const orphan = { id: "o", name: "scani-tier1-api-0a1b2c3", service: "api", tier: "tier1", release: "old" } as const;
  orphans = [{ ...orphan, state: "dead", title: "tier1 api" }];
  const labels = { [label.tier]: "tier1", [label.service]: "api", [label.release]: "old" };
  releases = { networks: [], containers: [{ ...orphan, labels, networks: {} } as unknown as ContainerSummary] };
  try {
    expect(of(await declare({ tier: "tier1" }), container)).not.toEqual([]);
    expect(warned.at(-1)).toBe("scani-tier1-api-0a1b2c3 cannot be removed");
  } finally {
    jest.restoreAllMocks();
    [orphans, releases] = [[], { networks: [], containers: [] }];
  }
});

test("a tier is refused while somebody else's service of the gateway has a path of Scani's", async () => {
  facts = { services: [{ name: "mine", host: "*", path: "/", target: "x:80", state: "running" }] };
  try {
    await expect(declare({ tier: "tier1" })).rejects.toThrow(
      /^Stack tier2 does not fit what is on this engine\. Nothing has been touched\.\n {2}At the gateway mine, which is not Scani's, has \/: [^]*\n {4}type: docker exec scani-gateway kamal-proxy remove mine$/,
    );
    expect(of(declared, container)).toEqual([]);
  } finally {
    facts = {};
  }
});

test("a tier is refused while releases do not find a service of base by its name, which up of base mends", async () => {
  facts = { nameless: [sockets.services[0]?.container ?? ""] };
  try {
    await expect(declare({ tier: "tier1" })).rejects.toThrow(
      /\n {2}Base, on which this tier stands, is not whole: \S+ is not found by its name\.\n[^]*\n {4}type: npm run up -- base$/,
    );
    expect(of(declared, container)).toEqual([]);
  } finally {
    facts = {};
  }
});

test("base beside a Scani that compose runs is refused, unless an empty one is meant, it is being adopted, or has data", async () => {
  [projects, there, remembered] = [[{ name: "home", folder: "/srv/scani" }], [], undefined];
  try {
    await expect(declare({ tier: "base" })).rejects.toThrow(
      /^Scani runs on this engine already, under docker compose\. Nothing has been touched\.\n {2}The compose project home \(\/srv\/scani\) [^]*type: npm run adopt -- home --plan --port 8090\n[^]*SCANI_START_EMPTY=true npm run up/,
    );
    expect(of(declared, container)).toEqual([]);
    const adopted = of(await declare({ tier: "base", borrowedPostgres: "home_postgres_1" }), container);
    expect(adopted.map(({ name }) => name)).toEqual(["gateway", "mail", "redis", "storage"]);
    volumeMajor = "16";
    expect(of(await declare({ tier: "base" }), container)).toHaveLength(5);
    volumeMajor = undefined;
    const elsewhere = await declare({
      tier: "base",
      DATABASE_URL: "postgres://u:p@db.example.org/scani?sslmode=verify-full",
    });
    expect(of(elsewhere, container)).toHaveLength(4);
  } finally {
    volumeMajor = undefined;
    [projects, there, remembered] = [[], sockets.services.map(({ container: name }) => name), sockets];
  }
});

test("an existing Postgres: its data is moved before base's own runs on its volume, in its folder", async () => {
  const resources = await declare({ tier: "base", postgresVolume: "home_postgres-data", postgresFolder: "scani" });
  expect(of(resources, "scani-host:base:DataMove").map(({ inputs }) => inputs)).toEqual([
    { install: "scani", volume: "home_postgres-data", folder: "scani", image: "postgres:16-alpine" },
  ]);
  const postgres = of(resources, container).find(({ name }) => name === "postgres")?.inputs;
  expect(JSON.stringify(postgres?.envs)).toContain("PGDATA=/var/lib/postgresql/data/scani");
  expect(postgres?.volumes).toEqual([{ volumeName: "home_postgres-data", containerPath: "/var/lib/postgresql/data" }]);
  expect(of(resources, "docker:index/volume:Volume").map(({ name }) => name)).not.toContain("postgres-data");
});

test("a gateway without a port, and one that answers on proxies' networks", async () => {
  const resources = await declare({ tier: "base", publishGateway: "false", frontNetworks: "home_default,proxy" });
  expect(of(resources, container).find(({ name }) => name === "gateway")?.inputs.ports).toBeUndefined();
  expect(of(resources, "scani-host:base:Standing")[0].inputs.connections).toEqual([
    { container: "scani-gateway", network: "home_default", names: ["frontend-app"] },
    { container: "scani-gateway", network: "proxy", names: ["frontend-app"] },
  ]);
});

test("a gateway whose port another container has is made with it, and not started", async () => {
  const resources = await declare({ tier: "base", portHolder: "home_frontend-app_1" });
  const gateway = of(resources, container).find(({ name }) => name === "gateway")?.inputs;
  expect(gateway).toMatchObject({ start: false, mustRun: false, ports: [{ internal: 80, external: 8080 }] });
  expect(of(resources, "scani-host:base:Standing")[0].inputs.portHolder).toBe("home_frontend-app_1");
});

describe("a tier beside a release in use", () => {
  const variables = {
    ...platform,
    ...issued,
    LOG_LEVEL: "info",
    WORKER_CONCURRENCY: "4",
  };
  const warned: string[] = [];

  beforeEach(() => {
    warned.length = 0;
    jest.spyOn(pulumi.log, "warn").mockImplementation(async (message) => void warned.push(message));
    facts = factsOf(
      release("tier2", "one", () => true),
      routedTo("one"),
    );
    inUse = ["one", "warm"].map((name) => ({
      tier: "tier2",
      release: name,
      service: "api",
      environment: Object.entries(variables).map(([variable, value]) =>
        name === "warm" && variable === "LOG_LEVEL" ? "LOG_LEVEL=trace" : `${variable}=${value}`,
      ),
      image: "scani/api:0.17.1",
      memory: 1024,
    }));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    [facts, inUse] = [{}, []];
  });

  test("says what the shell holds otherwise than the release that serves, and goes on", async () => {
    await declare({ tier: "tier2", ...issued }, { LOG_LEVEL: "debug", OPENAI_API_KEY: "STRAYSECRET" });
    expect(warned).toEqual([
      [
        "LOG_LEVEL (from the shell's environment) is debug, and tier2 runs with info.",
        "  The next up without it in the environment takes it back.",
        "  type: unset LOG_LEVEL",
        "OPENAI_API_KEY (from the shell's environment) is given, and tier2 runs without it.",
        "  The next up without it in the environment takes it back.",
        "  type: unset OPENAI_API_KEY",
      ].join("\n"),
    ]);
  });

  test("says nothing where the shell holds what serves", async () => {
    await declare({ tier: "tier2" }, { ...issued, LOG_LEVEL: "info" });
    expect(warned).toEqual([]);
  });

  test("refuses another endpoint in the shell before anything is declared", async () => {
    const other = { ...issued, SCANI_CLOUD_URL: "https://staging.example.org" };
    await expect(declare({ tier: "tier2" }, other)).rejects.toThrow(
      /^These settings are not those tier2 runs with\. Nothing has been touched\.\n {2}SCANI_CLOUD_URL \(from the shell's environment\) is https:\/\/staging[^]*type: unset SCANI_CLOUD_URL$/,
    );
    expect(of(declared, container)).toEqual([]);
  });
});
