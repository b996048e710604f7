import type { AdoptEvidence, DataElsewhere, Neighbour } from "../../../../host/adopt/evidence";
import { secretsToAccept } from "../../../../host/adopt/compose/variables";
import { namesOf, pinnedTag } from "../../../../host/adopt/imageNames";
import { planAdoption, type Adoption } from "../../../../host/adopt/plan";
import type { AdoptIntent } from "../../../../host/adopt/refusals";
import { nextPhases, phasesOf } from "../../../../host/adopt/phases";
import {
  objectSourceOf,
  onlyReachedBy,
  partsOf,
  serverOf,
  serviceOf,
  type ComposeContainer,
  type ComposeProject,
} from "../../../../host/adopt/compose/project";
import type { Link } from "../../../../host/engine/containers/links";
import { beginRecord, takesPort } from "../../../../host/adopt/record";
import { furtherVariablesIn, settingNamed } from "../../../../settings";
import { renderProblem, type Problem } from "../../../../util/operatorError";

const key = (letter: string): string => letter.repeat(64);

const common = {
  NODE_ENV: "production",
  DATABASE_URL: "postgres://scani:pass%2Fword-1@postgres:5432/scani?sslmode=disable",
  REDIS_URL: "redis://redis:6379",
  LOG_ID_PEPPER: key("a"),
  LOG_LEVEL: "info",
};
const cloud = { SCANI_CLOUD_URL: "http://data-provider:8082", SCANI_CLOUD_API_KEY: key("b") };
const objects = {
  S3_ENDPOINT: "http://minio:9000",
  S3_BUCKET: "job-uploads",
  S3_ACCESS_KEY_ID: "scani",
  S3_SECRET_ACCESS_KEY: key("9"),
};

function container(service: string, more: Partial<ComposeContainer> = {}): ComposeContainer {
  const scani = ["api", "worker", "data-provider", "frontend-app"].includes(service);
  return {
    id: `id-of-${service}`,
    name: `home_${service}_1`,
    service,
    state: "running",
    health: "healthy",
    labels: {},
    image: scani ? `scani/${service}:0.17.1` : `${service}:1`,
    imageId: "sha256:0123456789abcdef",
    namedId: "sha256:0123456789abcdef",
    environment: {},
    ofImage: {},
    imageLabels: {},
    digests: [],
    mounts: [],
    arguments: [],
    networks: ["home_default"],
    aliases: [service],
    links: [],
    extraHosts: [],
    options: [],
    ownProgram: false,
    published: [],
    restartPolicy: "unless-stopped",
    ...more,
  };
}

/** Returns the project Scani's installer makes, with changes by service. */
function stock(changes: Readonly<Record<string, Partial<ComposeContainer>>> = {}): ComposeProject {
  const all = [
    container("postgres", {
      image: "postgres:16-alpine",
      environment: { POSTGRES_USER: "scani", POSTGRES_DB: "scani" },
      ofImage: { PG_MAJOR: "16" },
      mounts: [{ type: "volume", source: "home_postgres-data", path: "/var/lib/postgresql/data" }],
    }),
    container("redis"),
    container("minio"),
    container("mailpit", { published: ["127.0.0.1:8026"] }),
    container("data-provider", {
      environment: {
        ...common,
        ...objects,
        SERVICE_NAME: "data-provider",
        DATA_PROVIDER_API_KEY: key("b"),
        BETTER_AUTH_SECRET: key("c"),
        SMTP_URL: "smtp://mailpit:1025",
        SMTP_FROM: "no-reply@scani.local",
      },
    }),
    container("api", {
      environment: {
        ...common,
        ...cloud,
        SERVICE_NAME: "api",
        PORT: "3001",
        HOST: "0.0.0.0",
        FRONTEND_URL: "http://localhost:8080",
        BACKEND_URL: "http://localhost:8080",
        BETTER_AUTH_SECRET: key("c"),
        ENCRYPTION_KEY: key("d"),
        JOBS_HMAC_SECRET: key("e"),
        COOKIE_DOMAIN: "",
        PATH: "/bin",
        TZ: "Europe/Berlin",
      },
      ofImage: { PATH: "/bin" },
    }),
    container("worker", {
      environment: {
        ...common,
        ...cloud,
        ...objects,
        SERVICE_NAME: "worker",
        ENCRYPTION_KEY: key("d"),
        WORKER_CONCURRENCY: "2",
      },
    }),
    container("frontend-app", {
      environment: { API_UPSTREAM: "http://api:3001", CSP_CONNECT_SRC: "'self'" },
      ofImage: { API_UPSTREAM: "http://api:3001" },
      published: ["0.0.0.0:8080"],
    }),
  ];
  return {
    name: "home",
    folder: "/srv/scani",
    files: ["docker-compose.prod.yml"],
    envFiles: [],
    containers: all.map((one) => ({ ...one, ...changes[one.service] })),
  };
}

/** Returns the stock project with changed variables in all of Scani's services that have them. */
function everywhere(changes: Readonly<Record<string, string>>): ComposeProject {
  const project = stock();
  const containers = project.containers.map((one) => ({
    ...one,
    environment: Object.fromEntries(
      Object.entries(one.environment).map(([name, value]) => [name, changes[name] ?? value]),
    ),
  }));
  return { ...project, containers };
}

const found: AdoptEvidence = {
  database: {
    major: "16",
    takesPassword: true,
    isSuperuser: true,
    backups: { isSuperuser: true },
    storesCredentials: true,
    bytes: 8_000_000,
    freeMiB: 10_000,
  },
  strangers: [],
  published: [
    { container: "home_frontend-app_1", port: 8080, project: true },
    { container: "home_mailpit_1", port: 8026, project: true },
  ],
  takenNames: [],
  installed: false,
  neighbours: [],
};

const asked: AdoptIntent = { install: "scani", port: 8090, stack: "tier1", acceptPublicKey: false };

function plan(
  project = stock(),
  evidence: Partial<AdoptEvidence> = {},
  intent: Partial<AdoptIntent> = {},
  wrong: Problem[] = [],
) {
  return planAdoption(project, { ...found, ...evidence }, { ...asked, ...intent }, (kind) =>
    kind === "base" ? wrong : [],
  );
}

function adoption(...args: Parameters<typeof plan>): Adoption {
  const made = plan(...args);
  if ("problems" in made) throw new Error(made.problems.map(({ what }) => what).join("\n"));
  return made.adoption;
}

function problems(...args: Parameters<typeof plan>): string[] {
  const made = plan(...args);
  return "problems" in made ? made.problems.map(({ what }) => what) : [];
}

test("a stock install becomes tier 1 with its own secrets, password, image, volume and addresses", () => {
  const { tier, settings, postgres, objects: source, replaced, port, scani } = adoption();
  expect(tier).toBe("tier1");
  expect(settings.base).toEqual({
    ENCRYPTION_KEY: key("d"),
    BETTER_AUTH_SECRET: key("c"),
    JOBS_HMAC_SECRET: key("e"),
    LOG_ID_PEPPER: key("a"),
    DATA_PROVIDER_API_KEY: key("b"),
    FRONTEND_URL: "http://localhost:8080",
    BACKEND_URL: "http://localhost:8080",
    S3_BUCKET: "job-uploads",
    SMTP_FROM: "no-reply@scani.local",
    borrowedPostgres: "home_postgres_1",
    postgresImage: "postgres:16-alpine",
    POSTGRES_USER: "scani",
    POSTGRES_PASSWORD: "pass/word-1",
    POSTGRES_DB: "scani",
    MAILPIT_UI_PORT: "8027",
    FRONTEND_PORT: "8090",
    publishGateway: "true",
    bindAddress: "0.0.0.0",
  });
  const { extraEnvironment, ...rest } = settings.tier1;
  expect(rest).toEqual({
    WORKER_CONCURRENCY: "2",
    LOG_LEVEL: "info",
    imageRepository: "scani",
    SCANI_IMAGE_TAG: "0.17.1",
  });
  expect(furtherVariablesIn(extraEnvironment)).toEqual([{ service: "api", name: "TZ", value: "Europe/Berlin" }]);
  expect(postgres).toMatchObject({ container: "home_postgres_1", volume: "home_postgres-data" });
  expect(source).toMatchObject({
    container: "home_minio_1",
    endpoint: "http://minio:9000",
    bucket: "job-uploads",
  });
  expect(replaced).toEqual(["home_redis_1", "home_minio_1", "home_mailpit_1"]);
  expect(port).toEqual({ now: 8080, then: 8090 });
  expect(Object.values(scani)).toHaveLength(4);
});

test("a hosted endpoint makes it tier 2, with its pair, and without a data-provider", () => {
  const hosted = { SCANI_CLOUD_URL: "https://api.cloud.scani.xyz", SCANI_CLOUD_API_KEY: key("f") };
  const project = stock({
    api: { environment: { ...stock().containers[5].environment, ...hosted } },
    worker: { environment: { ...stock().containers[6].environment, ...hosted } },
  });
  const { tier, settings } = adoption({
    ...project,
    containers: project.containers.filter(({ service }) => service !== "data-provider"),
  });
  expect(tier).toBe("tier2");
  expect(settings.tier2).toMatchObject(hosted);
  expect(settings.tier1).not.toHaveProperty("SCANI_CLOUD_URL");
});

describe("a page's policy that does not allow its uploads is refused, in the words of up", () => {
  /** Returns a project with a page of this policy, and what names the servers it is used with. */
  function withPolicy(policy: string, environment: Readonly<Record<string, string>>): ComposeProject {
    const { containers, ...project } = stock({ "frontend-app": { environment: { CSP_CONNECT_SRC: policy } } });
    const left = containers.filter(
      ({ service }) => service !== ("SCANI_CLOUD_URL" in environment ? "data-provider" : "minio"),
    );
    const changed = left.map((one) =>
      "LOG_ID_PEPPER" in one.environment ? { ...one, environment: { ...one.environment, ...environment } } : one,
    );
    return { ...project, containers: changed };
  }
  const hosted = { SCANI_CLOUD_URL: "https://api.cloud.scani.xyz", SCANI_CLOUD_API_KEY: key("f") };
  const managed = { S3_ENDPOINT: "https://s3.example.org", S3_PUBLIC_ENDPOINT: "https://files.example.org" };
  const bucket = "https://bucket.example.org";
  const tier2 = { stack: "tier2" };

  test.each<[string, ComposeProject, string, string]>([
    ["tier 2", withPolicy("'self'", hosted), "tier2", `'\\''self'\\'' ${bucket}`],
    ["a managed S3", withPolicy("'self' https://old.example.org", managed), "tier1", managed.S3_PUBLIC_ENDPOINT],
  ])("%s", (_what, project, stack, typed) => {
    const made = plan(project, { hostedUploads: bucket }, { stack });
    expect("problems" in made && made.problems).toEqual([
      {
        what: expect.stringMatching(/^Nobody could upload: files go to https:/),
        type: expect.stringMatching(
          new RegExp(`config set --stack ${stack} CSP_CONNECT_SRC .*${typed.replaceAll("\\", ".")}'$`),
        ),
      },
    ]);
  });

  test("and not where it does, where the operator has set one that does, or where nobody knows where uploads go", () => {
    const allowing = `'self' ${bucket}`;
    const known = { hostedUploads: bucket };
    const chosen = { CSP_CONNECT_SRC: allowing };
    expect(adoption(withPolicy(allowing, hosted), known, tier2).settings.tier2.CSP_CONNECT_SRC).toBe(allowing);
    for (const policy of ["'self'", "'self' https://old.example.org"]) {
      const { settings } = adoption(withPolicy(policy, hosted), known, { ...tier2, chosen });
      expect(settings.tier2).not.toHaveProperty("CSP_CONNECT_SRC");
    }
    expect(problems(withPolicy("'self'", hosted), {}, tier2)).toEqual([]);
    expect(problems(withPolicy("'self'", managed))).toEqual([]);
    expect(problems()).toEqual([]);
  });
});

