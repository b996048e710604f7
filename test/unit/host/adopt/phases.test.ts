import { join } from "node:path";
import { BackupPhase, BesidePhase } from "../../../../host/adopt/phases/beside";
import { FilesPhase, giveFilesBack } from "../../../../host/adopt/phases/files";
import { FrontPhase } from "../../../../host/adopt/phases/front";
import { PortPhase } from "../../../../host/adopt/phases/port";
import { DatabasePhase, RetirePhase } from "../../../../host/adopt/phases/takeOver";
import type { ComposeContainer, ObjectSource } from "../../../../host/adopt/compose/project";
import { withPresentNames } from "../../../../host/adopt/record";
import { folder } from "../../lab/setup/folder";
import { FakePostgres } from "../fakePostgres";
import { FakeAdoption, type Stage } from "./fakeAdoption";

/** Stops a container, as its operator does: its restart policy stays. */
function stopped(adoption: FakeAdoption, name: string): void {
  adoption.container(name).state = "exited";
}

/**
 * Records for each stack Pulumi brings up the objects in base's bucket, and the state of compose's worker and S3
 * server.
 */
function atEachUp(adoption: FakeAdoption) {
  const seen: { asked: string; held: string[]; worker: string; store: string }[] = [];
  const state = (name: string) => adoption.container(name).state;
  adoption.onAsked = (asked) => {
    if (asked.startsWith("up "))
      seen.push({ asked, held: [...adoption.ours.keys()], worker: state("home-worker"), store: state("home-minio") });
  };
  return seen;
}

test("files that came since are copied when compose's worker has stopped and before the release's own starts", async () => {
  const adoption = new FakeAdoption("beside");
  adoption.container("home-worker").state = "running";
  adoption.theirs.set("late.csv", "late");
  const seen = atEachUp(adoption);
  await new FrontPhase().perform(await adoption.run());
  expect(seen).toEqual([{ asked: "up tier1", held: ["late.csv"], worker: "exited", store: "running" }]);
});

test("once the database is taken over, base's bucket is the newer one, and nothing old comes back into it", async () => {
  const adoption = new FakeAdoption("taken over");
  adoption.theirs.set("deleted since.csv", "old");
  expect(await new FilesPhase().done(await adoption.run())).toBe(true);
  await new FrontPhase().perform(await adoption.run());
  expect([...adoption.ours.keys()]).toEqual([]);
  expect(adoption.container("home-minio").state).toBe("exited");
});

test.each([false, true])(
  "an S3 server that is stopped is started and copied; managed database: %s",
  async (managed) => {
    const adoption = new FakeAdoption("beside", managed);
    adoption.theirs.set("since the first run.csv", "1");
    stopped(adoption, "home-minio");
    expect(await new FilesPhase().done(await adoption.run())).toBe(false);
    const seen = atEachUp(adoption);
    await new DatabasePhase().perform(await adoption.run());
    // The server is stopped, so it accepts no files that would not be copied.
    expect(seen[0]).toMatchObject({ asked: "up base", held: ["since the first run.csv"], store: "exited" });
  },
);

test("the S3 server's own name is asked with the authority Scani trusts, also where base's has that name", async () => {
  const adoption = new FakeAdoption("beside");
  adoption.theirs.set("a.csv", "1");
  adoption.buckets.certificates.set("home-minio", "of the house");
  adoption.container("home-provider").files.set("/certs/ca.pem", "of the house");
  adoption.source = { endpoint: "https://storage:9000" };
  await expect(new FilesPhase().perform(await adoption.run())).rejects.toThrow("https://storage:9000 does not answer");
  adoption.source = { ...adoption.source, trusted: { container: "home-provider", path: "/certs/ca.pem" } };
  await new FilesPhase().perform(await adoption.run());
  expect([...adoption.ours.keys()]).toEqual(["a.csv"]);
});

