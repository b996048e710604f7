import type { ContainerSummary } from "../../../../host/engine/engine";
import { baseGaps } from "../../../../host/guards/base/baseGaps";
import {
  identityRefusals,
  lostStateProblems,
  rememberedManaged,
  type IdentityIntent,
  type IdentityNow,
  type RememberedBase,
} from "../../../../host/guards/identityRefusals";
import type { ManagedDatabase } from "../../../../host/install/data/databaseIdentity";
import type { BaseOutputs } from "../../../../host/install/platform";
import { renderProblem } from "../../../../util/operatorError";

const home = { id: "HOME", address: "unix:///var/run/docker.sock" };
const away = { id: "AWAY", address: "tcp://10.0.0.2:2375" };

const remembered: RememberedBase = {
  install: "scani",
  engine: home,
  services: [
    { service: "postgres", container: "scani-postgres", volume: "scani-postgres-data", id: "1" },
    { service: "redis", container: "scani-redis", volume: "scani-redis-data", id: "2" },
    { service: "gateway", container: "scani-gateway", volume: "scani-gateway-data", id: "3" },
  ],
};

const named = (name: string, id: string) => ({ id, name, labels: {} });

const whole: IdentityNow = {
  engine: home,
  containers: remembered.services.map(({ container, id }) => named(container, id as string) as ContainerSummary),
  networks: [named("scani-edge", "e"), named("scani-data", "d")],
  allNetworks: [],
  volumes: [],
  missingVolumes: [],
};
const nothing: IdentityNow = {
  engine: home,
  containers: [],
  networks: [],
  allNetworks: [],
  volumes: [],
  missingVolumes: remembered.services.map(({ volume }) => volume as string),
};

const intent: IdentityIntent = {
  install: "scani",
  stack: "base",
  keepsData: ["postgres", "storage"],
  startEmpty: false,
  allowDowntime: false,
  trustSettings: false,
};

const texts = (
  now: Partial<IdentityNow>,
  change: Partial<IdentityIntent> = {},
  before: RememberedBase | undefined = remembered,
) => identityRefusals(before, { ...whole, ...now }, { ...intent, ...change }).map(renderProblem);

test.each<[string, Partial<IdentityNow>, Partial<IdentityIntent>]>([
  ["the install as it is", {}, {}],
  ["one that was moved with all it holds", { engine: away }, {}],
  ["one without its cache, which is made again", { missingVolumes: ["scani-redis-data"] }, {}],
  ["one whose data is gone, on the operator's word", nothing, { startEmpty: true }],
  ["another engine, on the operator's word", { ...nothing, engine: away }, { startEmpty: true }],
  ["another name, on the operator's word", {}, { install: "other", allowDowntime: true }],
  ["another name where nothing of the old one is left", nothing, { install: "other", startEmpty: true }],
  ["one whose database has become somebody else's", { missingVolumes: ["scani-postgres-data"] }, { keepsData: [] }],
])("%s is not refused", (_name, now, change) => expect(texts(now, change)).toEqual([]));

test("a first up has nothing to remember", () => expect(identityRefusals(undefined, nothing, intent)).toEqual([]));

test("what an earlier version brought up is taken as it is, wherever it is", () => {
  const { install, services } = remembered;
  expect(texts({ engine: away }, {}, { install, services })).toEqual([]);
});

test("another engine is refused, with both named and the way home", () => {
  const [text, ...others] = texts({ ...nothing, engine: away }, { dockerHostOrigin: "the shell's environment" });
  expect(others).toEqual([]);
  expect(text).toBe(
    [
      "scani was brought up on the engine at unix:///var/run/docker.sock (ID HOME), and this is another one, at tcp://10.0.0.2:2375 (ID AWAY): DOCKER_HOST comes from the shell's environment.",
      "  Pulumi would forget the containers that are there.",
      "  type: unset DOCKER_HOST",
      "  type: SCANI_START_EMPTY=true npm run up -- base",
    ].join("\n"),
  );
  expect(texts({ ...nothing, engine: away })[0]).toContain(
    "type: npm run pulumi -- config set --stack base dockerHost unix:///var/run/docker.sock",
  );
});

test("another name is refused, with both named", () => {
  const [text, ...others] = texts({}, { install: "other", installOrigin: "the shell's environment" });
  expect(others).toEqual([]);
  expect(text).toContain("SCANI_NAME (from the shell's environment) is other, and stack base holds the install scani");
  expect(text).toContain("type: unset SCANI_NAME");
});

