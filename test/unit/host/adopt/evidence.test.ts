import { parseServer, readEvidence } from "../../../../host/adopt/evidence";
import { readProject } from "../../../../host/adopt/compose/readCompose";
import { verifierOf } from "../../../../host/guards/data/passwordVerifier";
import { fingerprintsOf } from "../../../../host/guards/data/secretFingerprints";
import { momentaryLabels } from "../../../../host/install/leftovers";
import { label } from "../../../../host/install/names/labels";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { FakeEngine, type FakeContainer, type Script } from "../fakeEngine";

const key = "ab".repeat(32);

test("what the server says of itself is read line by line", () => {
  const output = [
    "bytes 8000000",
    "super t",
    "tablespace fast disk",
    "tablespace slow",
    "file ssl_cert_file /certs/a server.crt",
    "file include /etc/postgresql/more.conf",
    "log /wal",
    "disk overlay 9000000 1 8192000 1% /var/lib/postgresql/data",
    "password taken",
    "needed shared_preload_libraries timescaledb, pg_cron",
    "slot standby_1 ",
    "slot debezium scani",
    "archives on",
    "owner 1000",
    "size shared_buffers 2147483648",
    'rule {"line": 7, "type": "host", "method": "md5"}',
    "rules-file /etc/my hba.conf",
    "socket /var/run/postgresql",
    "library /usr/lib/postgresql/16/lib",
    "library /usr/share/postgresql/16/extension",
    "connections 300",
    "start port 5432",
    "start max_connections 100",
    "start listen_addresses ",
    "",
  ].join("\n");
  expect(parseServer(output)).toEqual({
    bytes: 8_000_000,
    isSuperuser: true,
    takesPassword: true,
    freeMiB: 8000,
    elsewhere: {
      tablespaces: ["fast disk", "slow"],
      log: "/wal",
      files: [
        { setting: "ssl_cert_file", path: "/certs/a server.crt" },
        { setting: "include", path: "/etc/postgresql/more.conf" },
      ],
    },
    needed: [{ setting: "shared_preload_libraries", value: "timescaledb, pg_cron" }],
    slots: [{ slot: "standby_1" }, { slot: "debezium", database: "scani" }],
    archives: true,
    owner: "1000",
    sizes: { shared_buffers: 2_147_483_648 },
    rules: [{ line: 7, type: "host", method: "md5" }],
    rulesFile: "/etc/my hba.conf",
    socket: "/var/run/postgresql",
    libraries: ["/usr/lib/postgresql/16/lib", "/usr/share/postgresql/16/extension"],
    connections: "300",
    start: { port: "5432", max_connections: "100", listen_addresses: "" },
  });
  expect(parseServer("")).toEqual({
    elsewhere: { tablespaces: [], files: [] },
    needed: [],
    slots: [],
    archives: false,
    sizes: {},
    rules: [],
    libraries: [],
    start: {},
  });
});

/** Returns an engine with Scani's api and its Postgres, whose volume Docker lists after another one. */
function engine(
  script: Script = (_container, command) => ({
    output: command.join(" ").includes("pg_database_size") ? "bytes 5\npassword refused\n" : "major 16\n",
  }),
): FakeEngine {
  const made = new FakeEngine(script);
  const compose = (service: string) => ({
    "com.docker.compose.project": "home",
    "com.docker.compose.service": service,
  });
  const add = (name: string, more: Partial<FakeContainer>) => made.add({ name, state: "running", ...more });
  add("home-api", {
    labels: compose("api"),
    environment: [
      ...["SERVICE_NAME=api", "LOG_ID_PEPPER=x", "DATABASE_URL=postgres://scani:x@postgres/scani"],
      "NODE_EXTRA_CA_CERTS=/certs/ca.pem",
    ],
    networks: ["home_default"],
    confinement: { Memory: 0 },
    files: new Map([
      ["/certs/ca.pem", "# Ours\n-----BEGIN CERTIFICATE-----\nAB+/=\n-----END CERTIFICATE-----\n# the end\n"],
    ]),
  });
  add("home-postgres", {
    labels: compose("postgres"),
    networks: ["home_default", "private"],
    confinement: { Memory: 2 ** 31, ShmSize: 2 ** 30 },
    volumes: ["home_wal", "home_data"],
    mounts: [
      { type: "volume", source: "home_wal", path: "/wal" },
      { type: "volume", source: "home_data", path: "/var/lib/postgresql/data" },
    ],
  });
  add("reader", { networks: ["private"], volumes: ["home_data"], environment: ["PGHOST=postgres"] });
  add("archiver", { networks: ["elsewhere"], volumes: ["home_wal"] });
  add("gone", { state: "exited", networks: ["home_default"], volumes: ["home_data"] });
  return made;
}