test("of a server that encrypts, whose checksums are random, contents are compared, both ways", async () => {
  const adoption = new FakeAdoption("beside");
  const { buckets, ours, theirs } = adoption;
  buckets.encrypting.add("home-minio");
  for (const [key, content] of Object.entries({ "a.csv": "1", "b.csv": "2" })) theirs.set(key, content);
  ours.set("b.csv", "x");
  const phase = new FilesPhase();
  expect(await phase.done(await adoption.run())).toBe(false);
  await phase.perform(await adoption.run());
  expect(Object.fromEntries(ours)).toEqual({ "a.csv": "1", "b.csv": "2" });
  expect(await phase.done(await adoption.run())).toBe(true);
  await phase.perform(await adoption.run());
  expect(buckets.written.sort()).toEqual(["scani-storage/a.csv", "scani-storage/b.csv"]);
  ours.set("b.csv", "3");
  const run = await adoption.run();
  const objects = run.objects as ObjectSource;
  const own = { ...objects, endpoint: "http://storage:9000" };
  expect(await giveFilesBack(run, objects, own)).toMatchObject({ objects: 2, now: 1 });
  expect(await giveFilesBack(run, objects, own)).toMatchObject({ objects: 2, now: 0 });
  expect(Object.fromEntries(theirs)).toEqual({ "a.csv": "1", "b.csv": "3" });
});

test("files of an S3 server that has another container's network are copied by that one's name", async () => {
  const adoption = new FakeAdoption("beside");
  const { engine } = adoption.install;
  engine.add({ name: "home-sidecar", state: "running", networks: ["home_inner"] });
  Object.assign(adoption.container("home-minio"), { networks: [], networkOwner: "home-sidecar" });
  adoption.buckets.of("home-sidecar").set("a.csv", "1");
  const networks: string[] = [];
  engine.watch = (call) => {
    const helper = /^start (unnamed-\d+)$/.exec(call)?.[1];
    if (helper !== undefined) networks.push(...adoption.container(helper).networks);
  };
  await new FilesPhase().perform(await adoption.run());
  expect([...adoption.ours.keys()]).toEqual(["a.csv"]);
  expect(networks).toEqual(["home_inner", "scani-data"]);
});

describe("what an S3 server has besides the copied files, recorded before it stops", () => {
  const recorded = async (prepare: (adoption: FakeAdoption) => void, managed = false) => {
    const adoption = await new FakeAdoption("beside", managed).begun();
    prepare(adoption);
    await new DatabasePhase().perform(await adoption.run());
    expect(adoption.container("home-minio").state).toBe("exited");
    return (await adoption.run()).record;
  };

  test.each([false, true])("are its other buckets; managed database: %s", async (managed) => {
    const record = await recorded(({ buckets }) => buckets.others.set("home-minio", ["backups"]), managed);
    expect(record.uncopied).toEqual({ buckets: ["backups"], isVersioned: false });
    expect(record.takenOver).toBe(managed ? true : undefined);
  });

  test("are former versions", async () => {
    const { uncopied } = await recorded(({ buckets }) => buckets.versioned.add("home-minio"));
    expect(uncopied).toEqual({ buckets: [], isVersioned: true });
  });

  test("is unknown where others than its own keys may see more buckets", async () => {
    const { uncopied } = await recorded((adoption) =>
      Object.assign(adoption.container("home-minio"), { environment: ["MINIO_ROOT_USER=admin"] }),
    );
    expect(uncopied).toEqual({ isVersioned: false });
  });
});

test("with a managed database files are copied until compose's part has been taken over", async () => {
  const adoption = await new FakeAdoption("beside", true).begun();
  adoption.theirs.set("a.csv", "1");
  const done = async () => new FilesPhase().done(await adoption.run());
  expect(await done()).toBe(false);
  await new FilesPhase().perform(await adoption.run());
  expect(await done()).toBe(true);
  adoption.theirs.set("b.csv", "2");
  // The machine was restarted, and compose's file has no restart policies.
  for (const name of ["home-minio", "home-api", "home-page", "home-provider"])
    Object.assign(adoption.container(name), { state: "exited", restartPolicy: "no" });
  expect(await done()).toBe(false);
  expect(await new DatabasePhase().done(await adoption.run())).toBe(false);
  await new DatabasePhase().perform(await adoption.run());
  expect([...adoption.ours.keys()]).toEqual(["a.csv", "b.csv"]);
  expect(adoption.container("home-minio").state).toBe("exited");
  expect(await done()).toBe(true);
  expect(await new DatabasePhase().done(await adoption.run())).toBe(true);
});