test("another name is refused too where only the data is left, as after a prune", () => {
  const [text, ...others] = texts({ containers: [], networks: [] }, { install: "other" });
  expect(others).toEqual([]);
  expect(text).toContain("stack base holds the install scani, whose data is still there: it would be left behind.");
});

describe("of a base whose Postgres was borrowed", () => {
  const borrowing = {
    ...remembered,
    services: remembered.services.slice(1),
    backups: { postgres: "compose-postgres-1" } as BaseOutputs["backups"],
  };
  const own = { postgresVolume: "scani-postgres-data" };
  const given = { postgresVolume: "compose_pg", postgresVolumeOrigin: "Pulumi config" } as const;

  test.each<[string, Partial<IdentityNow>, Partial<IdentityIntent>]>([
    ["one that borrows it further", { borrowedVolumes: ["compose_pg"] }, {}],
    ["base's own on its volume", { borrowedVolumes: ["compose_pg"] }, given],
    ["base's own on a volume that was named, where the container is gone", {}, given],
    ["an empty one, on the operator's word", { borrowedVolumes: ["compose_pg"] }, { ...own, startEmpty: true }],
  ])("%s is not refused", (_name, now, change) => expect(texts(now, change, borrowing)).toEqual([]));

  test("base's own on another volume is refused, with the ways on", () => {
    expect(texts({ borrowedVolumes: ["compose_pg"] }, own, borrowing)).toEqual([
      [
        "borrowedPostgres is not given any more, and the data of scani is in the Postgres compose-postgres-1: base would run a Postgres of its own on the volume scani-postgres-data, without that data.",
        "  The first command goes on with the adoption, the second with that Postgres. To go on without the data, the last one.",
        "  type: npm run adopt -- --yes",
        "  type: npm run pulumi -- config set --stack base borrowedPostgres compose-postgres-1",
        "  type: SCANI_START_EMPTY=true npm run up -- base",
      ].join("\n"),
    ]);
    expect(texts({ borrowedVolumes: ["other"] }, given, borrowing)[0]).toContain("on the volume compose_pg");
  });

  test("where its container is gone, the volume is to be named", () => {
    const [text] = texts({}, own, borrowing);
    expect(text).toContain("That container is gone.");
    expect(text).toMatch(/type: .* postgresVolume .*\n {2}type: .* postgresFolder scani-data\n/);
  });
});

test("a volume other than that with the data is refused, whether it was given or is given no more", () => {
  const stray = { postgresVolume: "other", postgresVolumeOrigin: "the shell's environment" } as const;
  expect(texts({}, stray)).toEqual([
    "postgresVolume (from the shell's environment) leads to the volume other, and the data of scani is in scani-postgres-data: Postgres would start without it.\n  Data that is moved by hand into other is taken with the last command, after that before it.\n  type: unset SCANI_POSTGRES_VOLUME\n  type: npm run pulumi -- state unprotect --all --stack base --yes\n  type: SCANI_START_EMPTY=true npm run up -- base",
  ]);
  const adopted = {
    ...remembered,
    services: [{ service: "postgres", container: "scani-postgres", volume: "compose_data" }],
  };
  const [forgotten] = texts({}, { postgresVolume: "scani-postgres-data" }, adopted);
  expect(forgotten).toContain("type: npm run pulumi -- config set --stack base postgresVolume compose_data");
  expect(texts({}, { ...stray, postgresVolume: "scani-postgres-data" })).toEqual([]);
  expect(texts({}, { ...stray, startEmpty: true })).toEqual([]);
});

test("data that is gone is said, and made anew only on the operator's word", () => {
  const [text, ...others] = texts(nothing);
  expect(others).toEqual([]);
  expect(text).toContain("The data of scani is not on this engine any more: scani-postgres-data (postgres) is gone.");
  expect(text).toContain("type: SCANI_START_EMPTY=true npm run up -- base");
});

