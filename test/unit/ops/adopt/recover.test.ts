import { momentaryLabels } from "../../../../host/install/leftovers";
import { label } from "../../../../host/install/names/labels";
import { fingerprintsOf } from "../../../../host/guards/data/secretFingerprints";
import { gatewayStateFile } from "../../../../host/gateway/state";
import type { StackKind } from "../../../../host/install/names/stacks";
import { servicesOf } from "../../../../host/install/services/release";
import { recoverInstall, type RecoveryStacks } from "../../../../ops/adopt/recover";
import type { RecoveryNote } from "../../../../ops/pulumi/config";
import { settingNamed, type Tier } from "../../../../settings";
import { EngineError } from "../../../../host/engine/engine";
import type { FakeContainer } from "../../host/fakeEngine";
import { FakeInstall } from "../../host/fakeInstall";
import { folder, type Folder } from "../../lab/setup/folder";

const key = (letter: string): string => letter.repeat(64);

let project: Folder;
beforeEach(() => {
  project = folder();
});
afterEach(() => project.remove());

type Lost = ReturnType<typeof lost>;

/** Creates an install on which tier 1 serves, with a database password that Scani publishes; its state is lost. */
function lost() {
  const install = new FakeInstall();
  const { engine } = install;
  const lock = { answer: "held free" };
  // Base has written these beside the data when it was made.
  const made = fingerprintsOf(undefined, "scani", { encryptionKey: key("a"), databasePassword: "scani" });
  install.first = (_container, command) => {
    if (command.some((word) => word.includes("flock"))) return { output: lock.answer };
    return command.includes("evidence") ? made.then((text) => ({ output: `fingerprints ${text}` })) : undefined;
  };
  install.declare("tier1", "r1");
  install.serve("r1");
  const scani = ["ENCRYPTION_KEY", "BETTER_AUTH_SECRET", "JOBS_HMAC_SECRET", "LOG_ID_PEPPER"];
  const named = (image: string) => {
    const environment = image.startsWith("postgres") ? ["PGDATA=/var/lib/postgresql/data"] : [];
    engine.images.set(image, { id: `sha256:${image}`, environment, labels: {}, digests: [] });
  };
  const furnish = (tier: Tier, release: string, tag: string): void => {
    for (const service of servicesOf(tier)) {
      const image = `scani/${service}:${tag}`;
      Object.assign(install.container(release, service), {
        image,
        environment: [
          `SERVICE_NAME=${service}`,
          ...scani.map((name) => `${name}=${key("a")}`),
          ...(tier === "tier2"
            ? ["SCANI_CLOUD_URL=https://hosted.example.org", `SCANI_CLOUD_API_KEY=${key("d")}`]
            : []),
        ],
      });
      named(image);
    }
  };
  furnish("tier1", "r1", "0.17.1");
  for (const service of ["gateway", "postgres"])
    Object.assign(engine.find(`scani-${service}`) ?? {}, {
      image: `${service}:1`,
      published: service === "gateway" ? ["0.0.0.0:8080"] : [],
    });
  Object.assign(engine.find("scani-postgres") ?? {}, {
    environment: ["POSTGRES_USER=scani", "POSTGRES_DB=scani", "POSTGRES_PASSWORD=scani"],
  });
  for (const service of ["redis", "storage", "mail"])
    engine.add({
      name: `scani-${service}`,
      image: `${service}:1`,
      labels: { [label.install]: "scani", [label.service]: service },
      environment:
        service === "redis" ? [`REDIS_PASSWORD=${key("b")}`] : [`ROOT_ACCESS_KEY=own`, `ROOT_SECRET_KEY=${key("c")}`],
      state: "running",
    });
  for (const service of ["gateway", "postgres", "redis", "storage", "mail"]) named(`${service}:1`);
  for (const service of ["gateway", "postgres", "redis", "storage"])
    engine.volumesThere.push({ name: `scani-${service}-data`, labels: {} });
  // Taken where no container is left that names another.
  for (const name of ["gatewayImage", "postgresImage", "storageImage"] as const)
    engine.registry.add(String(settingNamed(name).fallback));
  const asked: string[] = [];
  const written: Record<string, Readonly<Record<string, string | undefined>>> = {};
  const state: { hasBase: boolean; begun?: RecoveryNote; empty: StackKind[] } = { hasBase: false, empty: [] };
  const stacks: RecoveryStacks = {
    set: async (kind, values) => {
      asked.push(`set ${kind}`);
      written[kind] = values;
    },
    up: async (kind) => void asked.push(`up ${kind}`),
    setsNothing: (kind) => state.empty.includes(kind),
    hasBase: async () => state.hasBase,
    begun: () => state.begun,
    note: async (note) => {
      state.begun = note;
    },
  };
  const printed: string[] = [];
  const recovered = (yes: boolean, environment: NodeJS.ProcessEnv = {}) =>
    recoverInstall(
      { project: { folder: project.path, environment }, report: (line) => printed.push(line) },
      engine,
      "base",
      stacks,
      yes,
    );
  const there = () => engine.all.filter(({ labels }) => labels[label.install] === "scani").length;
  /** Adds a release of tier 2 that does not run. */
  const addSecond = (): void => {
    install.declare("tier2", "r2");
    furnish("tier2", "r2", "0.17.2");
  };
  /** Removes a container by hand. */
  const drop = (name: string): void =>
    void engine.all.splice(engine.all.indexOf(engine.find(name) as FakeContainer), 1);
  return { install, engine, state, stacks, lock, asked, written, printed, recovered, there, addSecond, drop };
}