test("managed services stay as they are", () => {
  const elsewhere = { DATABASE_URL: "postgres://u:p@db.example.org/scani", REDIS_URL: "rediss://:p@cache.example.org" };
  const bucket = {
    S3_ENDPOINT: "https://s3.example.org",
    S3_ACCESS_KEY_ID: "AK",
    SMTP_URL: "smtps://u:p@mail.example.org:465",
  };
  const project = stock();
  const containers = project.containers
    .filter(({ service }) => !["postgres", "redis", "minio", "mailpit"].includes(service))
    .map((one) => ({ ...one, environment: { ...one.environment, ...elsewhere, ...bucket } }));
  const {
    settings,
    postgres,
    objects: source,
    replaced,
    notes,
  } = adoption({ ...project, containers }, { database: undefined });
  expect(notes).toContain(
    "Postgres is not the project's own and stays where it is: `docker compose up -d`, typed by mistake, starts a second worker on it, which `npm run status` names.",
  );
  expect(settings.base).toMatchObject({ ...elsewhere, ...bucket });
  expect(settings.base).not.toHaveProperty("borrowedPostgres");
  expect([postgres, source, replaced]).toEqual([undefined, undefined, []]);
});

test("renamed services are known by what they are", () => {
  const project = stock();
  const containers = project.containers.map((one) => ({ ...one, name: `x-${one.service}` }));
  expect(adoption({ ...project, containers }).scani).toMatchObject({ api: "x-api", "frontend-app": "x-frontend-app" });
});

test.each([
  ["0.17.1", {}, "0.17.1"],
  ["latest", { "org.opencontainers.image.version": "0.17.2" }, "0.17.2"],
  ["latest", {}, "adopted-0123456789ab"],
  ["latest", { "org.opencontainers.image.version": "latest" }, "adopted-0123456789ab"],
])("the tag %s with labels %j is pinned as %s", (tag, imageLabels, pinned) => {
  expect(pinnedTag({ imageLabels: imageLabels, imageId: "sha256:0123456789abcdef" }, tag)).toBe(pinned);
});

test("the default password is taken where the database proves it, with a note", () => {
  const project = everywhere({ DATABASE_URL: "postgres://scani:scani@postgres:5432/scani" });
  const { settings, notes } = adoption(project);
  expect(settings.base).toMatchObject({ POSTGRES_PASSWORD: "scani", acceptedSecrets: "POSTGRES_PASSWORD" });
  expect(notes.join("\n")).toContain("POSTGRES_PASSWORD");
  expect(
    adoption(project, { database: { ...found.database, takesPassword: undefined } }).settings.base,
  ).not.toHaveProperty("acceptedSecrets");
});

test.each(["http://0.0.0.0:9000", "http://s3.localhost:9000", "redis://localhost.:6379", "http://[::]:9000"])(
  "only the container that names %s reaches it",
  (url) => expect(onlyReachedBy({ extraHosts: [] }, url)).toBe("that container"),
);

test("secrets are accepted for being short or published, and for nothing else", () => {
  const values = { REDIS_PASSWORD: "tiny", POSTGRES_PASSWORD: "scani", LOG_LEVEL: "loud", JOBS_HMAC_SECRET: "a\nb" };
  expect(secretsToAccept({ ...values, DATABASE_URL: "mysql://db", LOG_ID_PEPPER: "x".repeat(32) })).toEqual([
    "REDIS_PASSWORD",
    "POSTGRES_PASSWORD",
  ]);
});

describe("parameters of DATABASE_URL", () => {
  const url = (parameters: string, host = "postgres") =>
    everywhere({ DATABASE_URL: `postgres://scani:pass%2Fword-1@${host}:5432/scani?${parameters}` });

  test("those of the server are refused, and how the role keeps them", () => {
    const made = plan(url("sslmode=disable&search_path=books&options=-c%20statement_timeout%3D9"));
    expect("problems" in made && made.problems).toEqual([
      {
        what: "DATABASE_URL sets search_path, options of home_postgres_1, and base's own Postgres is named without: Scani might not find its data there.",
        why: expect.stringContaining('alter role "scani" set <name> to <value>'),
        type: [
          "docker exec -it home_postgres_1 psql -U scani scani",
          "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
        ],
      },
    ]);
  });

  test("those of the connection stay behind, with a note", () => {
    const { notes } = adoption(url("sslmode=disable&application_name=books&connect_timeout=9"));
    expect(notes).toContain(
      "DATABASE_URL of base's own Postgres has no application_name, connect_timeout, which compose's has.",
    );
    expect(adoption(url("sslmode=disable")).notes.join("\n")).not.toContain("DATABASE_URL");
  });

  test("a managed database keeps all of them", () => {
    const project = url("sslmode=require&search_path=books", "db.example.org");
    expect(adoption(project).settings.base.DATABASE_URL).toBe(
      "postgres://scani:pass%2Fword-1@db.example.org:5432/scani?sslmode=require&search_path=books",
    );
  });
});

/** Returns a container outside the project. */
const neighbour = (name: string, networks: string[], environment: Record<string, string> = {}): Neighbour => ({
  name,
  networks,
  environment,
});

test("a proxy on the page's network is served by name", () => {
  const { frontNetworks, notes } = adoption(stock(), { neighbours: [neighbour("caddy", ["home_default"])] });
  expect(frontNetworks).toEqual(["home_default"]);
  expect(notes.join("\n")).toContain("caddy");
});

test("on every network of the page on which somebody else is, the gateway takes its names", () => {
  const page = { networks: ["bridge", "monitoring", "home_default", "quiet"] };
  const tunnel = container("cloudflared", { image: "cloudflare/cloudflared:1" });
  const project = stock({ "frontend-app": page });
  const { frontNetworks, notes } = adoption(
    { ...project, containers: [...project.containers, tunnel] },
    { neighbours: [neighbour("grafana", ["monitoring", "bridge"])] },
  );
  expect(frontNetworks).toEqual(["monitoring", "home_default"]);
  expect(notes).toEqual(
    expect.arrayContaining([
      "On the network monitoring the gateway takes the page's names, by which grafana may reach it.",
      "On the network home_default the gateway takes the page's names, by which home_cloudflared_1 may reach it.",
      "A proxy there that sends requests to home_api_1 itself has to send them to the page's name as well, which passes on /api: nobody takes the api's names.",
    ]),
  );
  expect(adoption()).not.toHaveProperty("frontNetworks");
});

test("a page with another container's network: who is to be told, and no port that could be taken", () => {
  const page = { networkOwner: "home_tailscale_1", networks: ["home_default"], aliases: [], published: [] };
  const all = stock({ "frontend-app": page });
  const project = { ...all, containers: [...all.containers, container("tailscale", { image: "tailscale:1" })] };
  const { frontNetworks, frontNames, notes } = adoption(project);
  expect([frontNetworks, frontNames]).toEqual([["home_default"], ["frontend-app", "home_frontend-app_1"]]);
  expect(notes).toContain(
    "home_frontend-app_1 has the network of home_tailscale_1, which reaches it at 127.0.0.1: before that container stops, tell home_tailscale_1, and whoever reaches the page by its names or ports, to send everything to http://scani-gateway:80.",
  );
  const published = { ...page, networks: ["bridge"], published: ["0.0.0.0:8443"] };
  const elsewhere = stock({ "frontend-app": published });
  expect(adoption(elsewhere).notes.join("\n")).toContain("to send everything to port 8090 of the engine's host.");
  expect(adoption(elsewhere).settings.base.bindAddress).toBe("0.0.0.0");
  expect(problems(elsewhere, {}, { port: undefined })).toEqual([
    "home_frontend-app_1 has the network of home_tailscale_1, and no port of its own that could be taken.",
  ]);
});

test.each([
  [{ networkOwner: "home_vpn_1", networks: ["home_default"] }, "home_vpn_1"],
  [{ networks: ["host"] }, "its host"],
])("a Postgres on %j could not be borrowed", (postgres, whose) => {
  expect(problems(stock({ postgres }))).toEqual([
    `home_postgres_1 has the network of ${whose} (network_mode), and Docker connects no such container to base's own.`,
  ]);
});

test("every reason not to go on is told at once, each with what to type", () => {
  const project = stock({
    postgres: { mounts: [{ type: "bind", source: "/srv/pg", path: "/var/lib/postgresql/data" }] },
    "frontend-app": { health: "unhealthy", image: "scani/frontend-app:0.16.0" },
    worker: { environment: { ...stock().containers[6].environment, ENCRYPTION_KEY: key("0") } },
    api: {
      environment: { ...stock().containers[5].environment, JOBS_HMAC_SECRET: "dev_jobs_hmac_change_me_not_prod_safe" },
      image: "scani/api:0.14.2",
    },
  });
  const made = plan(
    project,
    {
      database: {
        major: "15",
        takesPassword: false,
        differing: ["encryptionKey", "databasePassword"],
        bytes: 8_000_000_000,
        freeMiB: 100,
      },
      strangers: ["pgadmin"],
      published: [{ container: "nginx", port: 8090, project: false }],
      takenNames: ["container scani-redis"],
      objects: { refused: "SignatureDoesNotMatch" },
    },
    {},
    [{ what: "FRONTEND_URL is plain http", type: "x" }],
  );
  const told = "problems" in made ? made.problems : [];
  const reasons = told.map(({ what }) => what);
  for (const part of [
    "home_frontend-app_1 is not healthy now",
    "Scani's images are not of one version",
    "older than 0.15",
    "ENCRYPTION_KEY of worker is not ENCRYPTION_KEY of api",
    "JOBS_HMAC_SECRET is what Scani publishes for development",
    "in /srv/pg, a folder of the host",
    "does not take the password",
    "opens none of the stored credentials",
    "The data was made by Postgres 15",
    "The engine's disk has 100 MiB free",
    "is used by pgadmin too",
    "Port 8090 is taken by nginx",
    "There is a container scani-redis already",
    "cannot be listed with the keys Scani has: SignatureDoesNotMatch",
    "FRONTEND_URL is plain http",
  ])
    expect([part, reasons.filter((what) => what.includes(part)).length, reasons]).toEqual([part, 1, reasons]);
  expect(told.filter(({ type }) => type === undefined)).toEqual([]);
  expect(JSON.stringify(told)).not.toContain(key("0"));
});

