import type { AdoptEvidence } from "../../../../host/adopt/evidence";
import { namesOf, planAdoption, pinnedTag, type Adoption } from "../../../../host/adopt/plan";
import type { AdoptIntent } from "../../../../host/adopt/refusals";
import { nextPhases, phasesOf } from "../../../../host/adopt/phases";
import { partsOf, type ComposeContainer, type ComposeProject } from "../../../../host/adopt/project";
import { beginRecord, takesPort } from "../../../../host/adopt/record";
import { furtherVariablesIn } from "../../../../settings";
import type { Problem } from "../../../../util/operatorError";

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
    extraHosts: [],
    published: [],
    restartPolicy: "unless-stopped",
    ...more,
  };
}

/** What Scani's installer makes, with changes by service. */
function stock(changes: Readonly<Record<string, Partial<ComposeContainer>>> = {}): ComposeProject {
  const all = [
    container("postgres", {
      image: "postgres:16-alpine",
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
    containers: all.map((one) => ({ ...one, ...changes[one.service] })),
  };
}

/** With changes to the variables of all of Scani's services that have them. */
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
  database: { major: "16", takesPassword: true, isSuperuser: true, keyOpens: true, bytes: 8_000_000, freeMiB: 10_000 },
  strangers: [],
  published: [
    { container: "home_frontend-app_1", port: 8080, project: true },
    { container: "home_mailpit_1", port: 8026, project: true },
  ],
  takenNames: [],
  installed: false,
  neighbours: [],
};

const asked: AdoptIntent = { install: "scani", port: 8090, acceptPublicKey: false };

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
  } = adoption({ ...project, containers }, { database: undefined });
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

test("a proxy on the page's network is served by name", () => {
  const { frontNetworks, notes } = adoption(stock(), { neighbours: [{ container: "caddy", network: "home_default" }] });
  expect(frontNetworks).toEqual(["home_default"]);
  expect(notes.join("\n")).toContain("caddy");
});

test("on every network of the page on which somebody else is, the gateway takes its names", () => {
  const page = { networks: ["bridge", "monitoring", "home_default", "quiet"] };
  const tunnel = container("cloudflared", { image: "cloudflare/cloudflared:1" });
  const project = stock({ "frontend-app": page });
  const { frontNetworks, notes } = adoption(
    { ...project, containers: [...project.containers, tunnel] },
    { neighbours: ["monitoring", "bridge"].map((network) => ({ container: "grafana", network })) },
  );
  expect(frontNetworks).toEqual(["monitoring", "home_default"]);
  expect(notes).toEqual(
    expect.arrayContaining([
      "On the network monitoring the gateway takes the page's names, by which grafana may reach it.",
      "On the network home_default the gateway takes the page's names, by which home_cloudflared_1 may reach it.",
    ]),
  );
  expect(adoption()).not.toHaveProperty("frontNetworks");
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
      database: { major: "15", takesPassword: false, keyOpens: false, bytes: 8_000_000_000, freeMiB: 100 },
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

test("compose's commands name the project and its files, where its folder alone would mean others", () => {
  const made = plan(stock({ api: { image: "scani/api:0.14.2" } }));
  expect("problems" in made ? made.problems.find(({ what }) => what.includes("older than"))?.type : []).toEqual([
    "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml pull",
    "cd /srv/scani && docker compose -p home -f docker-compose.prod.yml up -d",
  ]);
});

test("what is not running is named, and an install of the same name is not taken over", () => {
  expect(problems(stock({ redis: { state: "exited" } }))).toEqual(["home_redis_1 is exited."]);
  expect(problems(stock(), { installed: true })).toEqual([
    "There is an install scani already, beside the project home.",
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
    expect(record.settingNames.base).toContain("ENCRYPTION_KEY");
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
  // As compose calls what it builds.
  expect(namesOf(named((service) => `home-${service}`)).tags["sha256:frontend-app"]).toBe(
    "scani-adopted/frontend-app:adopted-api",
  );
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
  // An env_file gives every service every variable.
  const project = stock({ postgres: { environment: { API_UPSTREAM: "http://api:3001", SERVICE_NAME: "postgres" } } });
  expect(partsOf(project)["frontend-app"]?.service).toBe("frontend-app");
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

test.each<[string, Partial<ComposeContainer>, Partial<NonNullable<AdoptEvidence["database"]>>, string]>([
  ["in a folder of the volume", { environment: { PGDATA: "/var/lib/postgresql/data/pgdata" } }, {}, "(PGDATA)"],
  ["of a role that may not everything", {}, { isSuperuser: false }, "is no superuser"],
  ["that lets nobody in over its socket", {}, { isSuperuser: undefined }, "lets nobody in over the socket"],
])("a database %s is refused", (_what, changes, database, words) => {
  const postgres = { ...stock().containers[0], ...changes };
  const told = problems(stock({ postgres }), { database: { ...found.database, ...database } });
  expect(told).toEqual([expect.stringContaining(words)]);
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
  // Only containers reach it.
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
  expect(adoption(stock(), {}, { mailPort: "8126" }).settings.base).not.toHaveProperty("MAILPIT_UI_PORT");
  expect(adoption(stock(), {}, { mailPort: "8026" }).settings.base.MAILPIT_UI_PORT).toBe("8027");
});

test("a name that only this command was told is written down", () => {
  expect(adoption(stock(), {}, { install: "home", keepsName: true }).settings.base.name).toBe("home");
  expect(adoption().settings.base).not.toHaveProperty("name");
});

test("what cannot come along as it is, is noted", () => {
  const [api] = stock().containers.filter(({ service }) => service === "api");
  const project = stock({
    postgres: { ...stock().containers[0], arguments: ["postgres", "-c", "max_connections=300"] },
    api: {
      environment: { ...api.environment, LOG_LEVEL: "debug", NODE_EXTRA_CA_CERTS: "/certs/ca.pem" },
      mounts: [{ type: "bind", source: "/srv/ca", path: "/certs" }],
    },
  });
  const objects = { count: 3, bytes: 2_000_000, isVersioned: true };
  const { notes, settings } = adoption(project, { objects });
  expect(notes).toEqual(
    expect.arrayContaining([
      "home_postgres_1 is started with -c max_connections=300; base's own is not. What ALTER SYSTEM SET has set stays with the data.",
      "3 files (1.9 MB) are copied out of home_minio_1, in their newest version; its volume stays as it is.",
      "LOG_LEVEL differs between api, worker, data-provider; all get that of api.",
      "/srv/ca, mounted into home_api_1 at /certs, does not come along, though NODE_EXTRA_CA_CERTS names it. A certificate authority is given as caCertificate.",
    ]),
  );
  expect(settings.tier1.LOG_LEVEL).toBe("debug");
});