describe.each([false, true])("taken over, and tier 2 serves since; managed database: %s", (managed) => {
  const switched = async () => {
    const adoption = await new FakeAdoption("taken over", managed).begun();
    adoption.install.declare("tier2", "r2");
    adoption.install.serve("r2");
    return adoption;
  };

  test("what compose has started again stops, and nothing else is touched", async () => {
    const adoption = await switched();
    adoption.container("home-api").state = "running";
    expect(await new DatabasePhase().done(await adoption.run())).toBe(false);
    await new DatabasePhase().perform(await adoption.run());
    expect(adoption.container("home-api")).toMatchObject({ state: "exited", restartPolicy: "no" });
    expect(adoption.asked).toEqual([]);
    expect(await new DatabasePhase().done(await adoption.run())).toBe(true);
  });

  test("a worker of its that is down is started by its own tier", async () => {
    const adoption = await switched();
    adoption.container("scani-r2-worker").state = "exited";
    await new DatabasePhase().perform(await adoption.run());
    expect(adoption.asked.filter((words) => words.startsWith("up "))).toEqual(["up base", "up tier2"]);
  });

  test("compose's worker, started again, stops for tier 2's", async () => {
    const adoption = await switched();
    adoption.container("scani-r2-worker").state = "exited";
    adoption.container("home-worker").state = "running";
    await new FrontPhase().perform(await adoption.run());
    expect(adoption.asked).toEqual(["up tier2"]);
  });
});

test("an S3 server whose container is gone is no copied one", async () => {
  const adoption = new FakeAdoption("beside");
  adoption.install.engine.all.splice(adoption.install.engine.all.indexOf(adoption.container("home-minio")), 1);
  expect(await new FilesPhase().done(await adoption.run())).toBe(false);
  await expect(new FilesPhase().perform(await adoption.run())).rejects.toThrow(
    "home-minio, is gone, so its files cannot be copied.\n  This makes it again without starting it:\n  type: cd /srv/home && docker compose up --no-start minio",
  );
});

describe("a container of compose's that the engine has failed to remove", () => {
  const dead = (stage: Stage, name: string): FakeAdoption => {
    const adoption = new FakeAdoption(stage);
    Object.assign(adoption.container(name), { state: "dead", restartPolicy: "unless-stopped" });
    return adoption;
  };

  test("counts as stopped for good", async () => {
    const adoption = dead("taken over", "home-api");
    adoption.container("home-provider").state = "running";
    expect(await new RetirePhase().done(await adoption.run())).toBe(false);
    await new RetirePhase().perform(await adoption.run());
    expect(adoption.container("home-provider")).toMatchObject({ state: "exited", restartPolicy: "no" });
    expect(await new RetirePhase().done(await adoption.run())).toBe(true);
  });

  test("is no page that could get its port back, or whose port has to be taken", async () => {
    const adoption = dead("beside", "home-page");
    Object.assign(adoption.container("scani-gateway"), { state: "created", published: ["0.0.0.0:8080"] });
    const run = { ...(await adoption.run()), record: { ...adoption.record, port: { now: 8080, then: 8080 } } };
    await new PortPhase().perform(run);
    expect(adoption.container("scani-gateway").state).toBe("running");
    await new PortPhase().undo(run);
    expect(adoption.container("scani-gateway").state).toBe("running");
  });

  test.each([
    ["home-minio", new FilesPhase()],
    ["home-postgres", new BesidePhase()],
  ])("%s has to be made anew first", async (name, phase) => {
    const adoption = dead("beside", name);
    await expect(phase.perform(await adoption.run())).rejects.toThrow(
      `Containers of compose's cannot be started: ${name} is dead.\n  This makes them anew without starting them:\n  type: docker rm -f ${name}\n`,
    );
    expect(adoption.asked.filter((words) => words.startsWith("up "))).toEqual([]);
  });
});