test("its containers are removed and made anew by Pulumi, with a published password it was accepted with", async () => {
  const { asked, written, recovered, there } = lost();
  await recovered(true);
  expect(asked).toEqual(["set base", "set tier1", "up base", "up tier1"]);
  expect(written.base).toMatchObject({ POSTGRES_PASSWORD: "scani", acceptedSecrets: "POSTGRES_PASSWORD" });
  expect(written.tier1).toEqual({ imageRepository: "scani", SCANI_IMAGE_TAG: "0.17.1" });
  expect(there()).toBe(0);
});

describe("where the state is there", () => {
  const emptied = (...empty: StackKind[]): Lost => {
    const install = lost();
    Object.assign(install.state, { hasBase: true, empty });
    return install;
  };

  test("settings that are lost are written, and nothing else is touched", async () => {
    const { asked, written, recovered, there, printed } = emptied("base", "tier1", "tier2");
    const before = there();
    await recovered(true);
    expect(asked).toEqual(["set base", "set tier1"]);
    expect(written.base).toMatchObject({ ENCRYPTION_KEY: key("a"), POSTGRES_PASSWORD: "scani" });
    expect(written.tier1).toEqual({ imageRepository: "scani", SCANI_IMAGE_TAG: "0.17.1" });
    expect(there()).toBe(before);
    expect(printed.at(-1)).toMatch(/ {2}type: npm run preview -- base\n {2}type: npm run preview -- tier1$/);
  });

  test("only those that are lost are written", async () => {
    const { asked, recovered } = emptied("base", "tier2");
    await recovered(true);
    expect(asked).toEqual(["set base"]);
  });

  test("without --yes they are only named, and no value is", async () => {
    const { asked, recovered, printed } = emptied("base");
    await recovered(false);
    expect(asked).toEqual([]);
    expect(printed.join("\n")).toMatch(
      /The settings of base are lost[^]*base: .*ENCRYPTION_KEY[^]*adopt -- --recover --yes/,
    );
    expect(printed.join("\n")).not.toContain(key("a"));
  });

  test("a tier that has never been up has lost nothing", async () => {
    const { asked, recovered } = emptied("tier2");
    await expect(recovered(true)).rejects.toThrow("nothing has to be recovered");
    expect(asked).toEqual([]);
  });
});