describe("a tier", () => {
  const base = {
    ...remembered,
    stack: "base",
    gateway: "scani-gateway",
    networks: { edge: "scani-edge", data: "scani-data" },
  } as BaseOutputs;
  const gaps = (now: IdentityNow, nameless: readonly string[] = []) =>
    baseGaps(base, now, { stack: "tier2" }, nameless).map(renderProblem);

  test("stands on a whole base", () => expect(gaps(whole)).toEqual([]));

  test("does not stand on another engine", () =>
    expect(gaps({ ...nothing, engine: away })[0]).toContain("scani was brought up on the engine at unix"));

  test("does not stand on a base without its network or its database", () =>
    expect(gaps({ ...whole, networks: whole.networks.slice(1), containers: whole.containers.slice(1) })).toEqual([
      "Base, on which this tier stands, is not whole: scani-edge, scani-postgres are not on the engine any more.\n  Base makes again what is gone, starts what does not run, and joins the networks again whose names are lost.\n  type: npm run up -- base",
    ]));

  test("does not stand on a base whose database is not found by its name; what is no service of base's is not its concern", () => {
    expect(gaps(whole, ["scani-postgres", "scani-tier1-data-provider-1"])).toEqual([
      "Base, on which this tier stands, is not whole: scani-postgres is not found by its name.\n  Base makes again what is gone, starts what does not run, and joins the networks again whose names are lost.\n  type: npm run up -- base",
    ]);
  });

  test("does not stand on a base of which something does not run, but may start the gateway itself", () => {
    const state = (name: string, one: ContainerSummary["state"]) => ({
      ...whole,
      containers: whole.containers.map((each) => (each.name === name ? { ...each, state: one } : each)),
    });
    expect(gaps(state("scani-redis", "paused"))).toEqual([
      "Base, on which this tier stands, is not whole: scani-redis is paused.\n  Base makes again what is gone, starts what does not run, and joins the networks again whose names are lost.\n  type: npm run up -- base",
    ]);
    expect(gaps(state("scani-gateway", "exited"))).toEqual([]);
    expect(gaps(state("scani-redis", "restarting"))).toEqual([]);
  });
});

test("another database cluster under the same name is refused, with what to type", () => {
  const before = { ...remembered, cluster: "7300000000000000001" };
  expect(texts({ cluster: "7300000000000000002" }, {}, before)).toEqual([
    [
      "The database in scani-postgres-data is another one (cluster 7300000000000000002) than scani was brought up with (cluster 7300000000000000001). Nothing has been touched.",
      "  Put the volume back that holds the install's own data, or go on with what is there; the second command lists the backups that can be restored into it.",
      "  type: SCANI_START_EMPTY=true npm run up -- base",
      "  type: npm run backups",
    ].join("\n"),
  ]);
  expect(texts({ cluster: "7300000000000000001" }, {}, before)).toEqual([]);
  // A stopped Postgres gives no identity, and state of an earlier version has none.
  expect(texts({}, {}, before)).toEqual([]);
  expect(texts({ cluster: "7300000000000000002" })).toEqual([]);
  expect(texts({ cluster: "7300000000000000002" }, { startEmpty: true }, before)).toEqual([]);
});

test("base is not made beside releases of its own install: its state is lost, or somewhere else", () => {
  const labelled = (labels: Record<string, string>) =>
    ({ id: "1", name: "x", labels: { "scani.install": "scani", ...labels } }) as unknown as ContainerSummary;
  const gateway = labelled({ "scani.service": "gateway" });
  const api = labelled({ "scani.service": "api", "scani.release": "r1" });
  let known = new Set(["a-secret"]);
  const told = (before: RememberedBase | undefined, ...containers: ContainerSummary[]) =>
    lostStateProblems(before, known, { containers }, { install: "scani", stack: "base" }).map(renderProblem);
  expect(told(undefined, gateway, api)).toEqual([expect.stringContaining("type: npm run adopt -- --recover")]);
  expect(told(remembered, gateway, api)).toEqual([]);
  // These are a killed first up, and a base that was deliberately destroyed under its releases.
  expect(told(undefined, gateway)).toEqual([]);
  expect(told(undefined, api)).toEqual([]);
  // A killed run would have left something in the state.
  known = new Set();
  expect(told(undefined, gateway)).toEqual([expect.stringContaining("knows nothing of it")]);
});