describe("the gateway's port", () => {
  /** Returns an adoption, and a run of it that is to end with the gateway on a port. */
  const towards = async (then: number, published: readonly string[], stage: Stage = "beside") => {
    const adoption = new FakeAdoption(stage);
    Object.assign(adoption.container("scani-gateway"), { published });
    const begun = await adoption.run();
    return { adoption, run: { ...begun, record: { ...adoption.record, port: { now: 8080, then } } } };
  };

  test.each([
    [8091, ["0.0.0.0:8091"], "true"],
    [8080, [], "false"],
  ] as const)("chosen anew before a release was started, %d, base comes up with it", async (then, after, publish) => {
    const { adoption, run } = await towards(then, ["0.0.0.0:8090"]);
    adoption.withoutRelease();
    expect(await new BesidePhase().done(run)).toBe(false);
    await new BesidePhase().perform(run);
    expect(Object.fromEntries(adoption.settings)).toMatchObject({
      FRONTEND_PORT: String(then),
      publishGateway: publish,
      borrowedPostgres: "home-postgres",
    });
    expect(adoption.asked.at(-1)).toBe("up base");
    Object.assign(adoption.container("scani-gateway"), { published: after });
    expect(await new BesidePhase().done(run)).toBe(true);
  });

  test.each([
    ["8091 before a release was started, is replaced by the adoption's own option", 8091, false],
    ["the page's own, is no choice", 8080, false],
    ["8091 once a release was started, is the operator's to set", 8091, true],
  ])("of a base that does not come up: %s", async (_what, then, hasRelease) => {
    const { adoption, run } = await towards(then, []);
    if (!hasRelease) adoption.withoutRelease();
    adoption.onAsked = (words) => {
      if (words === "up base") throw new Error("port 8091 is taken: set FRONTEND_PORT");
    };
    const error = await new BesidePhase().perform(run).catch((thrown: unknown) => thrown);
    const message = (error as Error).message;
    expect(message).toMatch(/^port 8091 is taken: set FRONTEND_PORT/);
    const command = "type: npm run adopt -- home --port 8092 --yes";
    if (then === 8091 && !hasRelease) expect(message).toContain(command);
    else expect(message).not.toContain("npm run adopt");
  });

  test("stays in the settings once a release was started", async () => {
    const { adoption, run } = await towards(8091, ["0.0.0.0:8090"]);
    await new BesidePhase().perform(run);
    expect(adoption.settings.has("FRONTEND_PORT")).toBe(false);
  });

  test("is the page's own before its phase and after it, and no other", async () => {
    const { adoption, run } = await towards(8080, ["0.0.0.0:8080"]);
    expect(await new BesidePhase().done(run)).toBe(true);
    stopped(adoption, "home-page");
    expect(await new PortPhase().done(run)).toBe(true);
    Object.assign(adoption.container("scani-gateway"), { published: ["0.0.0.0:8090"] });
    expect(await new PortPhase().done(run)).toBe(false);
  });

  test("is not taken by a gateway that is published on another, and compose's page goes on", async () => {
    const { adoption, run } = await towards(8080, ["0.0.0.0:8090"]);
    await expect(new PortPhase().perform(run)).rejects.toThrow(
      /^scani-gateway is published on 0\.0\.0\.0:8090, and is to take port 8080\. home-page has not been stopped\.\n.*--back --yes$/,
    );
    expect(adoption.container("home-page")).toMatchObject({ state: "running", restartPolicy: "unless-stopped" });
  });

  test("is its operator's choice once all is this module's", async () => {
    const { run } = await towards(8080, ["0.0.0.0:9000"], "taken over");
    expect(await new BesidePhase().done(run)).toBe(true);
    expect(await new PortPhase().done(run)).toBe(true);
  });
});

test("a Postgres that was put back on the data network without its name has base brought up again", async () => {
  const adoption = new FakeAdoption("beside");
  const { engine } = adoption.install;
  expect(await new BesidePhase().done(await adoption.run())).toBe(true);
  await engine.disconnectNetwork("scani-data", "home-postgres");
  await engine.connectNetwork("scani-data", "home-postgres");
  expect(await new BesidePhase().done(await adoption.run())).toBe(false);
});