test("an S3 server that does not answer is no matter of keys", () => {
  const made = plan(stock(), { objects: { unreached: "https://minio:9000 does not answer: curl: (60) SSL" } });
  expect("problems" in made && made.problems).toEqual([
    {
      what: "home_minio_1 cannot be reached as Scani reaches it, to copy its files: https://minio:9000 does not answer: curl: (60) SSL",
      why: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
      type: ["docker logs --tail 50 home_minio_1", expect.stringContaining("up -d")],
    },
  ]);
});

test.each<[string, Partial<AdoptIntent>, string[]]>([
  [
    "refused",
    {},
    ["ENCRYPTION_KEY is what Scani publishes for development: anybody can read what is sealed or signed with it."],
  ],
  ["taken on the operator's word", { acceptPublicKey: true }, []],
])("a published key is %s", (_what, intent, told) => {
  const published = { ENCRYPTION_KEY: "0123456789abcdef0123456789abcdef" };
  const project = stock({
    api: { environment: { ...stock().containers[5].environment, ...published } },
    worker: { environment: { ...stock().containers[6].environment, ...published } },
  });
  expect(problems(project, {}, intent)).toEqual(told);
});

test("what is not running is named, and an install of the same name is not taken over", () => {
  expect(problems(stock({ redis: { state: "exited" } }))).toEqual(["home_redis_1 is exited."]);
  expect(problems(stock(), { installed: true })).toEqual([
    "There is an install scani already, beside the project home.",
  ]);
});

test("a second project on a host becomes an install of its own, with stacks of its own", () => {
  const [{ type }] = refused(stock(), { installed: true });
  expect(type).toEqual([
    "npm run status -- --name scani",
    "SCANI_NAME=scani-2 npm run adopt -- home --port 8090 --base scani-2-base",
  ]);
});

test("the page's own port: the gateway waits for it, and there has to be exactly one", () => {
  const taken = adoption(stock(), {}, { port: undefined });
  expect(taken.settings.base).toMatchObject({ FRONTEND_PORT: "8080", publishGateway: "false" });
  expect(takesPort(taken)).toBe(true);
  expect(takesPort(adoption())).toBe(false);
  const published = (...addresses: string[]) => stock({ "frontend-app": { published: addresses } });
  expect(problems(published("0.0.0.0:8080", ":::8080"), {}, { port: undefined })).toEqual([]);
  expect(problems(published(), {}, { port: undefined })).toEqual([
    "home_frontend-app_1 publishes no port that could be taken.",
  ]);
  expect(problems(published("0.0.0.0:8080", "127.0.0.1:9090"), {}, { port: undefined })).toEqual([
    "home_frontend-app_1 publishes 2 ports (8080, 9090), and the gateway has one.",
  ]);
});

test("the record holds no secret, and every phase says what it does", () => {
  for (const port of [8090, undefined]) {
    const record = beginRecord(adoption(stock(), {}, { port }), stock(), "2026-01-10T12:00:00.000Z");
    const secrets = [..."abcde9"].map(key);
    expect(secrets.filter((secret) => JSON.stringify(record).includes(secret))).toEqual([]);
    expect(record.restartPolicies.home_api_1).toBe("unless-stopped");
    const phases = phasesOf(record).map(({ title }) => title);
    const ofPort = port === undefined ? ["port"] : [];
    expect(phases).toEqual(["backup", "base beside it", "files", "front", ...ofPort, "database", "retire"]);
    expect(nextPhases(record)).toHaveLength(port === undefined ? 7 : 4);
    expect(nextPhases({ ...record, announced: true })).toHaveLength(phases.length);
  }
});

test("images of another registry, by digest or with names of compose's own are named so that they are pinned", () => {
  const registry = "registry.example.org:5000/team/scani";
  const named = (image: (service: string) => string) => {
    const project = stock();
    const containers = project.containers.map((one) =>
      one.image.startsWith("scani/") ? { ...one, image: image(one.service), imageId: `sha256:${one.service}` } : one,
    );
    return { ...project, containers: containers.map((one) => ({ ...one, namedId: one.imageId })) };
  };
  expect(namesOf(named((service) => `${registry}/${service}:0.17.1`))).toEqual({
    repository: registry,
    pinned: "0.17.1",
    tags: {},
  });
  const migrator = { image: `${registry}/migrate:latest`, imageId: "sha256:migrate", imageLabels: {} };
  expect(namesOf({ ...named((service) => `${registry}/${service}:latest`), migrator })).toEqual({
    repository: registry,
    pinned: "adopted-api",
    tags: Object.fromEntries(
      ["api", "worker", "data-provider", "frontend-app", "migrate"].map((service) => [
        `sha256:${service}`,
        `${registry}/${service}:adopted-api`,
      ]),
    ),
  });
  expect(namesOf(named((service) => `scani/${service}@sha256:0123`)).tags["sha256:worker"]).toBe(
    "scani/worker:adopted-api",
  );
  // Compose names images it builds in this way.
  expect(namesOf(named((service) => `home-${service}`)).tags["sha256:frontend-app"]).toBe(
    "scani-adopted/frontend-app:adopted-api",
  );
});

test("labels other tools act on are noted, without compose's, the image's and those of proxies", () => {
  const { notes } = adoption(
    stock({
      worker: {
        labels: {
          "com.docker.compose.service": "worker",
          "org.opencontainers.image.version": "1",
          "ofelia.enabled": "true",
        },
        imageLabels: { "org.opencontainers.image.version": "1" },
      },
      "frontend-app": { labels: { "traefik.enable": "true" } },
      postgres: { labels: { "docker-volume-backup.stop-during-backup": "true", "ofelia.job": "x" } },
    }),
  );
  expect(notes.filter((note) => note.startsWith("Labels"))).toEqual([
    "Labels that do not come along, with what other tools do by them: ofelia.enabled of home_worker_1; docker-volume-backup.stop-during-backup, ofelia.job of home_postgres_1.",
  ]);
  expect(adoption().notes.filter((note) => note.startsWith("Labels"))).toEqual([]);
});

test("a name that means another image by now is not taken for the one that runs", () => {
  const project = stock({
    api: { namedId: "sha256:newer" },
    postgres: { namedId: "sha256:newer", imageId: "sha256:old" },
  });
  expect(namesOf(project).pinned).toBe("adopted-0123456789ab");
  const { settings, tags } = adoption({
    ...project,
    migrator: { image: "scani/migrate:0.17.1", imageId: "sha256:m", imageLabels: {} },
  });
  expect(settings.base.postgresImage).toBe("scani-adopted/postgres:adopted-old");
  expect(tags["sha256:old"]).toBe("scani-adopted/postgres:adopted-old");
  expect(tags["sha256:m"]).toBe("scani/migrate:adopted-0123456789ab");
});

test("a tag that moves needs the migrator's image on the engine, of the same version", () => {
  const project = stock();
  const containers = project.containers.map((one) => ({ ...one, image: one.image.replace("0.17.1", "latest") }));
  expect(problems({ ...project, containers })).toEqual([
    "The image scani/migrate:latest is not on the engine, and a release needs it.",
  ]);
  const label = (version: string) => ({ "org.opencontainers.image.version": version });
  const of = (imageLabels: Record<string, string>) => ({
    image: "scani/migrate:latest",
    imageId: "sha256:m",
    imageLabels,
  });
  expect(problems({ ...project, containers, migrator: of({}) })).toEqual([]);
  const labelled = containers.map((one) => ({ ...one, imageLabels: label("0.17.1") }));
  expect(problems({ ...project, containers: labelled, migrator: of(label("0.16.0")) })).toEqual([
    "The image scani/migrate:latest is of Scani 0.16.0, and home_api_1 runs 0.17.1.",
  ]);
});

test("other programs' containers are not Scani's, whatever they are called", () => {
  const other = container("api", { image: "shop/api:1", environment: { SERVICE_NAME: "api" } });
  expect(partsOf({ containers: [other] })).toEqual({});
  // With an env_file every service has every variable.
  const project = stock({ postgres: { environment: { API_UPSTREAM: "http://api:3001", SERVICE_NAME: "postgres" } } });
  expect(partsOf(project)["frontend-app"]?.service).toBe("frontend-app");
});

test.each<Partial<ComposeContainer>>([
  { environment: { LOG_ID_PEPPER: key("a") } },
  // Secrets that an entrypoint reads from files are not in the environment.
  { environment: { LOG_ID_PEPPER_FILE: "/run/secrets/pepper" } },
  { environment: { SCANI_CLOUD_URL: "http://data-provider:8082" } },
  { image: "scani/api:0.17.1" },
  { image: "registry.lan:5000/mirror/scani-api@sha256:0" },
  { image: "home-api", imageLabels: { "org.opencontainers.image.source": "https://github.com/MGrin/scani-oss" } },
])("Scani's api is known by %j besides its SERVICE_NAME", (sign) => {
  const { environment = {}, image = "shop/api:1", imageLabels = {} } = sign;
  const one = { image, imageLabels, ofImage: {}, environment: { ...environment, SERVICE_NAME: "api" } };
  expect(serviceOf(one)).toBe("api");
  expect(serviceOf({ ...one, environment })).toBeUndefined();
});

test("what an update left behind is not looked at, and a second worker is refused", () => {
  const project = stock();
  const [worker] = project.containers.filter(({ service }) => service === "worker");
  const old = { ...worker, id: "old", name: "0123_home_worker_1", state: "exited" as const };
  expect(problems({ ...project, containers: [old, ...project.containers] })).toEqual([]);
  const second = { ...worker, id: "second", name: "home_worker_2" };
  expect(problems({ ...project, containers: [...project.containers, second] })).toEqual([
    "2 containers do the work of Scani's worker: home_worker_1, home_worker_2.",
  ]);
});

test("a server is found by a further name of it on the network", () => {
  const project = everywhere({ DATABASE_URL: "postgres://scani:pass%2Fword-1@db:5432/scani" });
  const containers = project.containers.map((one) =>
    one.service === "postgres" ? { ...one, aliases: ["postgres", "db"] } : one,
  );
  expect(adoption({ ...project, containers }).settings.base.borrowedPostgres).toBe("home_postgres_1");
});

test.each<[string, Link, string | undefined]>([
  ["api", { container: "home_postgres_1", as: "db" }, "home_postgres_1"],
  // Compose's external_links.
  ["api", { container: "shared-db", as: "db" }, undefined],
  // Another program's links say nothing of Scani's.
  ["mailpit", { container: "home_postgres_1", as: "db" }, "home_other_1"],
])("where %s has the link %j, the name means %s to Scani", (service, link, found) => {
  const { containers } = stock({ [service]: { links: [link] } });
  const other = container("other", { aliases: ["db"] });
  expect(serverOf({ containers: [other, ...containers] }, "postgres://scani:x@db:5432/scani")?.name).toBe(found);
});

test.each([
  ["DATABASE_URL", "postgres://u:p@shared-db:5432/scani", "shared-db, which only containers on its networks can reach"],
  ["REDIS_URL", "redis://host.docker.internal:6379", "host.docker.internal, which only that container can reach"],
])("%s that no release could reach is refused", (name, url, words) => {
  expect(problems(everywhere({ [name]: url })).filter((what) => what.includes(words))).toHaveLength(1);
});