test("a limit of memory is read, and 0 is none", async () => {
  const { containers } = await readProject(engine(), undefined, "/");
  expect(containers.map(({ name, memory, sharedMemory }) => [name, memory, sharedMemory])).toEqual([
    ["home-api", undefined, undefined],
    ["home-postgres", 2 ** 31, 2 ** 30],
  ]);
});

test("who shares the data, who is near, and whom Scani trusts", async () => {
  const made = engine();
  const { strangers, neighbours, authorities, database } = await readEvidence(
    made,
    await readProject(made, undefined, "/"),
    "scani",
    stacksBeside("base"),
  );
  // A stopped container is no stranger: started later it finds no data of its own, as an old one of compose's would.
  expect(strangers).toEqual(["reader"]);
  expect(neighbours).toEqual([{ name: "reader", networks: ["private"], environment: { PGHOST: "postgres" } }]);
  expect(authorities).toEqual([
    {
      container: "home-api",
      path: "/certs/ca.pem",
      certificates: ["-----BEGIN CERTIFICATE-----\nAB+/=\n-----END CERTIFICATE-----"],
    },
  ]);
  expect(database).toMatchObject({ major: "16", bytes: 5, takesPassword: false });
});

test("what keeps the data for a record of the same install is no stranger to it, another's of that name is", async () => {
  const made = engine();
  const strangers = async () =>
    (await readEvidence(made, await readProject(made, undefined, "/"), "scani", stacksBeside("base"))).strangers;
  const keeper = { name: "scani-adoption", state: "running" as const, volumes: ["home_data"] };
  const added = made.add({ ...keeper, labels: { [label.install]: "scani" } });
  expect(await strangers()).toEqual(["reader"]);
  Object.assign(added, { labels: {} });
  expect(await strangers()).toEqual(["reader", "scani-adoption"]);
});

test("a container through which a killed command has read something makes no install, one of base's does", async () => {
  const made = engine();
  const isInstalled = async () =>
    (await readEvidence(made, await readProject(made, undefined, "/"), "scani", stacksBeside("base"))).installed;
  made.add({ name: "left by a kill", state: "created", labels: momentaryLabels("scani", "reader") });
  expect(await isInstalled()).toBe(false);
  made.add({ name: "scani-redis", labels: { [label.install]: "scani", [label.service]: "redis" } });
  expect(await isInstalled()).toBe(true);
});