describe("a managed database", () => {
  const untold = { database: "scani", address: "db.example.org:5432" };
  const home = { ...untold, cluster: "1" };
  const managed: RememberedBase = { ...remembered, managed: home };

  test.each([
    ["is the same", home, home],
    ["has another host name", home, { ...home, address: "10.0.0.7:6432" }],
    ["does not tell its cluster, at the same address", untold, untold],
    ["did not answer, at the same address", home, untold],
    ["is not remembered: an earlier version brought base up", undefined, home],
  ])("that %s is not refused", (_what, before, now) => {
    expect(texts({ managed: now }, {}, { ...remembered, managed: before })).toEqual([]);
  });

  test.each<[string, ManagedDatabase, ManagedDatabase]>([
    ["of another cluster", home, { ...home, cluster: "2" }],
    ["of another name on the same server", home, { ...home, database: "staging" }],
    ["at another address, whose server does not tell its cluster", home, { ...untold, address: "other:5432" }],
    ["at another address, where no cluster was known", untold, { ...home, address: "other:5432" }],
  ])("%s is refused, though nothing runs", (_what, before, now) => {
    const [text, ...others] = texts(
      { ...nothing, missingVolumes: [], managed: now },
      {},
      { ...remembered, managed: before },
    );
    expect(others).toEqual([]);
    expect(text).toMatch(/^DATABASE_URL names another database, /);
    expect(text?.includes("Their addresses are compared")).toBe(
      [before, now].some(({ cluster }) => cluster === undefined),
    );
    expect(texts({ managed: now }, { trustSettings: true }, managed)).toEqual([]);
  });

  describe("and base's own", () => {
    const bundled: RememberedBase = {
      ...remembered,
      backups: { postgres: "scani-postgres" } as BaseOutputs["backups"],
    };
    const api = (state: string) =>
      ({ id: "a", name: "api", labels: { "scani.release": "r1" }, state }) as unknown as ContainerSummary;
    const withApi = (state: string) => [...whole.containers, api(state)];

    test("base's own is not left for a managed one without a word, though nothing runs", () => {
      const origin = { databaseOrigin: "the shell's environment" } as const;
      expect(texts({ managed: home, containers: withApi("exited") }, origin, bundled)).toEqual([
        [
          "DATABASE_URL (from the shell's environment) names a managed database, scani at db.example.org:5432 (cluster 1), and the data of scani is in base's own Postgres, scani-postgres.",
          "If its data has been moved there, the last command goes on with it.",
          "type: unset DATABASE_URL",
          "type: SCANI_TRUST_SETTINGS=true npm run up -- base",
        ].join("\n  "),
      ]);
      expect(texts({ managed: home }, { trustSettings: true }, bundled)).toEqual([]);
    });

    test("a managed one is not left for base's own", () => {
      expect(texts({}, {}, managed)).toEqual([
        [
          "DATABASE_URL is not given any more, and scani was brought up with a managed database, scani at db.example.org:5432 (cluster 1): base would run a Postgres of its own.",
          "Name it again. If its data has been moved there, the last command goes on with it.",
          "type: npm run pulumi -- config set --secret DATABASE_URL --stack base",
          "type: SCANI_TRUST_SETTINGS=true npm run up -- base",
        ].join("\n  "),
      ]);
      expect(texts({}, { trustSettings: true }, managed)).toEqual([]);
    });

    test("of a release that runs, what it would lose is said instead", () => {
      expect(texts({ managed: home, containers: withApi("running") }, {}, bundled)).toEqual([]);
      expect(texts({ containers: withApi("paused") }, {}, managed)).toEqual([]);
    });

    test("one that was borrowed becomes base's own", () => {
      const borrowed = { ...bundled, backups: { postgres: "home_postgres_1" } as BaseOutputs["backups"] };
      expect(texts({}, {}, borrowed)).toEqual([]);
    });
  });

  test("from the shell is taken back there; from the project it is set again, not taken away", () => {
    const told = (databaseOrigin: IdentityIntent["databaseOrigin"]) =>
      texts({ managed: { ...home, cluster: "2" } }, { databaseOrigin }, managed).join();
    expect(told("the shell's environment")).toBe(
      [
        "DATABASE_URL (from the shell's environment) names another database, scani at db.example.org:5432 (cluster 2), than scani was brought up with, scani at db.example.org:5432 (cluster 1).",
        "Name the install's own again. If its data has been moved there, or its server upgraded, the last command goes on with it.",
        "type: unset DATABASE_URL",
        "type: npm run pulumi -- config set --secret DATABASE_URL --stack base",
        "type: SCANI_TRUST_SETTINGS=true npm run up -- base",
      ].join("\n  "),
    );
    for (const origin of [".env", "Pulumi config"] as const)
      expect(told(origin)).toMatch(/^DATABASE_URL \(from .*\n.*\n {2}type: npm run pulumi -- config set --secret/);
  });

  test("that does not answer is still known by the cluster it had; another is remembered as it is", () => {
    expect(rememberedManaged(managed, untold)).toEqual(home);
    expect(rememberedManaged(managed, { ...untold, address: "other:5432" })).toEqual({
      ...untold,
      address: "other:5432",
    });
    expect(rememberedManaged(remembered, home)).toEqual(home);
    expect(rememberedManaged(managed, undefined)).toBeUndefined();
  });
});