test("a mail server of the project that delivers is refused: base's catches", () => {
  expect(problems(stock({ mailpit: { image: "boky/postfix:v4" } }))).toEqual([
    "SMTP_URL names home_mailpit_1 (boky/postfix:v4), which delivers mails; base's own mail server catches them, and nobody could sign in any more.",
  ]);
});

describe("a proxy of the project before a server of Scani's", () => {
  const proxied = (url: Record<string, string>, alias: string, image: string) => {
    const project = everywhere(url);
    const proxy = container("front", { image, aliases: ["front", alias] });
    return { ...project, containers: [...project.containers, proxy] };
  };

  test.each([
    ["S3_ENDPOINT", "https://s3.example.com", "s3.example.com", "caddy:2", "S3"],
    ["REDIS_URL", "redis://cache:6379", "cache", "registry.example.org/redis/haproxy:2.9", "Redis"],
  ])("%s=%s is refused: it would be stopped in the server's place", (variable, url, alias, image, kind) => {
    const [only, ...more] = refused(proxied({ [variable]: url }, alias, image));
    expect(more).toEqual([]);
    expect(only.what).toBe(
      `${variable} names home_front_1 (${image}), which is not known as a ${kind} server; base's own takes its place, and it would be stopped.`,
    );
    expect(only.type).toBe("cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d");
  });

  test.each([
    ["S3_ENDPOINT", "http://store:9000", "store", "quay.io/minio/minio:RELEASE.2025-01-01"],
    ["S3_ENDPOINT", "http://store:3900", "store", "dxflrs/garage:v1.0.1"],
    ["REDIS_URL", "redis://cache:6379", "cache", "valkey/valkey:8-alpine"],
  ])("%s=%s of %s (%s) is the server itself", (variable, url, alias, image) => {
    expect(problems(proxied({ [variable]: url }, alias, image))).toEqual([]);
  });
});

test.each<[string, Partial<ComposeContainer>, Partial<NonNullable<AdoptEvidence["database"]>>, string]>([
  [
    "in a folder of the volume",
    { environment: { POSTGRES_USER: "scani", PGDATA: "/var/lib/postgresql/data/pgdata" } },
    {},
    "(PGDATA)",
  ],
  [
    "in a volume of which a folder is mounted",
    { mounts: [{ type: "volume", source: "shared", path: "/var/lib/postgresql/data", subpath: "pg" }] },
    {},
    "keeps its data in pg, a folder of the volume shared (subpath)",
  ],
  ["of a role that may not everything", {}, { isSuperuser: false }, "is no superuser"],
  ["that its server does not name", { environment: { POSTGRES_USER: "owner" } }, {}, "of which backups would be made"],
  ["that lets nobody in over its socket", {}, { isSuperuser: undefined }, "lets nobody in over the socket"],
])("a database %s is refused", (_what, changes, database, words) => {
  const postgres = { ...stock().containers[0], ...changes };
  const told = problems(stock({ postgres }), { database: { ...found.database, ...database } });
  expect(told).toEqual([expect.stringContaining(words)]);
});

test.each<[string, Record<string, string>, Partial<NonNullable<AdoptEvidence["database"]>>, string[]]>([
  [
    "a role its server does not know",
    { POSTGRES_USER: "root", POSTGRES_DB: "scani" },
    { backups: { refused: 'FATAL:  role "root" does not exist' } },
    ["does not let root in over the socket in its container, as whom backups are made: |as POSTGRES_USER, and let"],
  ],
  [
    "names that are in files, which another variable may not be beside",
    { POSTGRES_USER_FILE: "/run/secrets/user", POSTGRES_DB_FILE: "/run/secrets/db" },
    { backups: { refused: 'FATAL:  role "postgres" does not exist' } },
    ["does not let postgres in |as POSTGRES_USER in place of POSTGRES_USER_FILE, and let"],
  ],
  [
    "a database that is in a file",
    { POSTGRES_USER: "owner", POSTGRES_DB_FILE: "/run/secrets/db" },
    {},
    ["names owner, of which backups would be made.|as POSTGRES_DB in place of POSTGRES_DB_FILE, and let"],
  ],
  [
    "a role that is no superuser",
    { POSTGRES_USER: "owner", POSTGRES_DB: "scani" },
    { backups: { isSuperuser: false } },
    ['owner, as whom backups are made by home_postgres_1, is no superuser|alter role "owner" superuser'],
  ],
  // Only the problem of access is reported: another role would not be let in either.
  [
    "a role, where nobody is let in",
    { POSTGRES_USER: "scani" },
    { isSuperuser: undefined, backups: { refused: "fe_sendauth: no password supplied" } },
    ["lets nobody in over the socket |has to begin with: local all all trust"],
  ],
])("backups that would be made as %s are refused", (_what, environment, database, expected) => {
  const postgres = { ...stock().containers[0], environment };
  const made = plan(stock({ postgres }), { database: { ...found.database, ...database } });
  const told = "problems" in made ? made.problems.map((one) => renderProblem(one)) : [];
  expect(told).toHaveLength(expected.length);
  for (const [at, words] of expected.entries()) for (const part of words.split("|")) expect(told[at]).toContain(part);
});

test("a pooler that DATABASE_URL names is one problem, with its own remedy", () => {
  const postgres = { image: "edoburu/pgbouncer:1.23", environment: {}, ofImage: {}, mounts: [] };
  const refused = { takesPassword: false, isSuperuser: undefined, backups: { refused: "psql: not found" } };
  const database = { ...found.database, ...refused, major: undefined, storesCredentials: undefined };
  for (const port of ["5432", "6432"]) {
    const project = everywhere({ DATABASE_URL: `postgres://scani:pass%2Fword-1@postgres:${port}/scani` });
    const containers = project.containers.map((one) => (one.service === "postgres" ? { ...one, ...postgres } : one));
    expect(problems({ ...project, containers }, { database })).toEqual([
      "DATABASE_URL names home_postgres_1 (edoburu/pgbouncer:1.23), which is no Postgres as official images are: neither its image (PG_MAJOR) nor its data (PG_VERSION) says so.",
    ]);
  }
});

test("only a database that was asked is said to store no credential", () => {
  const said = (storesCredentials?: boolean) =>
    adoption(stock(), { database: { ...found.database, storesCredentials } }).notes.join("\n");
  expect(said(false)).toContain("No credential is stored, so nothing shows whether ENCRYPTION_KEY is the right");
  expect(said(undefined)).not.toContain("No credential is stored");
});

test("room for the files is counted", () => {
  const full = {
    database: { ...found.database, freeMiB: 1_000 },
    objects: { count: 9, bytes: 2 ** 30, isVersioned: false },
  };
  expect(problems(stock(), full)).toEqual([
    "The engine's disk has 1000 MiB free; 1296 are needed for a backup, to read it back, and for a copy of the files.",
  ]);
});

test.each([
  [["127.0.0.1:8080"], "127.0.0.1"],
  [["[::]:8080"], "0.0.0.0"],
  [[":::8080", "192.168.1.5:8080"], "192.168.1.5"],
  [["::1:8080"], "127.0.0.1"],
  // Only containers reach this page.
  [[], "127.0.0.1"],
])("a page on %j is published on %s", (published, address) => {
  expect(adoption(stock({ "frontend-app": { published } })).settings.base.bindAddress).toBe(address);
});

test("a proxy among the project's own services is served by the page's names", () => {
  const project = stock({ "frontend-app": { service: "web", aliases: ["web", "scani.local"] } });
  const caddy = container("caddy", { image: "caddy:2" });
  const { frontNetworks, frontNames, notes } = adoption({ ...project, containers: [...project.containers, caddy] });
  expect(frontNetworks).toEqual(["home_default"]);
  expect(frontNames).toEqual(["web", "home_frontend-app_1", "scani.local"]);
  expect(notes.join("\n")).toContain("Left to compose: home_caddy_1.");
});

test("the mail catcher's page keeps the port the operator has chosen, where it is free", () => {
  expect(adoption(stock(), {}, { chosen: { MAILPIT_UI_PORT: "8126" } }).settings.base).not.toHaveProperty(
    "MAILPIT_UI_PORT",
  );
  expect(adoption(stock(), {}, { chosen: { MAILPIT_UI_PORT: "8026" } }).settings.base.MAILPIT_UI_PORT).toBe("8027");
});

test("a name that only this command was told is written down", () => {
  expect(adoption(stock(), {}, { install: "home", keepsName: true }).settings.base.name).toBe("home");
  expect(adoption().settings.base).not.toHaveProperty("name");
});

test("what cannot come along as it is, is noted", () => {
  const [postgres] = stock().containers;
  const project = stock({
    postgres: {
      arguments: ["postgres", "-c", "max_connections=300"],
      mounts: [{ type: "bind", source: "/srv/initdb", path: "/docker-entrypoint-initdb.d" }, ...postgres.mounts],
    },
    api: {
      environment: { ...environmentOf("api"), LOG_LEVEL: "debug", SOME_FILE: "/keys/some.json" },
      mounts: [{ type: "bind", source: "/srv/keys", path: "/keys" }],
    },
  });
  const objects = { count: 3, bytes: 2_000_000, isVersioned: true, buckets: ["backups", "site"] };
  const { notes, settings } = adoption(project, { objects });
  expect(notes).toEqual(
    expect.arrayContaining([
      "home_postgres_1 is started with -c max_connections=300; base's own is not. What ALTER SYSTEM SET has set stays with the data.",
      "3 files (1.9 MiB) are copied out of home_minio_1, in their newest version; its volume stays as it is.",
      "home_minio_1 also has the buckets backups, site, which nothing copies, and nobody reaches once it stops.",
      "LOG_LEVEL differs between api, worker, data-provider; all get that of api.",
      "/srv/keys, mounted into home_api_1 at /keys, does not come along, though SOME_FILE names it.",
      "/srv/initdb, mounted into home_postgres_1 at /docker-entrypoint-initdb.d, does not come along.",
    ]),
  );
  expect(notes.join("\n")).not.toContain("home_postgres-data, mounted");
  expect(settings.tier1.LOG_LEVEL).toBe("debug");
});

/** Returns the variables of one of a stock project's services. */
function environmentOf(service: string): Readonly<Record<string, string>> {
  return stock().containers.find((one) => one.service === service)?.environment ?? {};
}

/** Returns the problems of a plan. */
function refused(...args: Parameters<typeof plan>): readonly Problem[] {
  const made = plan(...args);
  return "problems" in made ? made.problems : [];
}

describe("an api that is reached otherwise than through the page", () => {
  const ports = { published: ["127.0.0.1:3001"] };
  const split = {
    environment: {
      ...environmentOf("api"),
      FRONTEND_URL: "https://app.example.com",
      BACKEND_URL: "https://api.example.com",
      COOKIE_DOMAIN: ".example.com",
    },
  };
  const traefik = { labels: { "traefik.http.routers.api.rule": "Host(`api.example.com`)" } };

  test.each<[string, Partial<ComposeContainer>, string]>([
    ["publishes a port", ports, "it is published on 127.0.0.1:3001"],
    [
      "has an address of its own",
      split,
      "BACKEND_URL is https://api.example.com, and FRONTEND_URL https://app.example.com",
    ],
    ["has a proxy's labels", traefik, "a proxy finds it by traefik.http.routers.api.rule"],
  ])("%s: refused", (_what, changes, words) => {
    const [only, ...more] = refused(stock({ api: changes }));
    expect(more).toEqual([]);
    expect(only.what).toBe(
      `home_api_1 is reached otherwise than through home_frontend-app_1, and nothing would answer there any more: ${words}.`,
    );
    expect(only.why).toContain("Give BACKEND_URL the value of FRONTEND_URL");
    expect(only.type).toBe("cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d");
  });

  test("with one address, and a proxy that is told not to look, it is none", () => {
    expect(problems(stock({ api: { labels: { ...traefik.labels, "traefik.enable": "false" } } }))).toEqual([]);
  });
});