describe("a Postgres of compose's that is stopped while both serve", () => {
  test.each([
    ["removed", []],
    ["made anew", [{ id: "new", name: "scani-data", labels: {} }]],
  ])("starts although the data network was %s meanwhile, which base connects it to again", async (_how, networks) => {
    const adoption = await new FakeAdoption("beside").begun();
    const { engine } = adoption.install;
    stopped(adoption, "home-postgres");
    const at = engine.networksThere.findIndex(({ name }) => name === "scani-data");
    engine.networksThere.splice(at, 1, ...networks);
    adoption.container("home-postgres").goneNetworks.set("scani-data", "d");
    await new BesidePhase().perform(await adoption.run());
    expect(adoption.container("home-postgres")).toMatchObject({ state: "running", networks: ["home_default"] });
    expect(adoption.asked.at(-1)).toBe("up base");
  });

  test("starts on the data network otherwise, so that the release is served at once", async () => {
    const adoption = await new FakeAdoption("beside").begun();
    stopped(adoption, "home-postgres");
    await new BesidePhase().perform(await adoption.run());
    expect(adoption.container("home-postgres")).toMatchObject({
      state: "running",
      networks: ["home_default", "scani-data"],
    });
  });
});

test("where the data is nowhere, nothing is stopped and the volume is named", async () => {
  const adoption = new FakeAdoption("beside");
  adoption.install.engine.volumeFiles.set("home_postgres-data", new Map([["18/docker/PG_VERSION", "16"]]));
  await expect(new DatabasePhase().perform(await adoption.run())).rejects.toThrow(
    /^The volume home_postgres-data holds no Postgres data .* Nothing has been moved\./,
  );
  expect(adoption.asked).toEqual([]);
  expect(adoption.container("home-page").state).toBe("running");
});

test("a tag that was pulled since the plan is not the image of the database", async () => {
  const adoption = new FakeAdoption("beside");
  const { engine } = adoption.install;
  await new DatabasePhase().perform(await adoption.run());
  expect(adoption.settings.get("postgresImage")).toBe("postgres:16");
  engine.images.set("postgres:16", { id: "sha256:newer", environment: [], labels: {}, digests: [] });
  engine.images.set("sha256:old", { id: "sha256:postgres:16", environment: [], labels: {}, digests: [] });
  await new DatabasePhase().perform(await adoption.run());
  expect(adoption.settings.get("postgresImage")).toBe("scani-adopted/postgres:adopted-postgres:16");
  expect(engine.calls).toContain("tagImage sha256:postgres:16 scani-adopted/postgres:adopted-postgres:16");
});

test("containers that compose has made anew under other names are the project's all the same", async () => {
  const adoption = new FakeAdoption("beside");
  const { engine } = adoption.install;
  for (const one of engine.all.filter(({ name }) => name.startsWith("home-")))
    Object.assign(one, { name: `${one.name}-1`, state: "running", restartPolicy: "unless-stopped" });
  Object.assign(adoption.container("home-postgres-1"), { networks: ["home_default"] });
  const names = await engine.containers({ labels: ["com.docker.compose.project"], all: true });
  const containers = names.map(({ name, state, labels }) => ({
    ...{ name, state, service: labels["com.docker.compose.service"] },
  })) as unknown as ComposeContainer[];
  const begun = await adoption.run();
  const run = { ...begun, record: withPresentNames(begun.record, { containers }) };
  expect(run.record).toMatchObject({ objectStore: "home-minio-1", replaced: ["home-minio-1"] });
  expect(await new BesidePhase().done(run)).toBe(false);
  await new BesidePhase().perform(run);
  expect(adoption.settings.get("borrowedPostgres")).toBe("home-postgres-1");
  for (const phase of [new FrontPhase(), new DatabasePhase(), new RetirePhase()])
    expect(await phase.done(run)).toBe(false);
  await new RetirePhase().perform(run);
  expect(engine.all.filter(({ name, state }) => name.startsWith("home-") && state === "running")).toEqual([]);
  // Without compose's containers only their recorded names are known.
  expect(withPresentNames(begun.record, { containers: [] })).toEqual(begun.record);
});