describe("where the gateway's routes cannot be read", () => {
  test.each([
    ["the gateway is gone", ({ drop }: Lost) => drop("scani-gateway")],
    [
      "its route file is cut short",
      ({ engine }: Lost) => engine.find("scani-gateway")?.files.set(gatewayStateFile, "[{"),
    ],
    ["the api it routes to is gone", ({ drop }: Lost) => drop("scani-r1-api")],
  ])("%s: the release whose worker is up is recovered, with its secrets", async (_, harm) => {
    const install = lost();
    install.addSecond();
    harm(install);
    await install.recovered(true);
    expect(install.asked).toEqual(["set base", "set tier1", "up base", "up tier1"]);
    expect(install.written.base).toMatchObject({ ENCRYPTION_KEY: key("a"), BETTER_AUTH_SECRET: key("a") });
    expect(install.written.tier1).toMatchObject({ imageRepository: "scani", SCANI_IMAGE_TAG: "0.17.1" });
  });

  test("a secret that only a container of another release has is kept", async () => {
    const { install, drop, addSecond, recovered, written } = lost();
    addSecond();
    drop("scani-r1-api");
    const without = (name: string) => (entry: string) => !entry.startsWith(`${name}=`);
    for (const service of servicesOf("tier1").filter((one) => one !== "api")) {
      const container = install.container("r1", service);
      Object.assign(container, { environment: container.environment.filter(without("BETTER_AUTH_SECRET")) });
    }
    const other = install.container("r2", "api");
    Object.assign(other, {
      environment: [...other.environment.filter(without("BETTER_AUTH_SECRET")), `BETTER_AUTH_SECRET=${key("e")}`],
    });
    await recovered(true);
    expect(written.base.BETTER_AUTH_SECRET).toBe(key("e"));
  });

  test("with several releases that run without a worker, the commands stop those that are not to serve", async () => {
    const { engine, drop, addSecond, recovered } = lost();
    addSecond();
    drop("scani-gateway");
    for (const one of engine.all)
      if (label.release in one.labels) one.state = one.labels[label.service] === "api" ? "running" : "exited";
    await expect(recovered(true)).rejects.toThrow(
      /type: docker stop scani-r2-api\n[^]*type: docker stop scani-r1-api\n/,
    );
    engine.all.find(({ name }) => name === "scani-r2-api")!.state = "exited";
    await recovered(true);
  });

  test("with several releases of which none runs, they are named, and nothing is touched", async () => {
    const { engine, drop, addSecond, recovered, asked, there } = lost();
    addSecond();
    drop("scani-gateway");
    for (const one of engine.all) if (label.release in one.labels) one.state = "exited";
    const before = there();
    await expect(recovered(true)).rejects.toThrow(
      /which of these served last: tier2 r2, tier1 r1\.[^]*type: docker start scani-r2-api\n[^]*docker start scani-r1-api/,
    );
    expect([asked, there()]).toEqual([[], before]);
  });
});

describe("a recovery that has not ended goes on", () => {
  test("after a removal that failed, with the settings and the tier as they were read at first", async () => {
    const { engine, recovered, asked, written, there, state } = lost();
    // No container is left by then to say which tier it was.
    engine.watch = (call) => {
      if (call === "remove scani-gateway") throw new EngineError(500, "server error");
    };
    await expect(recovered(true)).rejects.toThrow("server error");
    const first = { ...written };
    expect([there(), state.begun?.until]).toEqual([0, "tier1"]);
    engine.watch = () => undefined;
    await recovered(true);
    expect(asked).toEqual(["set base", "set tier1", "up base", "up tier1"]);
    expect([written, state.begun]).toEqual([first, undefined]);
    expect(first.base).not.toHaveProperty("publishGateway");
  });

  test("after an up of base that failed, without another removal of base once that is in the state", async () => {
    const { engine, recovered, asked, there, state, stacks } = lost();
    const { up } = stacks;
    Object.assign(stacks, { up: () => Promise.reject(new Error("no tier")) });
    await expect(recovered(true)).rejects.toThrow("no tier");
    Object.assign(stacks, { up });
    state.hasBase = true;
    engine.add({
      name: "scani-redis",
      labels: { [label.install]: "scani", [label.service]: "redis" },
      state: "running",
    });
    await recovered(true);
    expect([asked.slice(-2), there()]).toEqual([["up base", "up tier1"], 1]);
    await expect(recovered(true)).rejects.toThrow("nothing has to be recovered");
  });

  test("unless a release was made since, by an up that was typed by hand: then the install is read anew", async () => {
    const { engine, recovered, asked, state } = lost();
    const ofReleases = engine.all.filter(({ labels }) => label.release in labels);
    const newest = Math.max(...ofReleases.map(({ created }) => created));
    state.begun = { until: "tier2", at: newest * 1000 - 1 };
    await recovered(true);
    expect(asked).toEqual(["set base", "set tier1", "up base", "up tier1"]);
  });

  test("and is over where a release is routed to again, by an up that was typed by hand", async () => {
    const { recovered, asked, state } = lost();
    Object.assign(state, { hasBase: true, begun: { until: "tier2", at: Date.now() } });
    await expect(recovered(true)).rejects.toThrow("nothing has to be recovered");
    expect([asked, state.begun]).toEqual([[], undefined]);
  });
});