test("who may reach the api by its name on a network of its own is named", () => {
  const project = stock({ api: { networks: ["home_default", "proxy"] } });
  const told = (neighbours: readonly Neighbour[]) =>
    adoption(project, { neighbours }).notes.filter((note) => note.includes("whose names nobody takes"));
  expect(told([neighbour("caddy", ["proxy", "home_default"])])).toEqual([
    "On the network proxy, on which the page is not, caddy may reach home_api_1, whose names nobody takes.",
  ]);
  expect(told([neighbour("caddy", ["home_default"])])).toEqual([]);
});

test("a proxy that finds the page by its labels or variables has to be told the gateway", () => {
  const page = {
    labels: { "traefik.http.routers.scani.rule": "Host(`scani.example.com`)", caddy: "scani.example.com" },
    environment: { ...environmentOf("frontend-app"), VIRTUAL_HOST: "scani.example.com", LETSENCRYPT_HOST: "x" },
  };
  const { notes, settings } = adoption(stock({ "frontend-app": page }));
  expect(notes).toContain(
    "A proxy finds home_frontend-app_1 by traefik.http.routers.scani.rule, caddy, VIRTUAL_HOST, LETSENCRYPT_HOST, which the gateway has none of: tell that proxy to send everything to http://scani-gateway:80, before that container stops.",
  );
  // On a release these variables would let the proxy bypass the gateway.
  expect(settings.tier1.extraEnvironment).not.toContain("VIRTUAL_HOST");
});

test("the volume is the one with the data, in whatever order Docker lists the mounts", () => {
  const [data] = stock().containers[0].mounts;
  const log = { type: "volume", source: "home_wal", path: "/wal" };
  for (const mounts of [
    [log, data],
    [data, log],
  ]) {
    const { postgres, notes } = adoption(stock({ postgres: { mounts } }));
    expect(postgres?.volume).toBe("home_postgres-data");
    expect(notes).toContain("home_wal, mounted into home_postgres_1 at /wal, does not come along.");
  }
});

describe("tier 2 as Scani's own guide makes it", () => {
  const hosted = { SCANI_CLOUD_URL: "https://api.cloud.scani.xyz", SCANI_CLOUD_API_KEY: key("f") };

  /** Returns a stock project switched to tier 2 as in the guide, whose data-provider is left behind. */
  function guided(
    changes: Readonly<Record<string, Partial<ComposeContainer>>> = {},
    ...gone: string[]
  ): ComposeProject {
    const project = stock({
      api: { environment: { ...environmentOf("api"), ...hosted } },
      worker: { environment: { ...environmentOf("worker"), ...hosted } },
      ...changes,
    });
    return { ...project, containers: project.containers.filter(({ service }) => !gone.includes(service)) };
  }

  test("the data-provider that runs on counts for nothing, stops with the rest and comes back with --back", () => {
    const stray = {
      image: "scani/data-provider:0.16.0",
      environment: { ...environmentOf("data-provider"), FINNHUB_API_KEY: "old", LOG_LEVEL: "debug" },
    };
    const { tier, scani, settings, notes } = adoption(guided({ "data-provider": stray }));
    expect(tier).toBe("tier2");
    expect(scani["data-provider"]).toBe("home_data-provider_1");
    expect(settings.tier2).toMatchObject(hosted);
    expect(settings.tier2).not.toHaveProperty("FINNHUB_API_KEY");
    expect(settings.base).not.toHaveProperty("DATA_PROVIDER_API_KEY");
    expect(notes).toContain(
      "Nothing uses home_data-provider_1, since SCANI_CLOUD_URL names another data-provider; it stops with the rest, and --back starts it again.",
    );
    expect(notes.join("\n")).not.toContain("LOG_LEVEL differs");
  });

  test.each<[Partial<ComposeContainer>, boolean]>([
    [{ state: "exited" }, false],
    [{ health: "unhealthy" }, true],
    [{ state: "restarting" }, true],
  ])("one that is %j is left as it is", (changes, isNamed) => {
    const { scani, notes } = adoption(guided({ "data-provider": changes }));
    expect(scani).not.toHaveProperty("data-provider");
    expect(notes.filter((note) => note.includes("docker stop home_data-provider_1"))).toHaveLength(isNamed ? 1 : 0);
  });

  test("the project's own data-provider by another address is refused: it would be stopped", () => {
    const own = { SCANI_CLOUD_URL: "https://data.example.com", SCANI_CLOUD_API_KEY: key("b") };
    const project = stock({
      api: { environment: { ...environmentOf("api"), ...own } },
      worker: { environment: { ...environmentOf("worker"), ...own } },
    });
    expect(problems(project)).toEqual([
      "SCANI_CLOUD_URL names data.example.com, and its key is that of home_data-provider_1: api reaches the project's own data-provider by another way than its name.",
    ]);
  });

  test("a file server that is gone, which compose's file goes on naming, is nobody's", () => {
    const { settings, objectStore } = adoption(guided({}, "data-provider", "minio"));
    expect(settings.base).not.toHaveProperty("S3_ENDPOINT");
    expect(settings.base).not.toHaveProperty("S3_ACCESS_KEY_ID");
    expect(objectStore).toBeUndefined();
    const elsewhere = { S3_ENDPOINT: "https://s3.example.org", S3_ACCESS_KEY_ID: "AK" };
    const worker = { environment: { ...environmentOf("worker"), ...hosted, ...elsewhere } };
    expect(adoption(guided({ worker }, "data-provider", "minio")).settings.base).toMatchObject(elsewhere);
  });

  test("the files of one that is there come along where they can be read", () => {
    const objects = { count: 2, bytes: 10, isVersioned: false };
    expect(adoption(guided(), { objects })).toMatchObject({
      objectStore: "home_minio_1",
      objects: { bucket: "job-uploads" },
    });
    for (const [changes, evidence, why] of [
      [{}, { objects: { refused: "InvalidAccessKeyId" } }, "it does not take the keys Scani has (InvalidAccessKeyId)"],
      [{}, { objects: { unreached: "curl: (60)" } }, "it does not answer Scani (curl: (60))"],
      [{ minio: { state: "exited" } }, {}, "it is exited"],
    ] as const) {
      const { objectStore, objects: source, replaced, notes } = adoption(guided(changes), evidence);
      expect([objectStore, source, replaced]).toEqual([undefined, undefined, ["home_redis_1"]]);
      expect(notes).toContain(
        `The files in home_minio_1 do not come along: ${why}, and tier 2 does not use them. It stays with compose.`,
      );
    }
  });

  test("the authority of one that has TLS is that of the service that uses it", () => {
    const provider = { ...environmentOf("data-provider"), S3_ENDPOINT: "https://storage:9000" };
    const trusting = { ...provider, NODE_EXTRA_CA_CERTS: "/certs/ca.pem" };
    const source = (environment: Readonly<Record<string, string>>) =>
      objectSourceOf(stock({ "data-provider": { environment }, minio: { aliases: ["storage"] } }));
    expect(source(provider)).toMatchObject({ endpoint: "https://storage:9000", trusted: undefined });
    expect(source(trusting)?.trusted).toEqual({ container: "id-of-data-provider", path: "/certs/ca.pem" });
  });

  test("base's own mail catcher gets a port beside that of compose's", () => {
    expect(adoption(guided({}, "data-provider")).settings.base.MAILPIT_UI_PORT).toBe("8027");
  });
});

test("a real mail server needs no port of a catcher's page", () => {
  const provider = { ...environmentOf("data-provider"), SMTP_URL: "smtps://u:p@mail.example.org:465" };
  expect(adoption(stock({ "data-provider": { environment: provider } })).settings.base).not.toHaveProperty(
    "MAILPIT_UI_PORT",
  );
});

test("variables with odd names, and those that a compose file empties, are kept with the others", () => {
  const api = {
    environment: { ...environmentOf("api"), "log.format": "json", "X-Y": "1", EMPTIED: "", UNSET: "" },
    ofImage: { PATH: "/bin", EMPTIED: "by the image" },
  };
  const { settings, notes } = adoption(stock({ api }));
  expect(furtherVariablesIn(settings.tier1.extraEnvironment)).toEqual(
    [
      ["TZ", "Europe/Berlin"],
      ["log.format", "json"],
      ["X-Y", "1"],
      ["EMPTIED", ""],
    ].map(([name, value]) => ({ service: "api", name, value })),
  );
  expect(notes).toContain("Further variables, kept as extraEnvironment: api TZ, api log.format, api X-Y, api EMPTIED.");
});

test("whatever else uses the project's servers is told where base's own are", () => {
  const sidecar = container("backup", { image: "prodrigestivill/postgres-backup-local:16" });
  const project = stock({
    postgres: { published: ["127.0.0.1:5432"] },
    minio: { published: ["127.0.0.1:9001"] },
    "data-provider": { published: ["0.0.0.0:8082"] },
  });
  const others = [
    { ...sidecar, environment: { POSTGRES_HOST: "postgres", POSTGRES_USER: "postgres" } },
    container("adminer", { environment: { ADMINER_DESIGN: "postgres" } }),
  ];
  const { notes } = adoption(
    { ...project, containers: [...project.containers, ...others] },
    {
      neighbours: [
        neighbour("pgadmin", ["home_default"], { DSN: "host=home_postgres_1 port=5432" }),
        neighbour("far", ["elsewhere"], { REDIS_URL: "redis://redis:6379" }),
        neighbour("cache-view", ["home_default"], { HOSTS: "local:redis:6379", REDIS_URL: "redis://redis:6379/1" }),
      ],
    },
  );
  expect(notes).toEqual(
    expect.arrayContaining([
      "home_postgres_1 is published on 127.0.0.1:5432, and that ends: base's own Postgres is reached by containers alone.",
      "home_minio_1 is published on 127.0.0.1:9001, and that ends: base's own S3 server is reached by containers alone.",
      "home_data-provider_1 is published on 0.0.0.0:8082, and that ends: a release's own is reached by its own services alone.",
      "home_backup_1 uses home_postgres_1 (POSTGRES_HOST), which stops. Base's own Postgres is postgres on the network scani-data: `docker network connect scani-data home_backup_1`.",
      "pgadmin uses home_postgres_1 (DSN), which stops. Base's own Postgres is postgres on the network scani-data: `docker network connect scani-data pgadmin`.",
      "cache-view uses home_redis_1 (HOSTS, REDIS_URL), which stops. Base's own Redis is redis on the network scani-data, with other credentials: `docker network connect scani-data cache-view`.",
      "What runs `docker compose exec postgres …`, a backup by cron for one, finds nothing there any more: backups are made by `npm run backup`, and psql is `docker exec -it scani-postgres psql -U scani scani`.",
    ]),
  );
  expect(notes.filter((note) => /(adminer_1|far) uses/.test(note))).toEqual([]);
});