describe("where pages upload to on tier 2", () => {
  const url = "https://hosted.example.org";
  const answered = (body: string) => ({ output: `200 0.1 0.2 \nexit 0\n${body}` });
  const spot = { uploadUrl: "https://bucket.example.org/job-uploads/x?signature=y", key: "x", requiredHeaders: {} };

  /** Reads it off an endpoint that answers compose's api with this. */
  async function uploadsOf(answer: ReturnType<Script>, more: readonly string[] = [`SCANI_CLOUD_URL=${url}`]) {
    const asked: string[] = [];
    const made = engine((container, command, call) => {
      const text = command.join(" ");
      if (!text.includes("/trpc/")) return { output: "major 16\n" };
      asked.push(container.name, /trpc\/\S+(?=")/.exec(text)?.[0] ?? "", ...(call.environment ?? []));
      return answer;
    });
    const api = made.find("home-api");
    Object.assign(api ?? {}, { environment: [...(api?.environment ?? []), "SCANI_CLOUD_API_KEY=the-secret", ...more] });
    const project = await readProject(made, undefined, "/");
    return [(await readEvidence(made, project, "scani", stacksBeside("base"))).hostedUploads, asked] as const;
  }

  test("is asked of the endpoint from compose's api, which puts nothing there", async () => {
    const [uploads, asked] = await uploadsOf(answered(JSON.stringify({ result: { data: spot } })));
    expect(uploads).toBe("https://bucket.example.org");
    expect(asked).toEqual(["home-api", "trpc/storage.presignUpload", expect.stringMatching(/^SCANI_CALL_BODY=\{/)]);
  });

  test.each([
    ["does not answer", { output: "curl: (7) refused\n000 0 0 \nexit 7\n" }],
    ["names no place", answered(JSON.stringify({ result: { data: {} } }))],
    ["cannot be asked", undefined],
  ])("is unknown where the endpoint %s", async (_what, answer) => {
    expect((await uploadsOf(answer))[0]).toBeUndefined();
  });

  test("is not asked of anybody without an endpoint", async () => {
    expect(await uploadsOf(answered("{}"), [])).toEqual([undefined, []]);
  });
});

test.each([
  [{ exitCode: 60, errors: "curl: (60) SSL certificate problem" }, { unreached: /^https:.* \(60\) SSL/ }],
  [{ output: "<Code>InvalidAccessKeyId</Code>\n403" }, { refused: /\(403\): InvalidAccessKeyId/ }],
  [{ output: "<Contents><Key>a</Key><Size>3</Size></Contents>\n200" }, { count: /1/ }],
])("a bucket that answers %j is asked as Scani does, with its authority", async (answer, found) => {
  const asked: { script: string; input: string }[] = [];
  const made = engine((_container, command, { input }) => {
    if (command[3] !== "curl") return {};
    asked.push({ script: command[2], input: input ?? "" });
    return answer;
  });
  const labels = (service: string) => ({
    "com.docker.compose.project": "home",
    "com.docker.compose.service": service,
  });
  const running = { state: "running" as const, networks: ["home_default"] };
  made.add({ ...running, name: "home-minio", labels: labels("minio") });
  made.add({
    ...running,
    name: "home-worker",
    labels: labels("worker"),
    environment: [
      ...["SERVICE_NAME=worker", "LOG_ID_PEPPER=x", "S3_ENDPOINT=https://minio:9000"],
      ...["S3_ACCESS_KEY_ID=scani", "S3_SECRET_ACCESS_KEY=secret"],
    ],
  });
  const { objects } = await readEvidence(made, await readProject(made, undefined, "/"), "scani", stacksBeside("base"));
  for (const [name, words] of Object.entries(found))
    expect(String(objects?.[name as keyof typeof objects])).toMatch(words);
  expect(asked[0].script).toContain('CURL_CA_BUNDLE="$NODE_EXTRA_CA_CERTS"');
  expect(asked[0].input).not.toContain("connect-to");
});

test("networks of the project that have IPv6 are known", async () => {
  const made = engine();
  const add = (name: string, ...subnets: string[]) => made.networksThere.push({ id: name, name, labels: {}, subnets });
  add("home_default", "172.20.0.0/16", "fd00:1::/64");
  add("private", "172.21.0.0/16");
  add("elsewhere", "fd00:2::/64");
  const project = await readProject(made, undefined, "/");
  expect((await readEvidence(made, project, "scani", stacksBeside("base"))).dualNetworks).toEqual(["home_default"]);
});

/** Case of a Postgres that lets nobody in over the socket without a password, as with --auth-local=scram-sha-256. */
test("what asks over the socket has no password, as a backup has none", async () => {
  const asked: { command: string; environment: readonly string[] }[] = [];
  const made = engine((_container, command, { environment }) => {
    asked.push({ command: command.join(" "), environment });
    return { exitCode: 2, errors: "psql: error: fe_sendauth: no password supplied", output: "password taken\n" };
  });
  const { database } = await readEvidence(made, await readProject(made, undefined, "/"), "scani", stacksBeside("base"));
  expect(asked.flatMap(({ environment }) => environment.filter((one) => one.startsWith("PGPASSWORD=")))).toEqual([]);
  expect(database).toMatchObject({
    takesPassword: true,
    isSuperuser: undefined,
    backups: { refused: expect.stringContaining("no password supplied") },
  });
  const [script] = asked.filter(({ environment }) => environment.includes("URL_PASSWORD=x"));
  const [login, ...more] = script.command.match(/^.*URL_PASSWORD.*$/gm) ?? [];
  expect(more).toEqual([]);
  // A release logs in without TLS, and at no other port.
  for (const words of [" -h ", "PGSSLMODE=disable", "-p 5432"]) expect(login).toContain(words);
  // The number counts only where the data's own files do not give it: one lowered there is meant.
  expect(script.command).toMatch(
    /name = 'max_connections' and \(s\.source = 'command line' or s\.sourcefile is not null and not s\.sourcefile like/,
  );
  expect(script.command).toMatch(/for name in .*\bmax_connections\b.*; do\n.*postgres -C/);
});

test.each(["role", "database"])("a %s that Postgres lacks is known from its refusal", async (lacks) => {
  const made = engine(() => ({ output: `psql: error: FATAL:  ${lacks} "scani" does not exist\n` }));
  const { database } = await readEvidence(made, await readProject(made, undefined, "/"), "scani", stacksBeside("base"));
  expect(database?.lacks).toBe(lacks);
});

test("the data's own secrets are compared with what api has", async () => {
  const verifier = await verifierOf("another");
  const made = engine((_container, command) => ({
    output: command.includes("evidence") ? `major 18\nverifier ${verifier}\n` : "password taken\n",
  }));
  const { database } = await readEvidence(made, await readProject(made, undefined, "/"), "scani", stacksBeside("base"));
  expect(database).toMatchObject({ major: "18", takesPassword: true, storesCredentials: false });
  expect(database?.differing).toEqual(["databasePassword"]);
  expect(database?.stale).toEqual([]);
});

/** Case of an adoption that was taken back, after which compose's Scani got another password. */
test("fingerprints that base would go by once Postgres has stopped are compared too", async () => {
  const [verifier, made] = [
    await verifierOf("x"),
    await fingerprintsOf(undefined, "scani", { encryptionKey: key, databasePassword: "former" }),
  ];
  const found = engine((_container, command) => ({
    output: command.includes("evidence") ? `verifier ${verifier}\nfingerprints ${made}` : "",
  }));
  (found.find("home-api")?.environment as string[]).push(`ENCRYPTION_KEY=${key}`);
  const project = await readProject(found, undefined, "/");
  const { database } = await readEvidence(found, project, "scani", stacksBeside("base"));
  expect([database?.differing, database?.stale]).toEqual([[], ["databasePassword"]]);
});

test("a backup's login is that of its container's environment", async () => {
  const roles = new Set<string>();
  const made = engine((_container, command, { environment }) => {
    if (!command.join(" ").includes("to_jsonb(rolsuper)")) return {};
    for (const one of environment) roles.add(one);
    return { output: "true" };
  });
  Object.assign(made.find("home-postgres") as FakeContainer, { environment: ["POSTGRES_USER=owner", "POSTGRES_DB="] });
  const { database } = await readEvidence(made, await readProject(made, undefined, "/"), "scani", stacksBeside("base"));
  expect([...roles].sort()).toEqual(["PGDATABASE=postgres", "PGUSER=owner"]);
  expect(database?.backups).toEqual({ isSuperuser: true });
});