test("a network that was removed under a stopped gateway is not asked for again", async () => {
  const { engine, recovered, written } = lost();
  engine.networksThere.push({ id: "w", name: "web", labels: {} });
  engine.find("scani-gateway")?.networks.push("web", "gone");
  await recovered(true);
  expect(written.base.frontNetworks).toBe("web");
});

test("a container that is removed anyway is in nobody's way, such as a killed backup's", async () => {
  const { engine, recovered, there } = lost();
  engine.add({
    name: "scani-backup-1",
    labels: { [label.install]: "scani", [label.service]: "backup" },
    networks: ["scani-edge"],
    state: "running",
  });
  await recovered(true);
  expect(there()).toBe(0);
});

describe("an install that has borrowed compose's Postgres", () => {
  /** Creates one whose state is lost while both serve. */
  function borrowing() {
    const made = lost();
    const { engine, install, drop } = made;
    drop("scani-postgres");
    const api = install.container("r1", "api");
    Object.assign(api, {
      environment: [...api.environment, "DATABASE_URL=postgres://scani:scani@postgres:5432/scani?sslmode=disable"],
    });
    engine.add({
      name: "home-postgres",
      image: "postgres:16",
      labels: { "com.docker.compose.project": "home" },
      state: "running",
      networks: ["home_default", "scani-data"],
      aliases: ["postgres"],
    });
    engine.images.set("postgres:16", { id: "sha256:postgres:16", environment: [], labels: {}, digests: [] });
    Object.assign(engine.find("home-postgres") ?? {}, { imageId: "sha256:postgres:16" });
    engine.networksThere.push({ id: "d", name: "scani-data", labels: { [label.install]: "scani" } });
    return made;
  }

  test("borrows it again, and it runs on meanwhile", async () => {
    const { engine, recovered, written, asked } = borrowing();
    await recovered(true);
    expect(written.base).toMatchObject({ borrowedPostgres: "home-postgres", postgresImage: "postgres:16" });
    expect(engine.find("home-postgres")).toMatchObject({ state: "running", networks: ["home_default"] });
    expect(engine.networksThere.map(({ name }) => name)).not.toContain("scani-data");
    expect(asked).toEqual(["set base", "set tier1", "up base", "up tier1"]);
  });

  test("which the plan says, and touches nothing", async () => {
    const { engine, recovered, printed } = borrowing();
    await recovered(false);
    expect(printed.join("\n")).toContain("every volume stays, and so does home-postgres, whose Postgres base uses");
    expect(engine.find("home-postgres")?.networks).toContain("scani-data");
  });

  test.each([
    ["exited", "start"],
    ["paused", "unpause"],
  ] as const)("is not touched while that is %s, and what has it run is said", async (state, verb) => {
    const { engine, recovered, asked, there } = borrowing();
    const at = engine.volumesThere.findIndex(({ name }) => name === "scani-postgres-data");
    engine.volumesThere.splice(at, 1);
    const before = there();
    Object.assign(engine.find("home-postgres") ?? {}, { state });
    const refused = recovered(true);
    await expect(refused).rejects.toThrow(
      new RegExp(`^home-postgres, whose Postgres base uses, is ${state}[^]*type: docker ${verb} home-postgres\n`),
    );
    await expect(refused).rejects.not.toThrow("SCANI_START_EMPTY");
    expect([asked, there()]).toEqual([[], before]);
    Object.assign(engine.find("home-postgres") ?? {}, { state: "running" });
    await recovered(true);
    expect(asked.at(-1)).toBe("up tier1");
  });

  test("is read off the one that runs where a stopped one has its name too, and not off a dead one", async () => {
    const { engine, recovered, written } = borrowing();
    const former = { networks: ["scani-data"], aliases: ["postgres"] };
    for (const state of ["exited", "dead"] as const) {
      engine.add({ ...former, name: `${state}-postgres`, state });
      engine.all.unshift(...engine.all.splice(-1));
    }
    await recovered(false);
    await engine.remove("exited-postgres");
    await recovered(true);
    expect(written.base).toMatchObject({ borrowedPostgres: "home-postgres" });
  });

  test("takes a stopped one off the network too where it goes on, without which that one would not start", async () => {
    const { engine, recovered, state } = borrowing();
    state.begun = { until: "tier1", at: Date.now() };
    Object.assign(engine.find("home-postgres") ?? {}, { state: "exited" });
    await recovered(true);
    expect(engine.find("home-postgres")).toMatchObject({ state: "exited", networks: ["home_default"] });
    await engine.start("home-postgres");
  });

  test("goes on after a removal that failed half way", async () => {
    const { engine, recovered, asked, there } = borrowing();
    engine.watch = (call) => {
      if (call === "remove scani-gateway") throw new EngineError(500, "server error");
    };
    await expect(recovered(true)).rejects.toThrow("server error");
    engine.watch = () => undefined;
    await recovered(true);
    expect([asked.slice(-2), there()]).toEqual([["up base", "up tier1"], 0]);
    expect(engine.find("home-postgres")?.networks).toEqual(["home_default"]);
  });
});