describe("parts of the data beside its volume", () => {
  const having = (elsewhere: Partial<DataElsewhere>, mounts: ComposeContainer["mounts"] = []) => {
    const [postgres] = stock().containers;
    return refused(stock({ postgres: { mounts: [...mounts, ...postgres.mounts] } }), {
      database: { ...found.database, elsewhere: { tablespaces: [], files: [], ...elsewhere } },
    });
  };

  test("a tablespace is moved into the data first", () => {
    expect(having({ tablespaces: ["fast disk"] })).toEqual([
      {
        what: "home_postgres_1 keeps the tablespace fast disk beside the volume of its data, and only that volume comes along.",
        why: "Its tables and indexes are locked while they are moved.",
        type: [
          `docker exec -it home_postgres_1 psql -U scani -c 'alter table all in tablespace "fast disk" set tablespace pg_default' scani`,
          `docker exec -it home_postgres_1 psql -U scani -c 'alter index all in tablespace "fast disk" set tablespace pg_default' scani`,
          `docker exec -it home_postgres_1 psql -U scani -c 'drop tablespace "fast disk"' postgres`,
        ],
      },
    ]);
  });

  test("so is a write-ahead log of its own", () => {
    const [only] = having({ log: "/wal" });
    expect(only.what).toBe(
      "home_postgres_1 keeps its write-ahead log in /wal (POSTGRES_INITDB_WALDIR), and only the volume of its data comes along.",
    );
    const link = "/var/lib/postgresql/data/pg_wal";
    expect(only.type).toEqual([
      "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml stop",
      `docker run --rm --volumes-from home_postgres_1 --entrypoint sh postgres:16-alpine -c 'cp -a "$(readlink -f ${link})" ${link}.copied && rm ${link} && mv ${link}.copied ${link}'`,
      "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
    ]);
  });

  test.each([
    ["ssl_cert_file", "/certs/server.crt", "alter system set ssl = off"],
    ["hba_file", "/var/lib/postgresql/data/pg_hba.conf", "show config_file"],
    ["ssl_key_file", "/var/lib/postgresql/data/own/server.key", "alter system set ssl_key_file = 'own/server.key'"],
    ["include", "/certs/more.conf", "show config_file"],
  ])("%s = %s, which base's Postgres would not find, is refused", (setting, path, words) => {
    const told = having({ files: [{ setting, path }] }, [{ type: "bind", source: "/srv/certs", path: "/certs" }]);
    expect(told.map(({ what }) => what)).toEqual([
      `The settings in the data of home_postgres_1 name ${path} (${setting}), where base's own Postgres finds nothing.`,
    ]);
    expect([told[0].type].flat()[0]).toBe(
      `docker exec -it home_postgres_1 psql -U scani -c ${words.includes("'") ? `'${words.replaceAll("'", `'\\''`)}'` : `'${words}'`} postgres`,
    );
  });

  test.each([
    ["log_directory", "/certs/pg", "log"],
    ["log_directory", "/var/log/postgresql", "log"],
    ["stats_temp_directory", "/var/run/stats", "pg_stat_tmp"],
  ])("%s = %s, which base's Postgres cannot write to, is refused", (setting, path, folder) => {
    const [only, ...more] = having({ files: [{ setting, path }] });
    expect(more).toEqual([]);
    expect(only.what).toBe(
      `The settings in the data of home_postgres_1 name ${path} (${setting}), where base's own Postgres cannot write.`,
    );
    expect([only.type].flat()[0]).toContain(`alter system set ${setting} = '\\''${folder}'\\''`);
  });

  test.each(["/var/run/postgresql/log", "/tmp"])("%s is a folder base's Postgres has too", (path) => {
    expect(having({ files: [{ setting: "log_directory", path }] })).toEqual([]);
  });

  test("the place of the data in a settings' file is taken out of it", () => {
    const [only] = having({ files: [{ setting: "data_directory", path: "/var/lib/postgresql/data" }] });
    expect([only.why, only.type]).toEqual([
      "Take the line that names it out of this file: the image says where the data is (PGDATA).",
      "docker exec -it home_postgres_1 psql -U scani -c 'show config_file' postgres",
    ]);
  });

  test.each([
    ["bind", "/srv/pg_hba.conf", "pg_hba.conf"],
    ["volume", "home_wal", "pg_wal"],
  ])("what is mounted within the data (%s %s) is copied into its volume first", (type, source, inner) => {
    const path = `/var/lib/postgresql/data/${inner}`;
    expect(having({}, [{ type, source, path }])).toEqual([
      {
        what: `${source} is mounted within the data of home_postgres_1, at ${path}, and only the volume of its data comes along.`,
        why: "The first two copy it into that volume while the project stands still. Take the mount out of the compose file before the last.",
        type: [
          "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml stop",
          `docker run --rm --volumes-from home_postgres_1 -v home_postgres-data:/volume --entrypoint sh postgres:16-alpine -c 'cp -a ${path} /volume/${inner}.copied && rm -rf /volume/${inner} && mv /volume/${inner}.copied /volume/${inner}'`,
          "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
        ],
      },
    ]);
  });

  test("what is in memory only is there anew at every start", () => {
    expect(having({}, [{ type: "tmpfs", source: "", path: "/var/lib/postgresql/data/pg_stat_tmp" }])).toEqual([]);
  });

  test("a file of the image's own is there again", () => {
    expect(having({ files: [{ setting: "ssl_cert_file", path: "/etc/ssl/certs/snakeoil.pem" }] })).toEqual([]);
  });
});

describe("a Postgres that a release could not reach", () => {
  const anybody = { databases: ["all"], roles: ["all"], netmask: null, error: null };
  const lets = { ...anybody, line: 1, type: "host", address: "all", method: "scram-sha-256" };
  const having = (database: Partial<NonNullable<AdoptEvidence["database"]>>, project = stock()) =>
    refused(project, { database: { ...found.database, ...database } });
  const psql = (words: string) => `docker exec -it home_postgres_1 psql -U scani -c ${words} postgres`;

  test.each([
    ["every question was answered", {}],
    // With `-p 5433` in its command psql finds no socket, and the password is asked at another port.
    ["none was", { takesPassword: false, isSuperuser: undefined, backups: { refused: "no such file" }, rules: [] }],
  ])("at another port is named by that alone, where %s", (_where, database) => {
    const url = "postgres://scani:pass%2Fword-1@postgres:5433/scani";
    expect(having(database, everywhere({ DATABASE_URL: url })).map(({ what, type }) => [what, type])).toEqual([
      [
        "DATABASE_URL names port 5433 of home_postgres_1, and a release reaches Postgres at 5432 alone.",
        "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
      ],
    ]);
    expect(having({}, everywhere({ DATABASE_URL: url.replace(":5433", "") }))).toEqual([]);
  });

  test.each([
    [{ port: "5433" }, "name port 5433, which its command overrides", "alter system set port = 5432"],
    [
      { listen_addresses: "localhost, 172.20.0.5" },
      "listens on localhost, 172.20.0.5 (listen_addresses)",
      "alter system set listen_addresses",
    ],
    [{ listen_addresses: "" }, "listens on no address (listen_addresses)", "alter system set listen_addresses"],
  ])("by the settings in its data is refused: %j", (start, words, type) => {
    const [only, ...more] = having({ start });
    expect(more).toEqual([]);
    expect(only.what).toContain(words);
    expect(only.type).toContain(type);
    expect(having({ start: { port: "5432", listen_addresses: "127.0.0.1, 0.0.0.0" } })).toEqual([]);
  });

  test("since it demands TLS is said so, and not that the password is wrong", () => {
    const rules = [{ ...lets, type: "hostssl" }];
    expect(having({ rules, takesPassword: false })).toEqual([
      {
        what: "home_postgres_1 does not let scani in from every network without TLS, as a release comes: no line of its pg_hba.conf does.",
        why: expect.stringContaining("whose addresses are not compose's"),
        type: [
          `docker exec home_postgres_1 sed -i '1i host "scani" "scani" samenet scram-sha-256' /var/lib/postgresql/data/pg_hba.conf`,
          psql("'select pg_reload_conf()'"),
        ],
      },
    ]);
    expect(having({ rules: [lets], takesPassword: false }).map(({ what }) => what)).toEqual([
      "home_postgres_1 does not take the password in DATABASE_URL.",
    ]);
    expect(having({ rules: [lets] })).toEqual([]);
  });

  test("since a line refuses it is named by that line", () => {
    expect(having({ rules: [{ ...lets, method: "reject" }, lets] })[0].what).toContain(
      "line 1 of its pg_hba.conf says otherwise (host all all all reject).",
    );
  });

  test("is asked for the subnet that is set for base, where one is", () => {
    const rules = [{ ...lets, address: "10.20.0.0", netmask: "255.255.0.0" }];
    const told = (chosen: AdoptIntent["chosen"]) =>
      problems(stock(), { database: { ...found.database, rules } }, { chosen });
    expect(told({ subnet: "10.20.30.0/24" })).toEqual([]);
    expect(told({})).toEqual([expect.stringContaining("no line of its pg_hba.conf does")]);
  });

  test("that would not start on its rules, or has them elsewhere, is mended first", () => {
    const broken = { ...lets, type: null, line: 7, error: "end-of-line before method" };
    expect(having({ rules: [broken, lets] })).toEqual([
      {
        what: "Line 7 of pg_hba.conf in the data of home_postgres_1 cannot be read (end-of-line before method), and base's own Postgres would not start on it.",
        type: psql("'select line_number, error from pg_hba_file_rules where error is not null'"),
      },
    ]);
    expect(having({ rules: [], rulesFile: "/etc/my hba.conf" })).toEqual([
      {
        what: expect.stringMatching(/^home_postgres_1 reads its login rules \(hba_file\) from \/etc\/my hba\.conf by/),
        why: expect.stringContaining("Take hba_file out of the compose file"),
        type: [
          "docker exec home_postgres_1 cp '/etc/my hba.conf' /var/lib/postgresql/data/pg_hba.conf",
          "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
        ],
      },
    ]);
  });

  test.each([
    ["role", "home_postgres_1 has no role scani, which DATABASE_URL names."],
    ["database", "home_postgres_1 has no database scani, which DATABASE_URL names."],
  ] as const)("without the %s in DATABASE_URL is told that alone", (lacks, what) => {
    const refused = { isSuperuser: undefined, takesPassword: false, rules: [], backups: { refused: "FATAL" } };
    const project = stock({ postgres: { environment: { POSTGRES_USER: "owner", POSTGRES_DB: "books" } } });
    expect(having({ ...refused, lacks }, project)).toEqual([
      {
        what,
        why: `Name the ${lacks} that Scani's data is of in the .env file beside the compose file, and let compose apply it.`,
        type: "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
      },
    ]);
  });

  test("with fingerprints of an earlier adoption's secrets is rid of them first", () => {
    expect(having({ differing: [], stale: ["encryptionKey", "databasePassword"] })).toEqual([
      {
        what: "The data of home_postgres_1 has fingerprints of another ENCRYPTION_KEY and password (scani-made-with.json) than api has, as from an earlier adoption, and base would refuse it.",
        why: "The stored passwords and credentials match api's, so the fingerprints can be removed; base makes them anew.",
        type: "docker exec home_postgres_1 rm -f /var/lib/postgresql/data/scani-made-with.json /var/lib/postgresql/data/scani-made-with.json.new",
      },
    ]);
  });

  test("with another password than it keeps, which it does not ask for, is refused as base would", () => {
    expect(having({ differing: ["databasePassword"] })).toEqual([
      {
        what: "home_postgres_1 does not take the password in DATABASE_URL: it lets Scani in without, and keeps another one.",
        type: psql(String.raw`'\password'`),
      },
    ]);
  });
});