test("killed when compose's Postgres had stopped and its data not moved, it is borrowed again, and from nowhere else", async () => {
  const adoption = new FakeAdoption("beside");
  const { settings } = adoption;
  adoption.onAsked = (words) => {
    if (words === "up base" && settings.get("postgresVolume") !== undefined) {
      adoption.container("home-postgres").state = "exited";
      throw new Error("killed");
    }
  };
  await expect(new DatabasePhase().perform(await adoption.run())).rejects.toThrow("killed");
  expect(settings.get("borrowedPostgres")).toBeUndefined();
  expect(await new BesidePhase().done(await adoption.run())).toBe(false);
  await new BesidePhase().perform(await adoption.run());
  expect(Object.fromEntries(settings)).toMatchObject({ borrowedPostgres: "home-postgres" });
  for (const name of ["postgresVolume", "postgresFolder"]) expect(settings.get(name)).toBeUndefined();
  expect(adoption.container("home-postgres").state).toBe("running");
});

describe("the backup", () => {
  const place = folder();
  afterAll(() => place.remove());
  afterEach(() => jest.restoreAllMocks());

  /** Returns an adoption with a Postgres that answers, and what makes a run of it, begun at a time. */
  const withPostgres = async (name: string) => {
    const adoption = new FakeAdoption("beside");
    const [postgres, before] = [new FakePostgres(), adoption.install.first];
    adoption.install.first = (container, command, call) =>
      container.name === "home-postgres" ? postgres.answer(command, call) : before(container, command, call);
    // Set the time to a minute after this Postgres' dumps.
    jest.spyOn(Date, "now").mockReturnValue(Date.parse("2026-01-10T12:01:00.000Z"));
    const begun = await adoption.run();
    const run = (at: string) => ({
      ...begun,
      record: { ...begun.record, at },
      backups: { folder: join(place.path, name), kept: 2 },
    });
    return { adoption, postgres, run };
  };

  test("is made by a Postgres that is stopped too, which is started for it", async () => {
    const { adoption, run } = await withPostgres("stopped");
    const [began, phase] = [run("2026-01-10T11:00:00.000Z"), new BackupPhase()];
    stopped(adoption, "home-postgres");
    expect(await phase.done(began)).toBe(false);
    await phase.perform(began);
    expect(adoption.container("home-postgres").state).toBe("running");
    expect(await phase.done(began)).toBe(true);
    stopped(adoption, "home-postgres");
    const { printed } = adoption;
    printed.splice(0);
    await phase.perform(began);
    expect(printed.filter((line) => line.startsWith("▸"))).toEqual(["▸ start home-postgres"]);
    const taken = new FakeAdoption("taken over");
    expect(await phase.done(await taken.run())).toBe(true);
  });

  test("is not made by a Postgres that is paused or gone, and what has it run is said", async () => {
    const { adoption, run } = await withPostgres("paused");
    const [began, phase] = [run("2026-01-10T11:00:00.000Z"), new BackupPhase()];
    adoption.container("home-postgres").state = "paused";
    expect(await phase.done(began)).toBe(false);
    await expect(phase.perform(began)).rejects.toThrow(
      /^home-postgres is paused\.\n {2}type: docker unpause home-postgres$/,
    );
    await adoption.install.engine.remove("home-postgres");
    expect(await phase.done(began)).toBe(false);
    await expect(phase.perform(began)).rejects.toThrow(
      /^The container of the project's Postgres, home-postgres, is gone\.\n.*\n {2}type: cd \/srv\/home && docker compose up --no-start postgres$/,
    );
  });

  test("counts when it has been read back since the adoption began", async () => {
    const { postgres, run } = await withPostgres("read back");
    const [began, phase] = [run("2026-01-10T11:00:00.000Z"), new BackupPhase()];
    expect(await phase.done(began)).toBe(false);

    postgres.before = (command) => {
      if (command.startsWith("pg_restore --no-owner")) throw new Error("no space left");
    };
    await expect(phase.perform(began)).rejects.toThrow("no space left");
    expect(await phase.done(began)).toBe(false);

    postgres.before = () => undefined;
    await phase.perform(began);
    expect(await phase.done(began)).toBe(true);
    // A later adoption needs another backup: this one is from before the earlier adoption was taken back.
    expect(await phase.done(run("9999-01-01T00:00:00.000Z"))).toBe(false);
  });
});