describe("nothing is touched", () => {
  test("where only a container is left through which a killed command has read", async () => {
    const { engine, recovered, asked, there } = lost();
    engine.all.length = 0;
    engine.add({ name: "scani-reader", labels: momentaryLabels("scani", "reader"), state: "exited" });
    await expect(recovered(true)).rejects.toThrow("There is no container of the install scani");
    expect([asked, there()]).toEqual([[], 1]);
  });

  test("while a container of somebody else's is on a network of the install", async () => {
    const { engine, recovered, asked, there, state } = lost();
    const before = there();
    engine.add({ name: "pgadmin", networks: ["scani-edge"], state: "running" });
    await expect(recovered(true)).rejects.toThrow(
      /pgadmin is on the network scani-edge[^]*docker network disconnect scani-edge pgadmin/,
    );
    expect([asked, there(), state.begun]).toEqual([[], before, undefined]);
  });

  test("where no container has the key the data was made with, unless the stack's settings have it", async () => {
    const { engine, recovered, asked, there } = lost();
    for (const one of [...engine.all]) if (label.release in one.labels) engine.all.splice(engine.all.indexOf(one), 1);
    const before = there();
    await expect(recovered(true)).rejects.toThrow(
      /ENCRYPTION_KEY is not given and would be generated anew[^]*config set --secret ENCRYPTION_KEY --stack base/,
    );
    expect([asked, there()]).toEqual([[], before]);
    project.file("Pulumi.base.yaml", "config:\n  scani:ENCRYPTION_KEY:\n    secure: v1:abc\n");
    await recovered(true);
    expect(asked).toEqual(["set base", "up base"]);
  });

  test("while another run has the run lock", async () => {
    const { lock, recovered, asked, there } = lost();
    const before = there();
    lock.answer = `taken ${JSON.stringify({ user: "a", host: "b", pid: 1, work: "up of tier2", since: new Date(0).toISOString() })}`;
    await expect(recovered(true)).rejects.toThrow("up of tier2, by a@b");
    expect([asked, there()]).toEqual([[], before]);
  });

  test("while a migrator runs", async () => {
    const { install, recovered, asked, there } = lost();
    const before = there();
    install.container("r1", "migrate").state = "running";
    await expect(recovered(true)).rejects.toThrow(/scani-r1-migrate is migrating[^]*docker wait scani-r1-migrate/);
    expect([asked, there()]).toEqual([[], before]);
  });
});