describe("what compose's Postgres has and base's own has not", () => {
  const having = (database: Partial<NonNullable<AdoptEvidence["database"]>>) =>
    refused(stock(), { database: { ...found.database, ...database } });
  const psql = (words: string) =>
    `docker exec -it home_postgres_1 psql -U scani -c '${words.replaceAll("'", `'\\''`)}' postgres`;

  test.each([
    ["max_prepared_transactions", "5", "'5'"],
    // In one pair of quotes it would be the name of one library.
    ["shared_preload_libraries", 'timescaledb, "pg_cron"', "'timescaledb', 'pg_cron'"],
  ])("%s = %s, without which the data is of no use, is written into it first", (setting, value, words) => {
    const [only, ...more] = having({ needed: [{ setting, value }] });
    expect(more).toEqual([]);
    expect(only.what).toBe(
      `home_postgres_1 is given ${setting} = ${value} by its command, or by a file outside its data, and base's own has the settings in the data alone.`,
    );
    expect(only.type).toBe(psql(`alter system set ${setting} = ${words}`));
  });

  test.each([
    [
      "/var/run/postgresql, /sockets",
      "name /sockets (unix_socket_directories), where base's own Postgres cannot write.",
    ],
    ['/var/run/postgresql,"/mnt/a socket"', "name /mnt/a socket (unix_socket_directories), where"],
    ["/tmp", "leave out /var/run/postgresql (unix_socket_directories), where backups reach it."],
    ["", "leave out /var/run/postgresql (unix_socket_directories), where backups reach it."],
  ])("its socket in %j is put where base's own can have it first", (unix_socket_directories, words) => {
    const [only, ...more] = having({ socket: "/var/run/postgresql", start: { unix_socket_directories } });
    expect(more).toEqual([]);
    expect(only.what).toContain(`The settings in the data of home_postgres_1 ${words}`);
    expect(only.type).toBe(psql("alter system set unix_socket_directories = '/var/run/postgresql'"));
  });

  test.each(["/var/run/postgresql", "/tmp, /var/run/postgresql", "/var/run/postgresql, @scani"])(
    "its socket in %j is one base's own has too",
    (unix_socket_directories) =>
      expect(having({ socket: "/var/run/postgresql", start: { unix_socket_directories } })).toEqual([]),
  );

  test("a library that is mounted comes with an image first", () => {
    const [postgres] = stock().containers;
    const libraries = ["/usr/lib/postgresql/16/lib", "/usr/share/postgresql/16/extension"];
    const mounted = (path: string) =>
      refused(stock({ postgres: { mounts: [{ type: "bind", source: "/srv/it", path }, ...postgres.mounts] } }), {
        database: { ...found.database, libraries },
      });
    for (const path of ["/usr/lib/postgresql/16/lib/pg_cron.so", "/usr/share/postgresql/16"])
      expect(mounted(path)).toEqual([
        {
          what: `/srv/it is mounted into home_postgres_1 at ${path}, among what Postgres loads, and base's own has its image alone: it would not start, or not answer what uses it.`,
          why: expect.stringContaining("Make an image of postgres:16-alpine that has it"),
          type: "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
        },
      ]);
    expect(mounted("/usr/share/postgresql/postgresql.conf.sample")).toEqual([]);
  });

  test("fewer connections than Scani's pools may open now are raised in the data first", () => {
    const [only, ...more] = having({ connections: "300", start: { max_connections: "100" } });
    expect(more).toEqual([]);
    expect(only.what).toContain("is given max_connections = 300 by its command");
    expect(only.type).toBe(psql("alter system set max_connections = '300'"));
    // Once that is done, or where the data has more, which is not in force yet, nothing is said.
    for (const max_connections of ["300", "1000"])
      expect(having({ connections: "300", start: { max_connections } })).toEqual([]);
    expect(having({ connections: undefined, start: { max_connections: "50" } })).toEqual([]);
  });

  test("a replication slot that nobody would read any more is dropped first, in its database", () => {
    const drop = (slot: string, of: string) =>
      psql(`select pg_drop_replication_slot('${slot}')`).replace(/postgres$/, of);
    expect(having({ slots: [{ slot: "standby_1" }, { slot: "debezium", database: "scani" }] })).toEqual(
      [
        ["standby_1", "postgres"],
        ["debezium", "scani"],
      ].map(([slot, of]) => ({
        what: `home_postgres_1 keeps its write-ahead log for whoever reads the replication slot ${slot}, and nobody outside reaches base's own.`,
        why: expect.stringContaining("fills the disk"),
        type: drop(slot, of),
      })),
    );
  });

  test("commits that would wait for a standby are refused", () => {
    const [only, ...more] = having({ start: { synchronous_standby_names: "ANY 1 (one, two)" } });
    expect(more).toEqual([]);
    expect(only.what).toContain("name ANY 1 (one, two) (synchronous_standby_names)");
    expect(only.type).toEqual([
      psql("alter system set synchronous_standby_names = ''"),
      psql("select pg_reload_conf()"),
    ]);
    expect(having({ start: { synchronous_standby_names: "" } })).toEqual([]);
  });

  test("an archive that base's own could not reach ends first", () => {
    expect(having({ archives: true })).toEqual([
      {
        what: "home_postgres_1 archives its write-ahead log (archive_mode), and base's own could not: it has one volume, and no way out of its network.",
        why: "What is not archived is kept until the disk is full. Backups of this module's are dumps (npm run backup).",
        type: psql("alter system set archive_mode = off"),
      },
    ]);
  });

  test("another user's data becomes that of the image's own", () => {
    expect(having({ owner: "1000" }).map(({ what, type }) => [what, type])).toEqual([
      [
        "The data of home_postgres_1 belongs to the user 1000, and base's own Postgres runs as its image's: it could not reach it in the volume.",
        "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
      ],
    ]);
  });

  test("more shared memory is noted, with what does without", () => {
    const shared = (sharedMemory: number) =>
      adoption(stock({ postgres: { sharedMemory } })).notes.filter((note) => note.includes("shm_size"));
    expect(shared(64 * 2 ** 20)).toEqual([]);
    expect(shared(2 ** 30)).toEqual([
      `home_postgres_1 has 1024 MiB of shared memory (shm_size), and base's own 64 MiB, which large parallel queries exceed. From the next start on this has them use the disk: \`${psql("alter system set dynamic_shared_memory_type = 'mmap'")}\`.`,
    ]);
  });
});

describe("memory limits", () => {
  const limits = (...args: Parameters<typeof plan>) => {
    const { settings, notes } = adoption(...args);
    const { postgresMemory } = settings.base;
    const { apiMemory, workerMemory } = settings.tier1;
    return { postgresMemory, apiMemory, workerMemory, notes: notes.filter((note) => note.includes("limits")) };
  };
  const mebibyte = 2 ** 20;

  test("follow what compose's containers have, and never fall below the defaults", () => {
    const project = stock({
      postgres: { memory: 4096 * mebibyte },
      api: { memory: 2048 * mebibyte },
      worker: { memory: 256 * mebibyte },
    });
    expect(limits(project)).toEqual({
      postgresMemory: "4096",
      apiMemory: "2048",
      notes: [
        "Memory limits (MiB) above the defaults, as compose's containers have or Postgres is set to: postgresMemory 4096, apiMemory 2048.",
      ],
    });
    expect(limits(project, {}, { chosen: { postgresMemory: "3000", apiMemory: "1024" } })).toEqual({ notes: [] });
  });

  test("leave room for what a Postgres without one is set to", () => {
    const sizes = { shared_buffers: 2048 * mebibyte, maintenance_work_mem: 512 * mebibyte, work_mem: 8 * mebibyte };
    const evidence = { database: { ...found.database, sizes } };
    // The sum is 1024 for the defaults, 1920 and 448 above them, and 4 for each of 20 connections.
    expect(limits(stock(), evidence).postgresMemory).toBe("3472");
    expect(limits(stock({ postgres: { memory: 3000 * mebibyte } }), evidence).postgresMemory).toBe("3000");
    expect(limits(stock(), { database: { ...found.database, sizes: { shared_buffers: 64 * mebibyte } } })).toEqual({
      notes: [],
    });
  });
});

test.each([
  [["127.0.0.1:8080", "100.64.0.7:8080"], "127.0.0.1 and 100.64.0.7", "127.0.0.1", "100.64.0.7"],
  [["[::1]:8080"], "::1", "127.0.0.1", "::1"],
  [["[::]:8080"], "::", "0.0.0.0", "::"],
  [["127.0.0.1:8080", "[::1]:8080"], "127.0.0.1 and ::1", "127.0.0.1", "::1"],
  [["0.0.0.0:8080", "[fd00::5]:8080"], "0.0.0.0 and fd00::5", "0.0.0.0", "fd00::5"],
])("a port that is published on %j cannot be taken by one address", (published, told, address, leftOut) => {
  const project = stock({ "frontend-app": { published } });
  expect(problems(project, {}, { port: undefined })).toEqual([
    `home_frontend-app_1 publishes port 8080 on ${told}, and the gateway listens on one IPv4 address.`,
  ]);
  // Next to compose's page the gateway has its own port, so this is only a note.
  expect(adoption(project).notes.filter((note) => note.includes("alone"))).toEqual([
    `home_frontend-app_1 is published on ${told}; the gateway's port will be on ${address} alone, and nobody reaches it by ${leftOut}.`,
  ]);
  expect(adoption(project).settings.base.bindAddress).toBe(address);
});

test("IPv6 that Docker publishes on beside IPv4 is left out, and that is said", () => {
  const project = stock({ "frontend-app": { published: ["0.0.0.0:8080", "[::]:8080"] } });
  expect(problems(project, {}, { port: undefined })).toEqual([]);
  const { settings, port, notes } = adoption(project, {}, { port: undefined });
  expect(settings.base).toMatchObject({ bindAddress: "0.0.0.0", FRONTEND_PORT: "8080" });
  expect(port).toEqual({ now: 8080, then: 8080 });
  expect(notes.filter((note) => note.includes("alone"))).toEqual([
    expect.stringContaining("on 0.0.0.0 alone, and nobody reaches it by ::."),
  ]);
});

test("a page on the host's own network is reached by all of its addresses", () => {
  const { base } = adoption(stock({ "frontend-app": { published: [], networks: ["host"] } })).settings;
  expect(base.bindAddress).toBe("0.0.0.0");
});

test("a server that only has an IPv6 address is refused, and one that may have is said", () => {
  const url = (host: string) => everywhere({ DATABASE_URL: `postgres://scani:pass-word-1@${host}:5432/scani` });
  expect(problems(url("[2001:db8::5]"))).toEqual([
    "DATABASE_URL of home_api_1 names 2001:db8::5, and a release's networks have IPv4 alone.",
  ]);
  expect(problems(url("db.example.com"))).toEqual([]);
  const told = (dualNetworks: string[]) =>
    adoption(stock(), { dualNetworks }).notes.filter((note) => note.includes("IPv6"));
  expect(told([])).toEqual([]);
  expect(told(["home_default"])).toEqual([
    "home_default has IPv6, and a release's networks IPv4 alone: a server somewhere else has to have an IPv4 address.",
  ]);
});

/** Returns the stock project with more variables of a service, and a container that stays with compose. */
function beside(service: string, environment: Readonly<Record<string, string>>, more: Partial<ComposeContainer> = {}) {
  const project = stock({ [service]: { ...more, environment: { ...environmentOf(service), ...environment } } });
  return { ...project, containers: [...project.containers, container("squid")] };
}

test.each([
  ["worker", "HTTPS_PROXY", "http://squid:3128", "squid", "containers on its networks"],
  ["api", "https_proxy", "squid:3128", "squid", "containers on its networks"],
  ["api", "HTTP_PROXY", "http://host.docker.internal:3128", "host.docker.internal", "that container"],
])("a proxy of %s that no release would reach is refused: %s=%s", (service, name, value, host, only) => {
  expect(problems(beside(service, { [name]: value }))).toEqual([
    `${name} of home_${service}_1 names ${host}, which only ${only} can reach.`,
  ]);
  expect(problems(beside(service, { [name]: "http://proxy.example.com:3128" }))).toEqual([]);
  expect(problems(beside(service, { NO_PROXY: "squid,10.0.0.0/8" }))).toEqual([]);
});

test("variables that name what stays with compose, or what extra_hosts know, are named", () => {
  const told = (...args: Parameters<typeof beside>) =>
    adoption(beside(...args)).notes.filter((note) => note.includes("by that name"));
  expect(told("api", { OLLAMA_URL: "http://squid:11434" })).toEqual([
    "OLLAMA_URL of home_api_1 names squid, which a release does not find by that name.",
  ]);
  expect(told("worker", { RATES_HOST: "rates.lan" }, { extraHosts: ["rates.lan"] })).toEqual([
    "RATES_HOST of home_worker_1 names rates.lan, which a release does not find by that name.",
  ]);
  expect(told("api", { OLLAMA_URL: "https://ollama.example.com" })).toEqual([]);
});

test("what containers are created with and a release's are not is named once", () => {
  const told = (changes: Parameters<typeof stock>[0]) =>
    adoption(stock(changes)).notes.filter((note) => /created with|not started as/.test(note));
  expect(told({ redis: { options: ["--cpus 1"], ownProgram: true } })).toEqual([]);
  expect(told({ postgres: { options: ["--ulimit nofile"], ownProgram: true } })).toEqual([
    "What containers are created with that does not come along: --ulimit nofile of home_postgres_1.",
  ]);
  expect(told({ api: { options: ["--dns 10.0.0.53", "--log-driver gelf"] }, worker: { ownProgram: true } })).toEqual([
    "What containers are created with that does not come along: --dns 10.0.0.53 --log-driver gelf of home_api_1. A release finds hosts, and reaches them, as any container of the engine does.",
    "home_worker_1 is not started as the image says (entrypoint or command in the compose file), and a release's own will be.",
  ]);
});

test("an address that names the page's own port goes on being the one browsers use", () => {
  const told = (...args: Parameters<typeof plan>) => adoption(...args).notes.filter((note) => note.includes("tunnel"));
  expect(told()).toEqual([expect.stringContaining("FRONTEND_URL is http://localhost:8080, the page's own port")]);
  expect(told(stock(), {}, { port: undefined })).toEqual([]);
  const proxied = { FRONTEND_URL: "https://scani.example.org", BACKEND_URL: "https://scani.example.org" };
  expect(told(everywhere(proxied))).toEqual([]);
});

test("where the port is taken, one is named that is not", () => {
  const published = [8090, 8091].map((port) => ({ container: "nginx", port, project: false }));
  expect(refused(stock(), { published }).map(({ type }) => type)).toEqual(["npm run adopt -- home --port 8092"]);
});

describe("a private authority", () => {
  const certificate = (letter: string) => `-----BEGIN CERTIFICATE-----\n${letter}\n-----END CERTIFICATE-----`;
  const api = { environment: { ...environmentOf("api"), NODE_EXTRA_CA_CERTS: "/certs/ca.pem" } };
  const file = (...certificates: string[]) => ({ container: "home_api_1", path: "/certs/ca.pem", certificates });

  test("is kept as caCertificate, on every stack", () => {
    const { settings, notes } = adoption(stock({ api }), {
      authorities: [file(certificate("A"), certificate("B")), file(certificate("A"))],
    });
    const both = `${certificate("A")}\n${certificate("B")}`;
    expect([settings.base.caCertificate, settings.tier1.caCertificate]).toEqual([both, both]);
    expect(settingNamed("caCertificate").schema.safeParse(both).success).toBe(true);
    expect(settings.tier1.extraEnvironment).not.toContain("NODE_EXTRA_CA_CERTS");
    expect(notes).toContain("The certificates in /certs/ca.pem (NODE_EXTRA_CA_CERTS) are kept as caCertificate.");
  });

  test("whose certificate cannot be read is refused", () => {
    expect(problems(stock({ api }), { authorities: [file()] })).toEqual([
      "NODE_EXTRA_CA_CERTS of home_api_1 names /certs/ca.pem, in which there is no certificate that could be kept as caCertificate.",
    ]);
  });
});

test.each([
  ["api", ["BETTER_AUTH_SECRET", "ENCRYPTION_KEY", "LOG_ID_PEPPER"]],
  ["worker", ["ENCRYPTION_KEY", "LOG_ID_PEPPER"]],
  ["data-provider", ["DATA_PROVIDER_API_KEY", "LOG_ID_PEPPER"]],
])("what %s runs with and nobody sees (%j) is refused: it would be made anew", (service, hidden) => {
  const environment = Object.fromEntries(
    Object.entries(environmentOf(service)).filter(([name]) => !hidden.includes(name)),
  );
  expect(problems(stock({ [service]: { environment } }))).toEqual([
    `The environment of home_${service}_1 has no ${hidden.join(", ")}, without which Scani does not start: it has them from elsewhere, as from a file that is mounted or an entrypoint of your own.`,
  ]);
});

test("LOG_ID_PEPPER is missed in production alone", () => {
  const environment = Object.fromEntries(
    Object.entries(environmentOf("worker")).filter(([name]) => name !== "LOG_ID_PEPPER"),
  );
  expect(problems(stock({ worker: { environment: { ...environment, NODE_ENV: "development" } } }))).toEqual([]);
  expect(problems(stock({ worker: { environment } }))).toEqual([
    expect.stringContaining("The environment of home_worker_1 has no LOG_ID_PEPPER,"),
  ]);
});

test.each<[string, Partial<ComposeContainer>, string, string]>([
  ["redis", { state: "paused" }, "home_redis_1 is paused.", "docker unpause home_redis_1"],
  [
    "api",
    { state: "restarting" },
    "home_api_1 ends and is started again, over and over.",
    "docker logs --tail 50 home_api_1",
  ],
  ["minio", { state: "exited" }, "home_minio_1 is exited.", "docker start home_minio_1"],
])("%s, which is %j, is told with what mends it", (service, changes, what, type) => {
  expect(refused(stock({ [service]: changes })).map((one) => [one.what, one.type])).toEqual([[what, type]]);
});

test.each<[string, Partial<ComposeContainer>, boolean]>([
  ["paused", { state: "paused" }, true],
  ["restarting", { state: "restarting" }, true],
  ["stopped, and started with the engine", { state: "exited", restartPolicy: "always" }, true],
  ["stopped for good", { state: "exited", restartPolicy: "no" }, false],
])("a second worker that is %s", (_what, changes, isRefused) => {
  const project = stock();
  const [worker] = project.containers.filter(({ service }) => service === "worker");
  const second = { ...worker, id: "second", name: "home_worker_2", ...changes };
  expect(problems({ ...project, containers: [second, ...project.containers] })).toEqual(
    isRefused ? ["2 containers do the work of Scani's worker: home_worker_2, home_worker_1."] : [],
  );
});

test("of workers of one service compose leaves one; of several services the others are stopped by their names", () => {
  const project = stock();
  const [worker] = project.containers.filter(({ service }) => service === "worker");
  const typed = (...more: Partial<ComposeContainer>[]) => {
    const second = more.map((changes, at) => ({
      ...worker,
      id: `more ${at}`,
      name: `home_worker_${at + 2}`,
      ...changes,
    }));
    return refused({ ...project, containers: [...second, ...project.containers] }).map(({ type }) => type);
  };
  expect(typed({})).toEqual([
    "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d --scale worker=1 worker",
  ]);
  // The worker that runs stays.
  const cron = { service: "cron", name: "home_cron_1", state: "exited", restartPolicy: "always" } as const;
  expect(typed(cron, {})).toEqual([
    ["docker update --restart no home_cron_1 home_worker_1", "docker stop home_cron_1 home_worker_1"],
  ]);
});

test("a migrator that is missing or older is pulled by the version that runs", () => {
  const label = { "org.opencontainers.image.version": "0.17.1" };
  const project = stock();
  const containers = project.containers.map((one) => ({
    ...one,
    image: one.image.replace("0.17.1", "latest"),
    imageLabels: label,
  }));
  const old = {
    image: "scani/migrate:latest",
    imageId: "sha256:m",
    imageLabels: { "org.opencontainers.image.version": "0.16.0" },
  };
  for (const migrator of [undefined, old])
    expect(refused({ ...project, containers, migrator }).map(({ type }) => type)).toEqual([
      "docker pull scani/migrate:0.17.1",
    ]);
  // Images that compose builds need no pull.
  const built = containers.map((one) => ({ ...one, image: one.image.replace("scani/", "home-") }));
  expect(refused({ ...project, containers: built }).map(({ type }) => type)).toEqual([
    "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml --profile migrate build migrate",
  ]);
});

test("what is typed again asks for the same port", () => {
  const published = everywhere({ LOG_ID_PEPPER: "0123456789abcdef0123456789abcdef" });
  const taken = { takenNames: ["container scani-redis"] };
  expect(refused(published, taken).map(({ type }) => type)).toEqual([
    "npm run adopt -- home --port 8090 --accept-public-key",
    "SCANI_NAME=scani-2 npm run adopt -- home --port 8090",
  ]);
  expect(refused(published, {}, { port: undefined }).map(({ type }) => type)).toEqual([
    "npm run adopt -- home --take-port --accept-public-key",
  ]);
});

test.each(["127.0.0.1", "[::1]"])("a server at %s, which only its container reaches, is refused", (host) => {
  expect(problems(everywhere({ REDIS_URL: `redis://${host}:6379` }))).toEqual([
    expect.stringContaining("which only that container can reach"),
  ]);
});