describe("where a container of base was removed by hand", () => {
  /** Creates an install whose Postgres or S3 server is gone, with variables of the release that name base's own. */
  function without(service: "postgres" | "storage") {
    const install = lost();
    install.drop(`scani-${service}`);
    const api = install.install.container("r1", "api");
    const provider = install.install.container("r1", "data-provider");
    Object.assign(api, {
      environment: [...api.environment, "DATABASE_URL=postgres://scani:scani@postgres:5432/scani?sslmode=disable"],
    });
    Object.assign(provider, {
      environment: [
        ...provider.environment,
        ...["S3_ENDPOINT=http://storage:9000", "S3_ACCESS_KEY_ID=own", `S3_SECRET_ACCESS_KEY=${key("c")}`],
      ],
    });
    return install;
  }

  /** Puts the image base's Postgres runs on by default on the engine, by which a volume is read. */
  function bringImage({ engine }: Lost): void {
    const image = String(settingNamed("postgresImage").fallback);
    const environment = ["PGDATA=/var/lib/postgresql/data"];
    engine.images.set(image, { id: `sha256:${image}`, environment, labels: {}, digests: [] });
  }

  /** Fills the volume of the usual name as Postgres does, in a folder of it where one is named. */
  function fill({ engine }: Lost, path = ""): void {
    engine.volumeFiles.set("scani-postgres-data", new Map([[`${path}PG_VERSION`, "16\n"]]));
  }

  test("it is made anew on its volume, with the credentials the release has", async () => {
    const install = without("postgres");
    bringImage(install);
    fill(install);
    await install.recovered(true);
    expect(install.written.base).toMatchObject({
      POSTGRES_USER: "scani",
      POSTGRES_DB: "scani",
      POSTGRES_PASSWORD: "scani",
    });
    expect(install.written.base).not.toHaveProperty("DATABASE_URL");
    expect(install.asked.at(-1)).toBe("up tier1");
  });

  test("so is an S3 server", async () => {
    const { recovered, written } = without("storage");
    await recovered(true);
    expect(written.base).toMatchObject({ S3_ACCESS_KEY_ID: "own", S3_SECRET_ACCESS_KEY: key("c") });
    expect(written.base).not.toHaveProperty("S3_ENDPOINT");
  });

  test.each([
    [
      "postgres",
      /The volume scani-postgres-data is not on this engine[^]*type: .*config set --stack base postgresVolume /,
    ],
    ["storage", /The volume scani-storage-data is not on this engine[^]*base's storage/],
  ] as const)("nothing is touched where %s has no volume of the usual name", async (service, words) => {
    const install = without(service);
    const { engine, recovered, asked, there } = install;
    const at = engine.volumesThere.findIndex(({ name }) => name === `scani-${service}-data`);
    engine.volumesThere.splice(at, 1);
    const before = there();
    await expect(recovered(true)).rejects.toThrow(words);
    await expect(recovered(true)).rejects.toThrow("SCANI_START_EMPTY=true npm run adopt -- --recover --yes");
    expect([asked, there()]).toEqual([[], before]);
    await recovered(true, { SCANI_START_EMPTY: "true" });
    expect(asked.at(-1)).toBe("up tier1");
  });

  test("nothing is touched where the volume has the data in a folder that nobody names", async () => {
    const install = without("postgres");
    bringImage(install);
    fill(install, "scani-data/");
    await expect(install.recovered(true)).rejects.toThrow(
      /the data in the volume \S+ is in its folder scani-data[^]*--stack base postgresFolder scani-data$/,
    );
    expect(install.asked).toEqual([]);
  });
});

test("the gateway, which keeps the run lock, is removed last", async () => {
  const { engine, recovered } = lost();
  await recovered(true);
  const removed = engine.calls.filter((call) => call.startsWith("remove "));
  expect([removed[0], removed.at(-1)]).toEqual(["remove scani-r1-worker", "remove scani-gateway"]);
});

test("an image that has lost its name to a prune gets it back before the container that has it is gone", async () => {
  const { engine, recovered, asked } = lost();
  engine.images.delete("scani/api:0.17.1");
  engine.images.set("sha256:api", { id: "sha256:api", environment: [], labels: {}, digests: [] });
  Object.assign(engine.all.find(({ image }) => image === "scani/api:0.17.1") ?? {}, { imageId: "sha256:api" });
  await recovered(true);
  expect(engine.images.get("scani/api:0.17.1")?.id).toBe("sha256:api");
  expect(asked.at(-1)).toBe("up tier1");
});

describe.each([false, true])("nothing is touched, with yes %s, where up would be refused", (yes) => {
  test("for settings of base and of the tier, all at once", async () => {
    const { engine, recovered, asked, there } = lost();
    const before = there();
    project.file(".env", "SCANI_BACKUPS_KEPT=many\n");
    project.file("Pulumi.tier1.yaml", "config:\n  scani:keepwarm: true\n");
    const refused = recovered(yes, { SCANI_SOAK: "long" });
    await expect(refused).rejects.toThrow(/^The install cannot be brought up[^]*Nothing has been touched\.\n/);
    for (const words of [
      'backupsKept (from .env) "many" is not a whole number',
      'soak (from the shell\'s environment) "long" is not a whole number',
      "keepwarm is no setting; the nearest is keepWarm",
    ])
      await expect(refused).rejects.toThrow(words);
    expect([asked, there()]).toEqual([[], before]);
    expect(engine.calls.filter((call) => /^(stop|remove)/.test(call))).toEqual([]);
  });

  test("for what its containers have and this version does not take", async () => {
    const { install, recovered, asked } = lost();
    const api = install.container("r1", "api");
    Object.assign(api, { environment: [...api.environment, "FRONTEND_URL=http://192.168.1.20"] });
    await expect(recovered(yes)).rejects.toThrow(
      /FRONTEND_URL \(of the install's containers\) "http:\/\/192\.168\.1\.20" is plain http[^]*The version that made the containers recovers them/,
    );
    expect(asked).toEqual([]);
  });

  test("for an image that cannot be had", async () => {
    const { engine, recovered, asked, there } = lost();
    const before = there();
    engine.images.delete("scani/migrate:0.17.1");
    Object.assign(engine.all.find(({ image }) => image === "scani/migrate:0.17.1") ?? {}, {
      image: "scani/migrate:0.17.0",
    });
    await expect(recovered(yes)).rejects.toThrow(/scani\/migrate:0\.17\.1: [^]*type the same again\.$/);
    expect([asked, there()]).toEqual([[], before]);
  });
});

test("without yes what would be done is said, and what to type", async () => {
  const { recovered, asked, printed } = lost();
  await recovered(false);
  expect(asked).toEqual([]);
  expect(printed.at(-1)).toContain("type: npm run adopt -- --recover --yes");
});

test("a network the engine has miscounted is said with its cure, after which the same goes on", async () => {
  const { engine, recovered, asked, there } = lost();
  engine.networksThere.push({ id: "d", name: "scani-data", labels: { [label.install]: "scani" } });
  engine.miscounted.add("scani-data");
  await expect(recovered(true)).rejects.toMatchObject({
    name: "OperatorError",
    message: expect.stringMatching(
      /^The network scani-data cannot be removed: [^]*moby issue 42119[^]*Restart the engine[^]*type the same again/,
    ),
  });
  expect([there(), asked]).toEqual([0, ["set base", "set tier1"]]);
  engine.miscounted.clear();
  await recovered(true);
  expect(asked.slice(-2)).toEqual(["up base", "up tier1"]);
});
